"""Invitations: an iCalendar object as a body part (RFC 5545, RFC 5546, RFC 6047)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from itertools import pairwise
from zoneinfo import ZoneInfo

from smtp_nb.errors import InputError

# What a line may hold besides text: a tab and a line's end (RFC 5545 section 3.1).
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_METHOD = re.compile(r"(?im)^METHOD:([A-Z-]+)[ \t]*$")
_ENDS = ["BEGIN:VCALENDAR", "END:VCALENDAR"]
_LINE = 75  # octets, RFC 5545 section 3.1
FILE_NAME = "invite.ics"

_TIMED = re.compile(r"(DTSTART|DTEND|DUE|DTSTAMP|RECURRENCE-ID)(?:;[^:]*)?:(.*)", re.IGNORECASE)
_TIME = re.compile(r"\d{8}(?:T\d{6}Z?)?", re.ASCII)
_ZONE = re.compile(r'[A-Z-]+;(?:[^:"]*;)?TZID=("[^"]+"|[^;:]+)', re.IGNORECASE)
_ENTRY = re.compile(r"BEGIN:(?:VEVENT|VTODO|VJOURNAL)", re.IGNORECASE)
# What programs want before they show a date as one, and before they show buttons to accept it.
_NEEDED = ("UID", "DTSTAMP")
_NEEDED_BY = {
    "REQUEST": ("DTSTART", "ORGANIZER", "ATTENDEE"),
    "CANCEL": ("ORGANIZER", "SEQUENCE"),
    "PUBLISH": ("DTSTART",),
}
_WRITE = {
    "VERSION": "Write VERSION:2.0",
    "PRODID": "Write PRODID:-//your organisation//your program//EN",
    "UID": "Write UID:… with what stays the same for this row, such as its key",
    "DTSTAMP": "Write DTSTAMP:20261130T090000Z, the time at which it was made, in UTC",
    "DTSTART": "Write DTSTART:20261201T090000Z, or DTSTART:{{ start }}",
    "ORGANIZER": "Write ORGANIZER:mailto:… with the sender's address",
    "ATTENDEE": "Write ATTENDEE;RSVP=TRUE:mailto:{{ address }}",
    "SEQUENCE": "Write SEQUENCE:1, more than the invitation had",
}


def calendar_text(given: object) -> str:
    """The text of an iCalendar object, its long lines folded; empty for none.

    Args:
        given: text, UTF-8 octets, or an object with `to_ical()`, such as `icalendar.Calendar`.

    Raises:
        InputError: it is not one, or has no METHOD.
    """
    given = calendar_source(given)
    if not given:
        return ""
    lines = unindented(given).split("\n")
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
    _check(unfolded(text))
    return text


def calendar_source(given: object) -> str:
    """The text that was given, or that an object makes of itself, as it stands.

    Raises:
        InputError: it is none.
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
    return given


def unindented(text: str) -> str:
    """The text without the indentation of a string in code, which would fold its lines."""
    first, *rest = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip().split("\n")
    margin = min((len(line) - len(line.lstrip(" \t")) for line in rest if line.strip()), default=0)
    return "\n".join([first.lstrip(" \t"), *(line[margin:] for line in rest)])


def unfolded(text: str) -> list[str]:
    """The content lines, each in one piece (RFC 5545 section 3.1)."""
    return re.sub(r"\n[ \t]", "", text).rstrip("\n").split("\n")


def _check(lines: list[str]) -> None:
    """Refuse what no program reads as a calendar.

    Raises:
        InputError: components do not nest, or a time is none.
    """
    opened: list[str] = []
    for line in lines:
        name, _, value = line.partition(":")
        if name.upper() == "BEGIN":
            opened.append(value.strip().upper())
        elif name.upper() == "END" and (not opened or opened.pop() != value.strip().upper()):
            raise InputError(
                f"the calendar has {line.strip()} in a place where nothing of this name is open",
                remedy="Write BEGIN: and END: in pairs",
            )
        elif (found := _TIMED.match(line)) and not _TIME.fullmatch(found[2].strip()):
            raise InputError(
                f"the calendar's {found[1].upper()} is {found[2].strip()[:40]!r}, not a time",
                remedy="Write it as 20261201T090000Z, or give a datetime: {{ start }}",
            )
    if opened:
        raise InputError(
            f"the calendar has no END:{opened[-1]}", remedy="Write BEGIN: and END: in pairs"
        )


def calendar_remarks(text: str) -> Iterator[tuple[str, str]]:
    """What can be sent and shows no buttons: (what is missing, what to write).

    Args:
        text: as `calendar_text` returns it.
    """
    lines = unfolded(text)
    names = [re.split("[:;]", line, maxsplit=1)[0].upper() for line in lines]
    method = method_of(text)
    for name in ("VERSION", "PRODID"):
        if name not in names:
            yield f"the calendar has no {name} (RFC 5545 section 3.6)", _WRITE[name]
    entries = [at for at, line in enumerate(lines) if _ENTRY.fullmatch(line.strip())]
    if not entries:
        yield "the calendar has no event", "Write BEGIN:VEVENT … END:VEVENT"
    for begin, end in pairwise([*entries, len(lines)]):
        for name in (*_NEEDED, *_NEEDED_BY.get(method, ())):
            if name not in names[begin:end]:
                rule = "5546 section 3.2" if name not in _NEEDED else "5545 section 3.6.1"
                yield f"the event has no {name} (RFC {rule})", _WRITE[name]
    zones = {found[1].strip('"') for line in lines if (found := _ZONE.match(line))}
    for zone in sorted(zones - {line[5:].strip() for line in lines if line[:5].upper() == "TZID:"}):
        yield (
            f"the calendar has no VTIMEZONE for {zone} (RFC 5545 section 3.2.19)",
            "Write it, or give times in UTC: 20261201T090000Z",
        )


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


def stamp(value: object, zone: str = "", is_day: bool = False) -> str:
    """Write a date, time or duration as an iCalendar property holds it (RFC 5545 section 3.3).

    Args:
        zone: the TZID of the property; without one, an aware datetime is written in UTC.
        is_day: the property has VALUE=DATE.

    Raises:
        InputError: it holds a line break, or there is no such zone.
    """
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(_zone(zone) if zone else datetime.UTC)
        if is_day:
            return f"{value:%Y%m%d}"
        return f"{value:%Y%m%dT%H%M%S}{'Z' if value.tzinfo is not None and not zone else ''}"
    if isinstance(value, datetime.date):
        return f"{value:%Y%m%d}"
    if isinstance(value, datetime.timedelta):
        seconds = round(value.total_seconds())
        return f"{'-' if seconds < 0 else ''}PT{abs(seconds)}S"
    text = str(value)
    if "\n" in text or "\r" in text:
        raise InputError("a value in the calendar holds a line break", remedy="Take it out")
    return text


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        raise InputError(
            f"the calendar's TZID {name!r} is not a time zone", remedy='Write it as "Europe/Berlin"'
        ) from error
