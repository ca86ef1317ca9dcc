"""Invitations of a merge: each row's iCalendar object, as an alternative and as a file.

A value is written as its place wants it: as text in SUMMARY, DESCRIPTION and the like, as
iCalendar's time in `DTSTART:{{ start }}`, between quotes in a parameter (`CN={{ name }}`).
It is never another property. Or one expression gives the whole object: `calendar="{{ invite }}"`.
"""

from __future__ import annotations

import re

from jinja2 import Undefined

from smtp_nb.compose.calendar import (
    FILE_NAME,
    calendar_remarks,
    calendar_text,
    escaped,
    stamp,
    unfolded,
    unindented,
)
from smtp_nb.compose.parts import Attachment
from smtp_nb.errors import InputError
from smtp_nb.merge.rows.printed import NOTES, Note, Notes
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.environment import Part, Values, expression_alone
from smtp_nb.merge.templates.placeholders import SLOTS, Placeholders
from smtp_nb.merge.templates.sandboxed import Environments

# Properties whose values are no TEXT (RFC 5545 section 3.8), so that no comma or
# semicolon in them is escaped.
_NO_TEXT = frozenset({
    "ATTACH", "ATTENDEE", "COMPLETED", "CONFERENCE", "CREATED", "DTEND", "DTSTAMP", "DTSTART",
    "DUE", "DURATION", "EXDATE", "FREEBUSY", "GEO", "IMAGE", "LAST-MODIFIED", "METHOD", "ORGANIZER",
    "PERCENT-COMPLETE", "PRIORITY", "RDATE", "RECURRENCE-ID", "REPEAT", "RRULE", "SEQUENCE",
    "SOURCE", "TRIGGER", "TZOFFSETFROM", "TZOFFSETTO", "TZURL", "URL", "VERSION",
})  # fmt: skip
# Name and parameters of a line, which end at the first colon outside of quotes.
_HEAD = re.compile(r'(?:[^":]|"[^"]*")*')
_PARAMETERS = re.compile(r';((?:[^";]|"[^"]*")*)')
_ZONE = re.compile(r'TZID="?([^";]+)', re.IGNORECASE)
_SPECIAL = re.compile("[:;,]")


class CalendarPart:
    """A template of an iCalendar object. A value is never another property."""

    def __init__(self, source: str, environments: Environments) -> None:
        self._part = Part("calendar", unindented(source), environments.slots, is_quiet=True)
        self._alone = expression_alone("calendar", source, environments.text)
        self.names = self._part.names

    def render(self, values: Values) -> str:
        """The object of one row; empty for none.

        Raises:
            RowError: it is none, or a value would leave its place.
        """
        try:
            text = calendar_text(self._given(values))
            remarks = calendar_remarks(text) if text else ()
            notes: Notes = values[NOTES]  # type: ignore[assignment]  # put there by `values`
            notes.update({Note("calendar", *said): None for said in remarks})
        except InputError as error:
            column = getattr(error, "column", "") or "calendar"
            raise RowError(error.description, column=column, remedy=error.remedy) from error
        return text

    def _given(self, values: Values) -> object:
        if self._alone is not None:
            value = self._alone.value(values)
            if isinstance(value, Undefined):
                str(value)  # raises, with the name
            return "" if value is None else value
        slots = Placeholders()
        marked = self._part.render({**values, SLOTS: slots})
        return "\n".join(_filled(line, slots) for line in unfolded(marked))


def _filled(line: str, slots: Placeholders) -> str:
    """A content line with its values."""
    if len(slots.pieces(line)) == 1:
        return line
    found = _HEAD.match(line)
    head = found[0] if found else ""
    name, parameters = re.split(";|\\Z", head, maxsplit=1)[0], _PARAMETERS.findall(head)
    if len(slots.pieces(name)) > 1:
        raise InputError("a value stands in a property's name", remedy="Write the name itself")
    shown = "".join(f";{_parameter(one, slots)}" for one in parameters)
    if name.upper() not in _NO_TEXT:
        return f"{name}{shown}{slots.fill(line[len(head) :], lambda value: escaped(str(value)))}"
    zone, is_day = _ZONE.search(shown), "VALUE=DATE" in shown.upper().split(";")
    value = slots.fill(
        line[len(head) :], lambda value: stamp(value, zone[1] if zone else "", is_day)
    )
    return f"{name}{shown}{value}"


def _parameter(written: str, slots: Placeholders) -> str:
    """A parameter with its value, which holds no quotation mark (RFC 5545 section 3.2)."""
    if len(slots.pieces(written)) == 1:
        return written
    filled = slots.fill(written, lambda value: " ".join(str(value).replace('"', "'").split()))
    key, _, value = filled.partition("=")
    if '"' in written or not _SPECIAL.search(value):
        return filled
    return f'{key}="{value}"'


def invitation(calendar: str) -> Attachment:
    """The same as a file, for programs that look for one."""
    data = calendar.replace("\n", "\r\n").encode()
    return Attachment(data=data, filename=FILE_NAME, content_type="application/ics")
