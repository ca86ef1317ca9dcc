"""Lessons in the Python of browsers, run by Node: they show there what is saved in them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION
from nbformat import NotebookNode

import notebook_build
from components import require

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
NUMBERS = ("01", "02", "03", "04", "05", "06", "09", "11")


@pytest.fixture(scope="module")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pyodide with this project as it stands, as the site has it."""
    place = tmp_path_factory.mktemp("lite") / "pyodide"
    command = [sys.executable, str(ROOT / "notebooks" / "lite" / "distribution.py"), str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return place


def saved(path: Path) -> list[list[NotebookNode]]:
    """The outputs of the code cells in a notebook, printed text in one piece."""
    build = notebook_build.loaded()
    notebook = nbformat.read(path, as_version=4)
    return [build.joined(cell.outputs) for cell in build.code_cells(notebook)]


@pytest.mark.long
def test_the_lessons_show_in_a_browser_what_is_saved_in_them(distribution: Path) -> None:
    node = require("node", "npm")["node"]
    folder = ROOT / "notebooks" / "lessons"
    paths = [path for number in NUMBERS for path in folder.glob(f"{number}-*.ipynb")]
    assert len(paths) == len(NUMBERS)
    command = [node, str(HERE / "run.mjs"), str(distribution), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = dict(map(json.loads, done.stdout.splitlines()))
    for path in paths:
        assert shown[str(path)] == saved(path), path.name
    assert done.stderr == ""


def test_nothing_compiled_and_nothing_from_elsewhere(distribution: Path) -> None:
    """All packages lie beside Pyodide, as wheels for any machine."""
    listed = json.loads((distribution / "pyodide-lock.json").read_text("utf-8"))["packages"]
    files = {entry["file_name"] for entry in listed.values()}
    assert files == {path.name for path in distribution.glob("*.whl")}
    assert all(name.endswith("none-any.whl") for name in files)
    assert {"smtp-nb", "ipython", "pyodide-kernel", "micropip"} <= listed.keys()
    assert not {"pandas", "cryptography"} & listed.keys()


def test_pyodide_is_the_one_that_the_kernel_was_made_for() -> None:
    pinned = json.loads((ROOT / "notebooks" / "lite" / "package.json").read_text("utf-8"))
    assert pinned["dependencies"] == {"pyodide": PYODIDE_VERSION}
