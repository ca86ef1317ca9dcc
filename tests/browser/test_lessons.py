"""The lessons in JupyterLab as a student works through them: cell by cell, answers typed in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from browser.lab import Lab, Notebook
from classroom.worked import LESSONS, places, right_answers
from smtp_nb.classroom.lessons import PLANS

CHECK = re.compile(r"""(?:lesson\.check\(|^%smtp check )["']?(\d+\.\d+)""", re.MULTILINE)
# A dozen kernels at the same time are of no use to anybody.
SHUT_DOWN = "() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()"
SCROLL = """index => window.jupyterapp.shell.currentWidget.content
    .scrollToItem(index, 'start')"""

pytestmark = pytest.mark.browser


def chosen() -> Iterator[Any]:
    """One lesson in every run, the others where there is time."""
    for index, path in enumerate(LESSONS):
        marks = [pytest.mark.long, pytest.mark.timeout(600)] if index else []
        yield pytest.param(path, id=path.stem, marks=marks)


def type_into(notebook: Notebook, index: int, text: str) -> None:
    """Replace a cell's text as a person does: click, select all, type."""
    notebook.page.evaluate(SCROLL, index)
    editor = notebook.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".cm-content")
    editor.click()
    editor.press("ControlOrMeta+a")
    notebook.page.keyboard.insert_text(text)


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
    notebook.page.evaluate(SHUT_DOWN)
    notebook.page.close()
