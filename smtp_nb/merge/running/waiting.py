"""The waiting messages of a run, and which of them may be sent now.

They leave in the order of their rows, except for those that come back: what did not leave over a
connection that failed goes first over the next, what was deferred waits for its time, and what
would break the limit of its recipient's domain lets others pass.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple, Protocol

from smtp_nb.merge.planning.plan import PlannedRow
from smtp_nb.merge.planning.renderer import RowRenderer, RowValues
from smtp_nb.merge.running.pace import Opening, of_rate
from smtp_nb.merge.running.rates import Domains, RateWindow


@dataclass(slots=True)
class PendingMessage:
    """A message to send, or to send again to those of its recipients who are not decided.

    Attributes:
        message: its number in the journal.
        message_id: the one it had at an earlier attempt, or empty.
        outcomes: what is known of its recipients, by normalised address.
        digest: of what it is sent, once that is known.
        tries: how often it was deferred in this run.
        since: when that happened first, on the clock of the run.
        domains: where it goes, once limits of domains ask for that.
    """

    planned: PlannedRow
    message: int
    message_id: str = ""
    outcomes: dict[str, str] = field(default_factory=dict)
    digest: str = ""
    tries: int = 0
    since: float = 0.0
    domains: tuple[str, ...] = ()


# Two clocks differ in their last digits.
_NEARLY_S = 1.0


class MessageQueue(Protocol):
    """The messages of a run that wait, in this process or in the journal.

    Attributes:
        put_off: how many wait for another try.
    """

    @property
    def put_off(self) -> int: ...

    def __len__(self) -> int: ...

    def next(self, now: float) -> tuple[PendingMessage, RowValues] | None:
        """The next message that may leave now, with its row's values."""

    def opens_at(self, now: float) -> Opening | None:
        """When the next one may leave: now, later, or never."""

    def put_back(self, todo: PendingMessage) -> None:
        """It has not left: it is the next one."""

    def try_again(self, todo: PendingMessage, due: float) -> None:
        """It was deferred: its time comes again."""


class _Held(NamedTuple):
    """Messages to one domain, and what is allowed for it."""

    allowance: RateWindow
    todos: deque[PendingMessage]


class Waiting:
    """All messages of a run that wait.

    Args:
        todos: in order; emptied, so that each is let go once it has left.
    """

    def __init__(
        self, todos: list[PendingMessage], renderer: RowRenderer, domains: Domains
    ) -> None:
        self._renderer = renderer
        self._domains = domains
        self._left = len(todos)
        self._fresh = _emptying(todos, renderer)
        self._back: deque[PendingMessage] = deque()
        self._off: list[tuple[float, int, PendingMessage]] = []
        self._held: dict[str, _Held] = {}
        self._openings: list[tuple[float, str]] = []
        self._ties = count()

    def __len__(self) -> int:
        return (
            self._left
            + len(self._back)
            + self.put_off
            + sum(len(held.todos) for held in self._held.values())
        )

    @property
    def put_off(self) -> int:
        """How many wait for another try."""
        return len(self._off)

    def next(self, now: float) -> tuple[PendingMessage, RowValues] | None:
        """The next message that may leave now, with its row's values."""
        while (self._back or self._off) and (todo := self._again(now)) is not None:
            filled = next(self._renderer.read([todo.planned]))
            if self._may_leave(todo, filled, now):
                return todo, filled
        if self._openings and (todo := self._released(now)) is not None:
            return todo, next(self._renderer.read([todo.planned]))
        for fresh in self._fresh:
            self._left -= 1
            if not self._domains or self._may_leave(*fresh, now):
                return fresh
        return None

    def opens_at(self, now: float) -> Opening | None:
        """When the next one may leave: now, later, or never."""
        if self._left or self._back:
            return Opening(now)
        found = [Opening(self._off[0][0], "the next attempt")] if self._off else []
        while self._openings:
            planned, domain = self._openings[0]
            opening = of_rate(self._held[domain].allowance, now, "the rate of a domain")
            if opening.at <= planned + _NEARLY_S:
                found.append(opening._replace(why=_to_domain(opening, domain)))
                break
            # One that was held elsewhere went to this domain too.
            heapq.heapreplace(self._openings, (opening.at, domain))
        return min(found, key=_time, default=None)

    def put_back(self, todo: PendingMessage) -> None:
        """It has not left: it is the next one."""
        self._back.append(todo)
        for allowance in self._allowances(todo).values():
            allowance.give_back(1)

    def try_again(self, todo: PendingMessage, due: float) -> None:
        """It was deferred: its time comes again."""
        heapq.heappush(self._off, (due, next(self._ties), todo))

    def _again(self, now: float) -> PendingMessage | None:
        if self._back:
            return self._back.popleft()
        if self._off and self._off[0][0] <= now:
            return heapq.heappop(self._off)[2]
        return None

    def _allowances(self, todo: PendingMessage, but: str = "") -> dict[str, RateWindow]:
        """What is allowed for each domain that it goes to."""
        found = {name: self._domains.of(name) for name in todo.domains if name != but}
        return {name: allowance for name, allowance in found.items() if allowance is not None}

    def _may_leave(self, todo: PendingMessage, filled: RowValues, now: float) -> bool:
        """Whether all its domains allow it; if not, it is held until then."""
        if not self._domains:
            return True
        todo.domains = self._renderer.domains(filled, todo.outcomes)
        allowances = self._allowances(todo)
        shut = {n: one for n, one in allowances.items() if n in self._held or one.free(now) <= 0}
        if shut:
            self._hold(todo, shut, now)
            return False
        for allowance in allowances.values():
            allowance.take(1, now)
        return True

    def _hold(self, todo: PendingMessage, shut: dict[str, RateWindow], now: float) -> None:
        """Let it wait behind those of the domain that opens last."""
        opens, domain = max((one.opens_at(now), name) for name, one in shut.items())
        if domain not in self._held:
            self._held[domain] = _Held(shut[domain], deque())
            heapq.heappush(self._openings, (opens, domain))
        self._held[domain].todos.append(todo)

    def _released(self, now: float) -> PendingMessage | None:
        """One that was held and whose domains allow it now."""
        while self._openings:
            domain = self._openings[0][1]
            allowance, todos = self._held[domain]
            # Asked again: the machine may have slept, which only a quota's clock has noticed.
            if self._openings[0][0] > now and allowance.opens_at(now) > now:
                return None
            heapq.heappop(self._openings)
            if allowance.free(now) <= 0:  # one that was held elsewhere went here too
                heapq.heappush(self._openings, (allowance.opens_at(now), domain))
                continue
            todo = todos.popleft()
            others = self._allowances(todo, but=domain)
            shut = {name: one for name, one in others.items() if one.free(now) <= 0}
            if not shut:
                for one in (allowance, *others.values()):
                    one.take(1, now)
            if todos:
                heapq.heappush(self._openings, (allowance.opens_at(now), domain))
            else:
                del self._held[domain]
            if not shut:
                return todo
            self._hold(todo, shut, now)
        return None


def _time(opening: Opening) -> float:
    return opening.at


def _to_domain(opening: Opening, domain: str) -> str:
    return f"{opening.why} to {domain}" if opening.shut else opening.why


def _emptying(
    todos: list[PendingMessage], renderer: RowRenderer
) -> Iterator[tuple[PendingMessage, RowValues]]:
    """The messages in order with their rows' values; each is let go once it is taken."""
    waiting = deque(todos)
    todos.clear()
    for filled in renderer.read([todo.planned for todo in waiting]):
        yield waiting.popleft(), filled
