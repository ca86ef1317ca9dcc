"""Invitations of a merge: each row's iCalendar object, as an alternative and as a file."""

from __future__ import annotations

from smtp_nb.compose.calendar import FILE_NAME, calendar_text, escaped
from smtp_nb.compose.parts import Attachment
from smtp_nb.errors import InputError
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.environment import Part, Values
from smtp_nb.merge.templates.placeholders import SLOTS, Placeholders
from smtp_nb.merge.templates.sandboxed import Environments


class CalendarPart:
    """A template of an iCalendar object. A value is text of its property and never another one."""

    def __init__(self, source: str, environments: Environments) -> None:
        self._part = Part("calendar", source, environments.slots, is_quiet=True)
        self.names = self._part.names

    def render(self, values: Values) -> str:
        """The object of one row.

        Raises:
            RowError: it is none, or a value would leave its place.
        """
        slots = Placeholders()
        marked = self._part.render({**values, SLOTS: slots})
        try:
            return calendar_text("".join(_lines(marked, slots)))
        except InputError as error:
            raise RowError(error.description, column="calendar", remedy=error.remedy) from error


def _lines(marked: str, slots: Placeholders) -> list[str]:
    found: list[str] = []
    for line in marked.splitlines(keepends=True):
        pieces = slots.pieces(line)
        written = "".join(piece for piece in pieces if isinstance(piece, str))
        filled = slots.fill(line, lambda value: escaped(str(value)))
        if '"' in written and filled.count('"') != written.count('"'):
            raise InputError(
                "a value holds a quotation mark in a line with quoted parameters",
                remedy="Take it out of the cell",
            )
        found.append(filled)
    return found


def invitation(calendar: str) -> Attachment:
    """The same as a file, for programs that look for one."""
    data = calendar.replace("\n", "\r\n").encode()
    return Attachment(data=data, filename=FILE_NAME, content_type="application/ics")
