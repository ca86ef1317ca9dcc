"""Pace of a merge: the user's limits, and those learnt from the server.

All of it is arithmetic on a clock that is given; nothing here waits.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from smtp_nb import ambient
from smtp_nb.merge.running.deferrals import Deferral
from smtp_nb.merge.running.durations import Rate
from smtp_nb.merge.running.progress import START
from smtp_nb.merge.running.quiet import QuietHours
from smtp_nb.merge.running.rates import Domains, RateWindow, RunClock, Sent, window
from smtp_nb.model.about import About

# The pauses after which a busy server is tried again, and a message that it deferred. Trying a
# greylisting server too early does no harm, and many let a message pass after a minute or five.
BUSY_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
RETRIES = (2.0, 8.0, 30.0, 60.0, 120.0, 300.0)
# So many messages deferred one behind the other are no longer the trouble of their recipients.
IN_A_ROW = 20
# What is worth waiting for within a run; anything else is the message's own trouble.
WAITED_FOR = (About.NEWCOMER, About.CLOSING, About.BUSY)  # the worse, the further behind
# Other clients with the same hint must not all come back at the same moment.
_JITTER = 0.1


class Shut(StrEnum):
    """What is shut for hours: a run waits for it only if asked to."""

    QUOTA = "quota"
    QUIET = "quiet hours"


class Opening(NamedTuple):
    """When the next message may begin.

    Attributes:
        at: on the steady clock.
        why: what it waits for until then, in words.
        is_said_as_time: True if people are told the time of day rather than how many seconds.
        shut: set where a run need not wait.
    """

    at: float
    why: str = ""
    is_said_as_time: bool = False
    shut: Shut | None = None


def of_rate(window: RateWindow, now: float, why: str) -> Opening:
    """When a rate lets the next one begin."""
    opens = window.opens_at(now)
    if not window.rate.is_quota:
        return Opening(opens, why)
    return Opening(opens, f"quota reached ({window.rate.words})", True, Shut.QUOTA)


class Backoff:
    """When to come back to a server that is busy: later each time, until it takes something."""

    def __init__(
        self, clock: Callable[[], float], spread: Callable[[float, float], float] = ambient.uniform
    ) -> None:
        self._clock = clock
        self._spread = spread
        self._times = 0
        self.until = -math.inf
        """Nothing is to begin before; on the clock."""

    def closed(self, hint_s: float | None = None) -> None:
        """The server ended a connection with 421. The first time, another one may do at once."""
        if self._times or hint_s is not None:
            self.busy(hint_s)
        self._times += not self._times

    def busy(self, hint_s: float | None = None) -> None:
        """The server said that it is busy, and perhaps for how long."""
        if self._clock() < self.until and hint_s is None:
            return  # about messages that were under way already
        pause = BUSY_PAUSES[min(self._times, len(BUSY_PAUSES) - 1)]
        pause = hint_s if hint_s is not None else pause * self._spread(1 - _JITTER, 1 + _JITTER)
        self._times += 1
        self.until = max(self.until, self._clock() + pause)

    def hold(self, until: float) -> None:
        """Another connection was told so."""
        self.until = max(self.until, until)

    def went_well(self) -> None:
        """The server took something."""
        self._times = 0


@dataclass(frozen=True, slots=True)
class PaceLimits:
    """What the user of a merge allows it.

    Attributes:
        rate: messages in any period, over all connections; None for no limit.
        domain_rates: the same for a recipient's domain; `*` is for each that is not named.
        messages_per_connection: after so many a new connection is made; None for no limit.
        deadline_s: after so long no further message is begun; None for no limit.
        patience_s: so long a message that is greylisted, or a busy server, is tried again.
        quiet: hours in which no message begins; None for none.
        starts_at: no message begins before, in seconds since 1970; None for now.
    """

    rate: Rate | None = None
    domain_rates: Mapping[str, Rate] = field(default_factory=dict)
    messages_per_connection: int | None = None
    deadline_s: float | None = None
    patience_s: float = 600.0
    quiet: QuietHours | None = None
    starts_at: float | None = None

    @property
    def longest_quota_s(self) -> float:
        """How far back what was sent counts; 0 if none of the rates is a quota."""
        rates = [*self.domain_rates.values(), *filter(None, (self.rate,))]
        return max((rate.period_s for rate in rates if rate.is_quota), default=0.0)


def _time(opening: Opening) -> float:
    return opening.at


class Pace:
    """When the next message of a run may begin, and a deferred one again.

    Args:
        clock: gives seconds from any point.
        wall: gives seconds since 1970.
        sent: what earlier runs sent, for quotas.
    """

    def __init__(
        self,
        limits: PaceLimits,
        clock: Callable[[], float],
        wall: Callable[[], float] = ambient.now,
        sent: Sent | None = None,
    ) -> None:
        self.clock = clock
        self.clocks = clocks = RunClock(clock, wall)
        sent = sent or Sent()
        self.backoff = Backoff(clock)
        self.domains = Domains(limits.domain_rates, clocks, sent.by_domain)
        self.messages_per_connection = limits.messages_per_connection
        """As the user said, or fewer when the server shows the door earlier."""
        self.starts_at = limits.starts_at
        """Nothing begins before, in seconds since 1970; None for no such time."""
        self._rate = window(limits.rate, clocks, sent.times) if limits.rate else None
        self._quiet = limits.quiet
        self._held = (-math.inf, "")
        begins = clock()
        if limits.starts_at is not None:
            begins = clocks.after(limits.starts_at, begins)
        self._ends = math.inf if limits.deadline_s is None else begins + limits.deadline_s
        self._patience_s = limits.patience_s
        self._closed_after = 0
        self._deferred = 0
        self._busy_since: float | None = None

    def free(self, now: float) -> int:
        """How many messages may begin now."""
        if now >= self._ends or self.opens_at(now).at > now:
            return 0
        return sys.maxsize if self._rate is None else self._rate.free(now)

    def take(self, count: int, now: float) -> None:
        """So many begin now."""
        if self._rate is not None:
            self._rate.take(count, now)

    def give_back(self, count: int) -> None:
        """So many of the last ones did not leave after all."""
        if self._rate is not None:
            self._rate.give_back(count)

    def opens_at(self, now: float, other: Opening | None = None) -> Opening:
        """When a message may begin, and what it waits for until then.

        Args:
            other: what else it has to wait for.
        """
        found = Opening(self.backoff.until, "the server, which is busy")
        if other is not None:
            found = max(found, other, key=_time)
        if self._rate is not None:
            found = max(found, of_rate(self._rate, now, "the configured rate"), key=_time)
        until, why = self._held
        if until > -math.inf:
            held = Opening(self.clocks.after(until, now), why, True, Shut.QUOTA)
            found = max(found, held, key=_time)
        if self.starts_at is not None:
            start = Opening(self.clocks.after(self.starts_at, now), START, True)
            found = max(found, start, key=_time)
        return found if self._quiet is None else self._outside(self._quiet, found, now)

    def _outside(self, quiet: QuietHours, found: Opening, now: float) -> Opening:
        at = self.clocks.wall_at(max(found.at, now))
        if at not in quiet:
            return found
        loud = self.clocks.after(quiet.after(at), now)
        if found.shut and found.at > now:
            return found._replace(at=loud)
        words = f"quiet hours ({quiet.words})"
        return Opening(loud, words, True, Shut.QUIET)

    def first_loud(self, moment: float) -> float:
        """The first moment from this one on that is in no quiet hours, in seconds since 1970."""
        return moment if self._quiet is None else self._quiet.after(moment)

    def hold(self, moment: float, why: str) -> None:
        """Begin nothing before this moment, in seconds since 1970."""
        self._held = max(self._held, (moment, why))

    def is_over_at(self, moment: float) -> bool:
        """True if the deadline has passed by then."""
        return moment >= self._ends

    @property
    def has_lost_patience(self) -> bool:
        """True if the server stays busy for longer than we wait for it."""
        since = self._busy_since
        return since is not None and self.backoff.until - since > self._patience_s

    def went_well(self) -> None:
        """The server decided about a message."""
        self.backoff.went_well()
        self._deferred = 0
        self._busy_since = None

    def in_a_row(self, found: Deferral) -> Deferral:
        """What the deferral of a whole message means, seeing those before it."""
        self._deferred += 1
        is_own = found.about not in (*WAITED_FOR, About.ACCOUNT)
        return Deferral(About.BUSY) if is_own and self._deferred >= IN_A_ROW else found

    def learn(self, found: Deferral) -> None:
        """Take a server at its word."""
        if found.about in (About.CLOSING, About.BUSY) and self._busy_since is None:
            self._busy_since = self.clock()
        if found.about is About.CLOSING:
            self.backoff.closed(found.hint_s)
        elif found.about is About.BUSY:
            self.backoff.busy(found.hint_s)

    def retry_at(self, tries: int, since: float, found: Deferral) -> float | None:
        """When a deferred message is tried again; None: not in this run.

        Args:
            tries: how often it was deferred before.
            since: when that was first, on the clock.
        """
        is_busy = found.about is About.BUSY  # it is the pause that is limited then
        if found.about is About.ACCOUNT and self._held[0] > self.clocks.wall():
            return self.clock()  # as soon as anything may begin
        if found.about not in WAITED_FOR or (tries >= len(RETRIES) and not is_busy):
            return None
        now = self.clock()
        pause = RETRIES[min(tries, len(RETRIES) - 1)]
        due = now + (pause if found.hint_s is None else found.hint_s)
        if found.about is not About.NEWCOMER:
            due = max(now, self.backoff.until)
        return None if due - since > self._patience_s or self.is_over_at(due) else due

    def closed_after(self, messages: int) -> None:
        """The server ended a connection with 421 after so many messages.

        Once may be chance. The same number twice is its rule, and we leave before it says so.
        """
        if messages == self._closed_after and messages > 1:
            self.messages_per_connection = messages
        self._closed_after = messages
