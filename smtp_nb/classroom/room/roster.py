"""Roster: the students of a class by name."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from glob import escape
from pathlib import Path

from smtp_nb.classroom.room.join_code import folded
from smtp_nb.errors import InputError
from smtp_nb.model.display import visible
from smtp_nb.model.regular import read_regular

MOST = 500
_LONGEST = 64


class Roster:
    """The names, in the order in which they were given.

    Args:
        students: names, the path of a CSV file with a column `name` (or names in its first column),
            or a number: they are then `student-1`, `student-2` and so on.

    Raises:
        InputError: no student, a name twice, or a name that cannot be one.
    """

    def __init__(self, students: Iterable[str] | str | os.PathLike[str] | int) -> None:
        self.names = tuple(_checked(name) for name in _names(students))
        self._by_word = {folded(name): name for name in self.names}
        self._by_label = {label(name): name for name in self.names}
        self._numbers = {name: number for number, name in enumerate(self.names, 1)}
        if not self.names or len(self.names) > MOST:
            raise InputError(
                f"a class has 1 to {MOST} students, not {len(self.names)}",
                remedy="Give their names, a CSV file or a number",
            )
        labels = Counter(map(label, self.names))
        if alike := [name for name in self.names if labels[label(name)] > 1]:
            raise InputError(
                f"{' and '.join(map(repr, alike[:2]))} would have the same address",
                remedy="Add an initial or a number to one of the names",
            )

    def find(self, name: str) -> str:
        """The name as it stands in the roster.

        Raises:
            InputError: there is no such student.
        """
        if (found := self._by_word.get(folded(name))) is not None:
            return found
        near = get_close_matches(folded(name), self._by_word, 1)
        known = ", ".join(self.names[:8]) + (" …" if len(self.names) > 8 else "")
        remedy = f"Did you mean {self._by_word[near[0]]!r}?" if near else f"The class has {known}"
        raise InputError(f"no student is called {visible(name)!r}", remedy=remedy)

    def by_label(self, text: str) -> str:
        """Who has this word in an address, or an empty text."""
        return self._by_label.get(text.lower(), "")

    def alias(self, name: str) -> str:
        """What a projector shows in place of the name: `student 7`."""
        return f"student {self._numbers[name]}" if name in self._numbers else name


def label(name: str) -> str:
    """A name as it stands in an address or host name: `Ann Müller` is `ann-müller`."""
    return re.sub(r"[^\w]+", "-", folded(name)).strip("-") or "student"


def pattern(name: str) -> str:
    """A name for a fault, whose `*`, `?` and `[` match themselves."""
    return escape(name)


def _names(students: Iterable[str] | str | os.PathLike[str] | int) -> list[str]:
    if isinstance(students, bool):
        raise InputError("students= is not a class", remedy="Give names, a CSV file or a number")
    if isinstance(students, int):
        return [f"student-{number}" for number in range(1, min(students, MOST + 1) + 1)]
    if isinstance(students, str | os.PathLike):
        return _from_csv(Path(students).expanduser())
    return list(students)


def _from_csv(path: Path) -> list[str]:
    """The names in a file: those below `name`, or all of the first column."""
    try:
        text = read_regular(path).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(
            f"students={str(path)!r} cannot be read: {why}",
            remedy="Give a CSV file in UTF-8 with a column called name, or a list of names",
        ) from error
    lines = text.splitlines()
    separator = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    rows = [row for row in csv.reader(lines, delimiter=separator) if any(map(str.strip, row))]
    if not rows:
        return []
    head = [folded(cell) for cell in rows[0]]
    column = head.index("name") if "name" in head else 0
    rows = rows[1:] if "name" in head else rows
    return [row[column].strip() for row in rows if len(row) > column and row[column].strip()]


def _checked(name: str) -> str:
    text = name.strip() if isinstance(name, str) else ""
    if not text or len(text) > _LONGEST or visible(text) != text:
        raise InputError(
            f"{visible(str(name))[:80]!r} is not a student's name",
            remedy=f"Use 1 to {_LONGEST} letters, without line breaks and invisible characters",
        )
    return text
