"""Durations and rates as text: `"10 min"`, `"20/s"`, `"500/h"`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from smtp_nb.errors import InputError

Duration = float | str | timedelta

_UNITS = {
    1: ("s", "sec", "second"),
    60: ("m", "min", "minute"),
    3600: ("h", "hour"),
    86400: ("d", "day"),
}
QUOTA_FROM_S = 3600.0
_SECONDS = {
    name: size for size, names in _UNITS.items() for one in names for name in (one, one + "s")
}
_DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*\Z", re.I)
_RATE = re.compile(r"\s*([0-9]+)\s*/\s*([0-9]*)\s*([a-z]+)\s*\Z", re.I)


def seconds_of(name: str, given: Duration) -> float:
    """A duration in seconds; a bare number is seconds.

    Raises:
        InputError: it is no duration; names the option.
    """
    if isinstance(given, timedelta):
        return given.total_seconds()
    match = _DURATION.match(str(given))
    unit = _SECONDS.get(match[2].lower() or "s") if match else None
    if match is None or unit is None:
        raise InputError(
            f"{name}={given!r} is not a duration",
            remedy='Give seconds, or text as "10 min" or "2 h"',
        )
    return float(match[1]) * unit


@dataclass(frozen=True, slots=True)
class Rate:
    """A number of messages in any period of a number of seconds."""

    messages: int
    period_s: float

    @property
    def is_quota(self) -> bool:
        """True if it is counted over all runs: an hour or more."""
        return self.period_s >= QUOTA_FROM_S

    @property
    def words(self) -> str:
        """In words: "500 in 1 day"."""
        size = max(size for size in _UNITS if self.period_s >= size or size == 1)
        count, name = self.period_s / size, _UNITS[size][-1]
        return f"{self.messages} in {count:g} {name}{'' if count == 1 else 's'}"


def rate_of(name: str, given: str) -> Rate:
    """A rate from its text.

    Raises:
        InputError: it is no rate; names the option.
    """
    match = _RATE.match(given) if isinstance(given, str) else None
    unit = _SECONDS.get(match[3].lower()) if match else None
    if not (match and unit and int(match[1]) and int(match[2] or 1)):
        raise InputError(
            f"{name}={given!r} is not a rate", remedy='Give messages and a period: "20/s", "500/h"'
        )
    return Rate(int(match[1]), float(int(match[2] or 1) * unit))
