"""Lessons with the right answers in them, as a student hands them in."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks/lessons").glob("*.ipynb"))
PART = re.compile(r"^# (\d+\.\d+)\b", re.MULTILINE)
ANSWER = re.compile(r"l\d\d-(\d+)-(\d+)-answer")


def right_answers(number: int) -> dict[str, str]:
    """The right answer to each exercise; what all need comes with the first."""
    text = (ROOT / f"docs/teaching/answers/{number:02}/right.py").read_text("utf-8")
    head, *parts = PART.split(text)
    found = dict(zip(parts[::2], parts[1::2], strict=True))
    first = next(iter(found))
    # What stands on the line of the mark is a comment.
    found = {key: part.partition("\n")[2] for key, part in found.items()}
    return found | {first: head + found[first]}


def places(cells: list[NotebookNode]) -> dict[int, str]:
    """The places for answers: the first of each exercise."""
    found: dict[str, int] = {}
    for index, cell in enumerate(cells):
        if mark := ANSWER.match(cell.metadata.get("nbgrader", {}).get("grade_id", "")):
            found.setdefault(f"{mark[1]}.{mark[2]}", index)
    return {index: key for key, index in found.items()}


def worked(path: Path) -> NotebookNode:
    """The notebook of a lesson with every answer in its place."""
    notebook = nbformat.read(path, as_version=4)
    answers = right_answers(int(path.stem[:2]))
    for index, key in places(notebook.cells).items():
        notebook.cells[index].source = answers[key]
    return notebook
