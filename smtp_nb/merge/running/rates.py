"""Sliding windows of a merge's rates.

A rate of less than an hour is kept on a steady clock and begins with the run. A quota, a rate of an
hour or more, is kept by the time of day: it counts what earlier runs sent, and goes on while the
machine sleeps.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from smtp_nb import ambient
from smtp_nb.merge.journal.schema import SentMessage
from smtp_nb.merge.running.durations import Rate

Clock = Callable[[], float]

# Two clocks differ in their last digits: what is not open yet does not open in this very moment.
_SOON = 0.001


@dataclass(frozen=True, slots=True)
class RunClock:
    """The clocks of a run.

    Attributes:
        steady: seconds from any point, for short waits; it may stop while the machine sleeps.
        wall: seconds since 1970, for what is said in hours and days.
    """

    steady: Clock = ambient.monotonic
    wall: Clock = ambient.now

    def wall_at(self, now: float) -> float:
        """The time of day at a moment of the steady clock."""
        return now + (self.wall() - self.steady())

    def after(self, moment: float, now: float) -> float:
        """When a time of day comes, on the steady clock: `now` if it has come."""
        left = moment - self.wall_at(now)
        return now if left <= 0 else now + max(left, _SOON)


class RateWindow:
    """So many in any period: a sliding window, not an average."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._taken: deque[tuple[float, int]] = deque()
        self._sum = 0

    def free(self, now: float) -> int:
        """How many may begin now."""
        while self._taken and self._taken[0][0] + self.rate.period_s <= now:
            self._sum -= self._taken.popleft()[1]
        return self.rate.messages - self._sum

    def take(self, count: int, now: float) -> None:
        """So many begin now."""
        if count:
            self._taken.append((now, count))
            self._sum += count

    def give_back(self, count: int) -> None:
        """So many of the last ones did not leave after all; they count for no quota."""

    def opens_at(self, now: float) -> float:
        """When at least one more may begin."""
        return now if self.free(now) > 0 else self._taken[0][0] + self.rate.period_s


class QuotaWindow(RateWindow):
    """A window of hours or days, which goes on from run to run.

    Args:
        sent: when earlier runs sent a message, in seconds since 1970.
    """

    def __init__(self, rate: Rate, clock: RunClock, sent: Iterable[float] = ()) -> None:
        super().__init__(rate)
        self._clock = clock
        today = clock.wall()
        # What a wrong clock wrote down as sent later than now was sent now at the latest.
        for at in sorted(min(at, today) for at in sent)[-rate.messages :]:
            super().take(1, at)

    def free(self, now: float) -> int:
        """How many may begin now."""
        return super().free(self._clock.wall_at(now))

    def take(self, count: int, now: float) -> None:
        """So many begin now."""
        super().take(count, self._clock.wall_at(now))

    def give_back(self, count: int) -> None:
        """So many of the last ones did not leave after all."""
        while count and self._taken:
            at, taken = self._taken.pop()
            self._sum -= taken
            super().take(max(taken - count, 0), at)
            count -= min(count, taken)

    def opens_at(self, now: float) -> float:
        """When at least one more may begin."""
        if self.free(now) > 0:
            return now
        return self._clock.after(self._taken[0][0] + self.rate.period_s, now)


@dataclass(frozen=True, slots=True)
class Sent:
    """When earlier runs sent what still counts, in all and to each domain."""

    times: list[float] = field(default_factory=list)
    by_domain: Mapping[str, list[float]] = field(default_factory=dict)

    @classmethod
    def of(cls, deliveries: Iterable[SentMessage]) -> Sent:
        """From the journal's deliveries: a message counts once for each domain that it went to."""
        last: dict[int, float] = {}
        domains: dict[str, dict[int, float]] = {}
        for message, address, at in deliveries:
            of_domain = domains.setdefault(address.rpartition("@")[2], {})
            for times in (last, of_domain):
                times[message] = max(at, times.get(message, -math.inf))
        return cls(list(last.values()), {name: list(t.values()) for name, t in domains.items()})


def window(rate: Rate, clock: RunClock, sent: Iterable[float] = ()) -> RateWindow:
    """The window that a rate wants."""
    return QuotaWindow(rate, clock, sent) if rate.is_quota else RateWindow(rate)


class Domains:
    """An allowance for each recipient domain that has one.

    Args:
        rates: by domain, in lower case; `*` is for each domain that is not named.
        sent: when earlier runs sent to each domain.
    """

    def __init__(
        self,
        rates: Mapping[str, Rate],
        clock: RunClock | None = None,
        sent: Mapping[str, list[float]] | None = None,
    ) -> None:
        self._rates = rates
        self._clock = clock or RunClock()
        self._sent = sent or {}
        self._allowances: dict[str, RateWindow] = {}

    def __bool__(self) -> bool:
        return bool(self._rates)

    def of(self, domain: str) -> RateWindow | None:
        """What is allowed for this domain; None for anything."""
        found = self._allowances.get(domain)
        if found is None and (rate := self._rates.get(domain) or self._rates.get("*")):
            sent = self._sent.get(domain, ())
            found = self._allowances[domain] = window(rate, self._clock, sent)
        return found
