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
from smtp_nb.merge.running.pace import Domains, RateWindow


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
    """

    planned: PlannedRow
    message: int
    message_id: str = ""
    outcomes: dict[str, str] = field(default_factory=dict)
    digest: str = ""
    tries: int = 0
    since: float = 0.0

    @property
    def domain(self) -> str:
        """Where it goes, for limits."""
        mailbox = self.planned.mailbox
        return mailbox.domain.lower() if mailbox else ""


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

    def opens_at(self, now: float) -> float | None:
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
        while (todo := self._again(now)) is not None:
            if self._may_leave(todo, now):
                return todo, next(self._renderer.read([todo.planned]))
        if (todo := self._released(now)) is not None:
            return todo, next(self._renderer.read([todo.planned]))
        for todo, filled in self._fresh:
            self._left -= 1
            if self._may_leave(todo, now):
                return todo, filled
        return None

    def opens_at(self, now: float) -> float | None:
        """When the next one may leave: now, later, or never."""
        if self._left or self._back:
            return now
        times = [heap[0][0] for heap in (self._off, self._openings) if heap]
        return min(times, default=None)

    def put_back(self, todo: PendingMessage) -> None:
        """It has not left: it is the next one."""
        self._back.append(todo)

    def try_again(self, todo: PendingMessage, due: float) -> None:
        """It was deferred: its time comes again."""
        heapq.heappush(self._off, (due, next(self._ties), todo))

    def _again(self, now: float) -> PendingMessage | None:
        if self._back:
            return self._back.popleft()
        if self._off and self._off[0][0] <= now:
            return heapq.heappop(self._off)[2]
        return None

    def _may_leave(self, todo: PendingMessage, now: float) -> bool:
        """Whether its domain allows it; if not, it is held until then."""
        allowance = self._domains.of(todo.domain) if self._domains else None
        if allowance is None:
            return True
        held = self._held.get(todo.domain)
        if held is None and allowance.free(now) > 0:
            allowance.take(1, now)
            return True
        if held is None:
            held = self._held[todo.domain] = _Held(allowance, deque())
            heapq.heappush(self._openings, (allowance.opens_at(now), todo.domain))
        held.todos.append(todo)
        return False

    def _released(self, now: float) -> PendingMessage | None:
        """One that was held and whose domain allows it now."""
        if not self._openings or self._openings[0][0] > now:
            return None
        _, domain = heapq.heappop(self._openings)
        allowance, todos = self._held[domain]
        allowance.take(1, now)
        todo = todos.popleft()
        if todos:
            heapq.heappush(self._openings, (allowance.opens_at(now), domain))
        else:
            del self._held[domain]
        return todo


def _emptying(
    todos: list[PendingMessage], renderer: RowRenderer
) -> Iterator[tuple[PendingMessage, RowValues]]:
    """The messages in order with their rows' values; each is let go once it is taken."""
    waiting = deque(todos)
    todos.clear()
    for filled in renderer.read(todo.planned for todo in list(waiting)):
        yield waiting.popleft(), filled
