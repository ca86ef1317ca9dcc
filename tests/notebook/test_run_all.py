"""A whole notebook, executed as nbconvert, papermill and `make demo` do it."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from smtp_nb.model.secret import encodings

CANARY = "correct-horse-Battery+staple"
GUARDED = (
    "from smtp_nb.sandbox import SandboxServer\n"
    "import os\n"
    "server = SandboxServer(tls='starttls', auth={'ann': os.environ['CANARY']}).start()\n"
    "where = f'smtp://ann@127.0.0.1:{server.port}?ca={server.ca_file}'"
)


def notebook_of(*cells: str) -> NotebookNode:
    made: NotebookNode = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    return made


def executed(notebook: NotebookNode, place: Path) -> NotebookNode:
    """Run it all; raises where Run All stops."""
    places = {"IPYTHONDIR": str(place), "HOME": str(place), "CANARY": CANARY}
    client = NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(place)}}
    )
    client.execute(env=os.environ | places)
    return notebook


def test_an_smtp_error_stops_run_all(tmp_path: Path) -> None:
    notebook = notebook_of(
        "%load_ext smtp_nb\n%smtp server start --refuse bob@example.org",
        "%smtp connect --from t@school.test",
        "%smtp send --to bob@example.org --subject x --text y",
        "reached = True",
    )
    with pytest.raises(CellExecutionError):
        executed(notebook, tmp_path)
    assert notebook.cells[3].execution_count is None
    (error,) = notebook.cells[2].outputs
    assert error.output_type == "error"
    assert error.ename == "RefusedError"
    assert len("\n".join(error.traceback).splitlines()) <= 4


def test_a_wrong_option_stops_run_all(tmp_path: Path) -> None:
    notebook = notebook_of("%load_ext smtp_nb", "%smtp status --nonsense", "reached = True")
    with pytest.raises(CellExecutionError):
        executed(notebook, tmp_path)
    assert notebook.cells[2].execution_count is None


def test_the_executed_notebook_holds_no_secret_and_no_recipient(tmp_path: Path) -> None:
    notebook = notebook_of(
        "%load_ext smtp_nb",
        GUARDED,
        "%smtp trail",
        "%smtp connect {{ where }} --password-env CANARY --from ann@school.test -o session",
        "session.about",
        "%smtp send --to recipient@example.org --subject x --text y",
        "session.about.settings",
        "server",
        "%smtp status",
        "server.stop()",
    )
    saved = nbformat.writes(executed(notebook, tmp_path))
    assert "AUTH PLAIN <hidden>" in saved
    assert "r…@example.org" in saved
    assert "widget-state" in saved  # the state is in the file too
    for spelling in encodings(CANARY):
        assert spelling not in saved
    outputs = str([cell.outputs for cell in notebook.cells]) + str(notebook.metadata)
    assert "recipient@" not in outputs


def test_the_saved_trail_is_the_whole_conversation(tmp_path: Path) -> None:
    notebook = notebook_of(
        "%load_ext smtp_nb\n%smtp server start",
        "%smtp trail",
        "%smtp connect --from t@school.test",
        "%smtp send --to a@b.test --subject x --text y",
        "%smtp disconnect",
    )
    executed(notebook, tmp_path)
    (trail,) = notebook.cells[1].outputs
    for form in ("text/plain", "text/html"):
        assert "220 sandbox.test" in trail.data[form]
        assert "221 2.0.0 Bye" in trail.data[form]
