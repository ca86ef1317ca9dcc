"""Tables of grades as CSV: a row for each student and exercise, or one for each student.

Names and answers come from students, and a spreadsheet computes a cell that begins like a formula.
Such a cell gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from smtp_nb.classroom.judging.grade import Grade
from smtp_nb.classroom.judging.rows import COLUMNS, row_of
from smtp_nb.errors import InputError
from smtp_nb.model.display import visible

_BEGINS_FORMULA = ("=", "+", "-", "@", "'", "＝", "＋", "－", "＠")


def grades_csv(grades: Iterable[Grade]) -> str:
    """A row for each student and exercise."""
    return _csv([COLUMNS, *map(row_of, grades)])


def totals_csv(grades: Sequence[Grade]) -> str:
    """A row for each student with all points, as Moodle and Canvas import them."""
    keys = list(dict.fromkeys(one.exercise for one in sorted(grades, key=_place)))
    rows: list[Sequence[object]] = [("student", *keys, "total", "of")]
    for student, mine in by_student(grades).items():
        points = {one.exercise: one.points for one in mine}
        cells = [f"{points[key]:g}" if key in points else "" for key in keys]
        of = sum(one.of for one in mine)
        rows.append((student, *cells, f"{sum(points.values()):g}", f"{of:g}"))
    return _csv(rows)


def by_student(grades: Iterable[Grade]) -> dict[str, list[Grade]]:
    """The grades of each student."""
    found: dict[str, list[Grade]] = {}
    for one in grades:
        found.setdefault(one.student, []).append(one)
    return found


def _place(grade: Grade) -> tuple[int, ...]:
    return grade.lesson, *(int(part) for part in grade.exercise.split(".") if part.isdigit())


def _csv(rows: Iterable[Iterable[object]]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([_cell(value) for value in row] for row in rows)
    return file.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, float):
        return f"{value:g}"
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text


def write_text(path: str | os.PathLike[str], text: str, encoding: str = "utf-8") -> None:
    """Write a file.

    Raises:
        InputError: it cannot be written.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding=encoding, newline="")
    except OSError as error:
        raise InputError(
            f"{os.fspath(path)!r} cannot be written: {error.strerror}",
            remedy="Name a file in a writable directory",
        ) from error
