"""Run the notebooks of this folder, each time from a fresh copy.

    python notebooks/build.py demo [statements]
                                        run the quickstart, or these, print their results, write a
                                        page of each
    python notebooks/build.py refresh [lessons/01-by-hand.ipynb …]
                                        run all, or these, and keep what they show, as the tests
                                        expect it
    python notebooks/build.py copy      lay a fresh copy into build/notebooks

A run leaves things beside the notebook: the journal of a merge, so that a second run sends nothing
twice. A fresh copy has none, so it shows what a person sees who runs it for the first time.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what `demo` needs not, it does not import
    from nbformat import NotebookNode

SOURCES = Path(__file__).parent
BUILD = SOURCES.parent / "build"
COPY = BUILD / "notebooks"
CELL_TIMEOUT_S = 120
# The cells whose output is what the notebook is about.
RESULT_TAG = "results"
# They live in a kernel; a notebook keeps what stands beside them in the same output.
LIVE_VIEW = "application/vnd.jupyter.widget-view+json"


def copy() -> None:
    """Lay a fresh copy into build/ for others to run."""
    shutil.rmtree(COPY, ignore_errors=True)
    copy_to(COPY)


def copy_to(place: Path) -> None:
    """Copy this folder without what runs in it left behind."""
    left_behind = shutil.ignore_patterns("*.sqlite*", ".ipynb_checkpoints")
    shutil.copytree(SOURCES, place, ignore=left_behind)


def demo(*names: str) -> None:
    """Run the quickstart, or these, in this process; print their results and write their pages."""
    import page  # beside this script
    import shell

    BUILD.mkdir(exist_ok=True)
    for name in names or ["quickstart"]:
        notebook = json.loads((SOURCES / f"{name}.ipynb").read_text("utf-8"))
        with fresh_copy() as place, chdir(place):
            shell.run(list(code_cells(notebook)))
        target = BUILD / f"{name}.html"
        target.write_text(page.page(notebook["cells"]), encoding="utf-8")
        print(f"{results(notebook)}\n\nThe whole notebook {name}: {target}\n")


@contextmanager
def fresh_copy() -> Iterator[Path]:
    """A copy of this folder that goes away again."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "notebooks"
        copy_to(place)
        yield place


def refresh(*names: str) -> None:
    """Run every notebook, or those with these names, and keep the outputs in this folder."""
    import nbformat

    for name in names or [path.relative_to(SOURCES).as_posix() for path in notebooks()]:
        nbformat.write(execute(name), SOURCES / name)


def notebooks() -> list[Path]:
    """The quickstart and the lessons."""
    return sorted([*SOURCES.glob("*.ipynb"), *SOURCES.glob("lessons/*.ipynb")])


def execute(name: str, env: Mapping[str, str] | None = None) -> NotebookNode:
    """Run a notebook in a kernel and a fresh copy, and drop what needs a living kernel.

    Args:
        name: its path below this folder.
        env: variables of the environment beside the process's own.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(SOURCES / name, as_version=4)
    with fresh_copy() as place:
        resources = {"metadata": {"path": str((place / name).parent)}}
        client = NotebookClient(notebook, timeout=CELL_TIMEOUT_S, resources=resources)
        client.coalesce_streams = True  # where they are split is a matter of time
        # Errors only: a kernel warns of its own transport, which is of no use to anybody here.
        client.extra_arguments = ["--log-level=ERROR"]
        client.execute(env=os.environ | (env or {}))
    notebook.metadata.pop("widgets", None)
    for cell in code_cells(notebook):
        cell.metadata.pop("execution", None)  # when each message of the kernel came
        cell.outputs = joined(cell.outputs)
        for output in cell.outputs:
            output.get("data", {}).pop(LIVE_VIEW, None)
    return notebook


def joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs with printed text in one piece, however the kernel's messages cut it."""
    made: list[NotebookNode] = []
    for output in outputs:
        if made and output.output_type == "stream" and made[-1].get("name") == output.name:
            made[-1].text += output.text
        else:
            made.append(output)
    return made


def code_cells(notebook: Mapping[str, Any]) -> Iterator[Any]:
    return (cell for cell in notebook["cells"] if cell["cell_type"] == "code")


def results(notebook: Mapping[str, Any]) -> str:
    """The plain text of the outputs of the cells with the tag `results`."""
    outputs = [
        output
        for cell in code_cells(notebook)
        if RESULT_TAG in cell["metadata"].get("tags", [])
        for output in cell["outputs"]
    ]
    return "\n\n".join(
        output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs
    )


if __name__ == "__main__":
    COMMANDS: dict[str, Callable[..., None]] = {"demo": demo, "refresh": refresh, "copy": copy}
    COMMANDS[sys.argv[1]](*sys.argv[2:])
