"""The lessons in JupyterLab as a student works through them: cell by cell, answers typed in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from browser.lab import Lab, Notebook
from smtp_nb.classroom.lessons import PLANS

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks/lessons").glob("*.ipynb"))
PART = re.compile(r"^# (\d+\.\d+)\b", re.MULTILINE)
ANSWER = re.compile(r"l\d\d-(\d+)-(\d+)-answer")
CHECK = re.compile(r"""(?:lesson\.check\(|^%smtp check )["']?(\d+\.\d+)""", re.MULTILINE)
KIND = "index => window.jupyterapp.shell.currentWidget.content.widgets[index].model.type"
SCROLL = """index => window.jupyterapp.shell.currentWidget.content
    .scrollToItem(index, 'start')"""

pytestmark = pytest.mark.browser


def chosen() -> Iterator[Any]:
    """One lesson in every run, the others where there is time."""
    for index, path in enumerate(LESSONS):
        marks = [pytest.mark.long, pytest.mark.timeout(600)] if index else []
        yield pytest.param(path, id=path.stem, marks=marks)


def right_answers(number: int) -> dict[str, str]:
    """The right answer to each exercise; what all need comes with the first."""
    text = (ROOT / f"docs/teaching/answers/{number:02}/right.py").read_text("utf-8")
    head, *parts = PART.split(text)
    found = dict(zip(parts[::2], parts[1::2], strict=True))
    first = next(iter(found))
    # What stands on the line of the mark is a comment.
    found = {key: part.partition("\n")[2] for key, part in found.items()}
    return found | {first: head + found[first]}


def type_into(notebook: Notebook, index: int, text: str) -> None:
    """Replace a cell's text as a person does: click, select all, type."""
    notebook.page.evaluate(SCROLL, index)
    editor = notebook.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".cm-content")
    editor.click()
    editor.press("ControlOrMeta+a")
    notebook.page.keyboard.insert_text(text)


def places(cells: list[NotebookNode]) -> dict[int, str]:
    """The places for answers: the first of each exercise."""
    found: dict[str, int] = {}
    for index, cell in enumerate(cells):
        if mark := ANSWER.match(cell.metadata.get("nbgrader", {}).get("grade_id", "")):
            found.setdefault(f"{mark[1]}.{mark[2]}", index)
    return {index: key for key, index in found.items()}


@pytest.mark.parametrize("path", list(chosen()))
def test_who_types_the_right_answers_gets_every_point(path: Path, lab: Lab) -> None:
    """Each check says 0 and why before; nothing fails, on the page or in a cell."""
    plan = PLANS[int(path.stem[:2])]
    answers = right_answers(plan.number)
    cells = nbformat.read(path, as_version=4).cells
    answered = places(cells)
    notebook = lab.open_notebook(path)
    scores = {}
    for index, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        if index in answered:
            type_into(notebook, index, answers[answered[index]])
        notebook.run(index)
        outputs = notebook.outputs(index)
        assert [one for one in outputs if one["output_type"] == "error"] == [], cell.source
        assert [one for one in outputs if one.get("name") == "stderr"] == [], cell.source
        if found := CHECK.search(cell.source):
            scores[found[1]] = notebook.text(index)
            notebook.screenshot(f"lesson-{path.stem}-{found[1]}")
    assert scores == {one.key: f"{one.points:g}" for one in plan.exercises}
    assert notebook.foreign == []
    assert notebook.errors == []
    notebook.page.close()
