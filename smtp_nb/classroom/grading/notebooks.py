"""Notebooks as files: their code cells, and whose and which lesson's they say they are."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_LESSON = re.compile(r"\blesson\s*\(\s*(?:number\s*=\s*)?(\d+)")
_STUDENT = re.compile(r"\blesson\s*\([^)]*\bstudent\s*=\s*[\"']([^\"'\n]+)[\"']")
_GRADE_ID = re.compile(r"l(\d\d)-")


@dataclass(frozen=True, slots=True)
class StudentNotebook:
    """A notebook of a student's.

    Attributes:
        cells: the source of each code cell.
        lesson: the lesson that it begins; 0 if none.
        named: the student's name in `lesson(…, student=…)`, else empty.
        author: the student's name in the notebook's metadata, else empty.
    """

    cells: tuple[str, ...]
    lesson: int
    named: str
    author: str


def read_notebook(data: bytes) -> StudentNotebook:
    """Read a notebook file.

    Raises:
        ValueError: it is not one; the text says why.
    """
    try:
        whole: dict[str, Any] = json.loads(data.decode("utf-8-sig"))
        cells = [cell for cell in whole["cells"] if cell["cell_type"] == "code"]
        sources = tuple(_source(cell["source"]) for cell in cells)
        metadata = dict(whole.get("metadata", {}))
        ids = [str(cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")) for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("it is not a notebook (format 4)") from error
    text = "\n".join(sources)
    lessons = _LESSON.findall(text) or [one for each in ids for one in _GRADE_ID.findall(each)]
    named = _STUDENT.findall(text)
    return StudentNotebook(
        sources, int(lessons[-1]) if lessons else 0, named[-1] if named else "", _author(metadata)
    )


def _source(source: object) -> str:
    return source if isinstance(source, str) else "".join(map(str, list(source)))  # type: ignore[call-overload]  # a TypeError is caught


def _author(metadata: dict[str, Any]) -> str:
    if isinstance(name := metadata.get("student"), str):
        return name.strip()
    match metadata.get("authors"):
        case [{"name": str(name)}, *_]:
            return name.strip()
    return ""
