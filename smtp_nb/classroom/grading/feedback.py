"""Feedback: a page for each student, in plain words, without other students' data."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from smtp_nb.classroom.exercises.exercise import Criterion
from smtp_nb.classroom.grading.pages import page
from smtp_nb.classroom.grading.plain_words import PLAIN_WORDS
from smtp_nb.classroom.grading.tables import by_student, write_text
from smtp_nb.classroom.judging.grade import Grade
from smtp_nb.classroom.judging.rows import failure
from smtp_nb.model.display import visible

_UNSAFE = re.compile(r"[^\w.-]+")


def write_feedback(grades: Sequence[Grade], folder: str | os.PathLike[str]) -> list[Path]:
    """Write the pages. Returns their paths.

    Raises:
        InputError: one cannot be written.
    """
    written: list[Path] = []
    for student, mine in by_student(grades).items():
        path = _free(Path(folder), student, written)
        write_text(path, feedback_html(mine))
        written.append(path)
    return written


def _free(folder: Path, student: str, taken: Sequence[Path]) -> Path:
    stem = _UNSAFE.sub("_", student).strip("._")[:80] or "student"
    names = [path.name.casefold() for path in taken]
    number, name = 1, f"{stem}.html"
    while name.casefold() in names:
        number, name = number + 1, f"{stem}-{number + 1}.html"
    return folder / name


def feedback_html(grades: Sequence[Grade]) -> str:
    """A student's page.

    Args:
        grades: of one student.
    """
    total, of = sum(one.points for one in grades), sum(one.of for one in grades)
    parts = [f"<p>You reached <b>{total:g} of {of:g}</b> points.</p>"]
    parts += [_exercise(one) for one in grades]
    remarks = {key: count for one in grades for key, count in one.remarks.items()}
    if remarks:
        told = [_remark(key, count) for key, count in sorted(remarks.items())]
        parts.append(f"<h2>What the server noticed</h2><ul>{''.join(told)}</ul>")
    notes = list(dict.fromkeys(note for one in grades for note in _own_notes(one)))
    if notes:
        items = "".join(f"<li>{escape(visible(note))}</li>" for note in notes)
        parts.append(f"<h2>What happened when your work was graded</h2><ul>{items}</ul>")
    return page(f"Feedback for {visible(grades[0].student)}", "".join(parts))


def _remark(key: str, count: int) -> str:
    often = f" ({count} times)" if count > 1 else ""
    return f"<li>{escape(PLAIN_WORDS.get(key, key))}{often}</li>"


def _exercise(grade: Grade) -> str:
    head = f"{grade.exercise} {grade.title}: {grade.points:g} of {grade.of:g}"
    items = "".join(map(_criterion, grade.criteria))
    hints = f"<p>Hints that you asked for: {grade.hints}.</p>" if grade.hints else ""
    nothing = "<p>Nothing of yours was found for this exercise.</p>"
    study = (
        ""
        if grade.self_study is None
        else f"<p>Your saved conversation shows {grade.self_study:g} points. It does not count.</p>"
    )
    return f"<h2>{escape(head)}</h2>{f'<ul>{items}</ul>' if items else nothing}{hints}{study}"


def _criterion(one: Criterion) -> str:
    if one.is_met:
        return f'<li class="met">✓ done: {escape(visible(one.name))}</li>'
    return f'<li class="missed">✗ not yet: {escape(failure(one))}</li>'


def _own_notes(grade: Grade) -> list[str]:
    """Notes without another student's name."""
    copied = ["you used another student's word; each student has a word of their own"]
    return [*(copied if grade.copied_from else []), *grade.notes]
