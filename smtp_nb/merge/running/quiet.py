"""Quiet hours: times of the day at which no message begins to leave."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from zoneinfo import ZoneInfo

from smtp_nb.errors import InputError

# "22:00-07:00", also with a zone's name behind it, or the same in two or three pieces.
QuietTimes = str | Sequence[str | time]

_HOUR = r"([0-9]{1,2})(?::([0-9]{2}))?"
_SPAN = re.compile(rf"\s*{_HOUR}\s*[-–]\s*{_HOUR}\s*(\S*)\s*\Z", re.ASCII)
_MINUTE_S = 60.0
_A_DAY = 24 * 60
# A day may have 25 hours; whatever a zone does, two are enough.
_LONGEST = 2 * _A_DAY


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From a time of the day to another, which may be that of the next day.

    What counts is what a clock on the wall shows, so a night in which the clocks are set is an hour
    longer or shorter.

    Attributes:
        begins, ends: minutes since midnight; the last one is not quiet any more.
        zone: whose clock is meant; None for the machine's own.
    """

    begins: int
    ends: int
    zone: tzinfo | None = None

    def __contains__(self, moment: float) -> bool:
        """True if it is quiet then, in seconds since 1970."""
        local = datetime.fromtimestamp(moment, self.zone)
        minute = local.hour * 60 + local.minute
        if self.begins < self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends

    def after(self, moment: float) -> float:
        """The first moment from this one on at which it is not quiet."""
        if moment not in self:
            return moment
        # Minute by minute: no rule of a zone's clock can lead this astray.
        minutes = math.floor(moment / _MINUTE_S)
        found = (m * _MINUTE_S for m in range(minutes + 1, minutes + _LONGEST))
        return next(at for at in found if at not in self)

    @property
    def words(self) -> str:
        """As people write them."""
        zone = f" {self.zone}" if self.zone else ""
        return f"{_clock(self.begins)}-{_clock(self.ends)}{zone}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def quiet_hours_of(given: QuietTimes) -> QuietHours | None:
    """Quiet hours from what was given; None for none.

    Raises:
        InputError: they are no hours, end when they begin, or the zone is unknown.
    """
    if not given:
        return None
    match = _SPAN.match(given if isinstance(given, str) else _joined(given))
    parts = match.groups() if match else ()
    hours = [int(part or 0) for part in parts[:4]]
    begins, ends = (hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]) if hours else (0, 0)
    fits = bool(hours) and max(hours[1], hours[3]) < 60 and max(begins, ends) <= _A_DAY
    if not fits or begins % _A_DAY == ends % _A_DAY:
        raise InputError(
            f"quiet_hours={given!r} are not hours of a day",
            remedy='Give two times that differ: "22:00-07:00", "22:00-07:00 Europe/Berlin"',
        )
    return QuietHours(begins % _A_DAY, ends % _A_DAY, _zone(parts[4]) if parts[4] else None)


def _joined(given: Sequence[str | time]) -> str:
    texts = [f"{one:%H:%M}" if isinstance(one, time) else str(one) for one in given]
    return f"{'-'.join(texts[:2])} {' '.join(texts[2:])}"


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # not found; no name; ZoneInfoNotFoundError
        raise InputError(
            f"quiet_hours: the time zone {name!r} is unknown",
            remedy='Give a name as "Europe/Berlin", or none for the zone of this computer',
        ) from None
