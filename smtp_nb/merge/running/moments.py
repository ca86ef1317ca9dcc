"""Times of day: read as people write them, and shown with their zone."""

from __future__ import annotations

import re
import time
from datetime import date, datetime, timedelta, tzinfo
from datetime import time as time_of_day

from smtp_nb import ambient
from smtp_nb.errors import InputError

# A datetime, or text: "2026-12-01 08:00", or "08:00" for the next one. pandas' are datetimes.
Moment = datetime | time_of_day | str

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?\Z", re.ASCII)
# So long ago is still now: what the clock said before the frame was checked.
_JUST_NOW_S = 60.0
_HALF_A_DAY_S = 43200.0


def moment_of(name: str, given: object, now: float, zone: tzinfo | None = None) -> float:
    """A time as seconds since 1970.

    Args:
        name: of the option.
        now: in seconds since 1970, for a time without a day.
        zone: of a time without one; None is the machine's own.

    Raises:
        InputError: it is not a time, or is past.
    """
    found = _read(name, given, now, zone)
    if found < now - _JUST_NOW_S:
        raise InputError(
            f"{name}={_spelled(given)!r} is past: it was {shown(found, zone)}, and it is"
            f" {shown(now, zone)} now",
            remedy=f"Give a time to come, or leave {name}= out to start now",
        )
    return found


def _read(name: str, given: object, now: float, zone: tzinfo | None) -> float:
    try:
        if isinstance(given, time_of_day):
            given = f"{given:%H:%M:%S}"
        if isinstance(given, str) and (clock := _CLOCK.match(given.strip())):
            return _next(now, zone, *(int(part or 0) for part in clock.groups()))
        moment = given if isinstance(given, datetime) else datetime.fromisoformat(_text(given))
        if moment != moment:  # pandas' NaT is a datetime too
            raise ValueError
        return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).timestamp()
    except (ValueError, OverflowError, OSError, TypeError):
        raise InputError(
            f"{name}={_spelled(given)!r} is not a time",
            remedy='Give a datetime, or text as "2026-12-01 08:00" or "08:00" (the next one)',
        ) from None


def _text(given: object) -> str:
    """What `fromisoformat` reads; a day alone does not say when."""
    if not isinstance(given, str) or ":" not in given:
        raise ValueError
    return given.strip()


def _spelled(given: object) -> object:
    return str(given) if isinstance(given, date) else given


def _next(now: float, zone: tzinfo | None, hour: int, minute: int, second: int) -> float:
    """When a clock shows this time next; now, if it does."""
    today = datetime.fromtimestamp(now, zone).replace(microsecond=0)
    found = today.replace(hour=hour, minute=minute, second=second, fold=0)
    if found < today:
        found += timedelta(days=1)
    return found.timestamp()


def shown(moment: float, zone: tzinfo | None = None) -> str:
    """A time with its day and zone: "1 Dec 2026 08:00 CET"."""
    if zone is not None:
        local = datetime.fromtimestamp(moment, zone)
        return f"{local.day} {local:%b %Y %H:%M %Z}"
    found = ambient.local(moment)
    return f"{found.tm_mday} {time.strftime('%b %Y %H:%M', found)} {found.tm_zone}"


def shown_from(moment: float, now: float, zone: tzinfo | None = None) -> str:
    """The same as short as it is clear: "08:00" if that is the next one."""
    soon = 0 <= moment - now < _HALF_A_DAY_S
    return shown(moment, zone).split()[3] if soon else shown(moment, zone)
