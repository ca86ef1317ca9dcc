"""Row problems and their table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from smtp_nb.errors import InputError

COLUMNS = ["row", "column", "severity", "message", "remedy"]


class Severity(StrEnum):
    """How much a problem matters."""

    ERROR = "error"
    """The row cannot be sent."""
    WARNING = "warning"
    """The row can be sent, but should be checked."""


class RowError(InputError):
    """A row cannot become a message; `column` names the cell or the part, where that is known."""

    def __init__(self, description: str, *, column: str = "", remedy: str = "") -> None:
        super().__init__(description, remedy=remedy)
        self.column = column


def sentence(message: str, remedy: str) -> str:
    """What is wrong, and what to do about it where that is known."""
    return f"{message.rstrip('.')}. {remedy}" if remedy else message


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of `MailMerge.check()`.

    Attributes:
        row: the position in the frame; None if it is about all rows.
        column: the column, or the part of the template, it is about; may be empty.
    """

    row: int | None
    column: str
    severity: Severity
    message: str
    remedy: str = ""

    @classmethod
    def from_error(cls, row: int | None, error: InputError) -> Problem:
        """The problem behind an exception."""
        column = error.column if isinstance(error, RowError) else ""
        return cls(row, column, Severity.ERROR, error.description, error.remedy)

    @property
    def text(self) -> str:
        """Both sentences in one."""
        return sentence(self.message, self.remedy)


def problem_frame(problems: Iterable[Problem]) -> pd.DataFrame:
    """The problems as a frame, errors and warnings as plain strings."""
    rows = [(p.row, p.column, str(p.severity), p.message, p.remedy) for p in problems]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"row": "Int64"})
