"""Invitations: an iCalendar object as a body part (RFC 5545, RFC 5546, RFC 6047)."""

from __future__ import annotations

import re

from smtp_nb.errors import InputError

# What a line may hold besides text: a tab and a line's end (RFC 5545 section 3.1).
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_METHOD = re.compile(r"(?im)^METHOD:([A-Z-]+)[ \t]*$")
_ENDS = ["BEGIN:VCALENDAR", "END:VCALENDAR"]
_LINE = 75  # octets, RFC 5545 section 3.1
FILE_NAME = "invite.ics"


def calendar_text(given: object) -> str:
    """The text of an iCalendar object, its long lines folded; empty for none.

    Args:
        given: text, UTF-8 octets, or an object with `to_ical()`, such as `icalendar.Calendar`.

    Raises:
        InputError: it is not one, or has no METHOD.
    """
    if hasattr(given, "to_ical"):
        given = given.to_ical()
    if isinstance(given, bytes):
        try:
            given = given.decode()
        except UnicodeDecodeError as error:
            raise InputError(f"the calendar is not UTF-8: {error}", remedy="Encode it so") from None
    if not isinstance(given, str):
        raise InputError(
            f"calendar does not take {type(given).__name__}",
            remedy="Give the text of an iCalendar object, or icalendar.Calendar",
        )
    if not given:
        return ""
    lines = given.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    if (
        lines[0].strip().upper() != "BEGIN:VCALENDAR"
        or lines[-1].strip().upper() != "END:VCALENDAR"
    ):
        raise InputError(
            "the calendar is not an iCalendar object",
            remedy="Begin it with BEGIN:VCALENDAR, end it with END:VCALENDAR",
        )
    if found := _CONTROLS.search("\n".join(lines)):
        raise InputError(f"the calendar holds the control character {found[0]!a}")
    text = "".join(f"{_folded(line)}\n" for line in lines)
    method_of(text)
    return text


def method_of(calendar: str) -> str:
    """The METHOD, which the part's Content-Type repeats (RFC 6047 section 2.4).

    Raises:
        InputError: there is not exactly one.
    """
    found = _METHOD.findall(calendar)
    if len(found) != 1:
        raise InputError(
            f"the calendar has {len(found) or 'no'} METHOD",
            remedy="Write METHOD:REQUEST below VERSION:2.0 for an invitation",
        )
    return str(found[0]).upper()


def _folded(line: str) -> str:
    """A line in pieces of at most 75 octets, no character cut in two."""
    pieces, size = [""], 0
    for char in line:
        octets = len(char.encode("utf-8", "surrogatepass"))
        if size + octets > _LINE:
            pieces.append(" ")
            size = 1
        pieces[-1] += char
        size += octets
    return "\n".join(pieces)


def escaped(value: str) -> str:
    """A value as the TEXT of a property (RFC 5545 section 3.3.11)."""
    value = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return value.replace("\r\n", "\\n").replace("\r", "\\n").replace("\n", "\\n")
