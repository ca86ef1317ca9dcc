"""Limits around a flow: on the time of a whole call, and on the rate at which it writes.

The flow inside knows nothing of them. Its intents pass through here on their way to the driver, and
are cut smaller or delayed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from smtp_nb.errors import LinkError, SMTPTimeout
from smtp_nb.flows.intents import (
    Call,
    Flow,
    Intent,
    Notice,
    Open,
    Read,
    Resolve,
    Sleep,
    WaitForJobs,
    Write,
)

T = TypeVar("T")
Clock = Callable[[], float]
# Asks the driver for one intent, perhaps in several steps, and returns its answer.
Carrier = Callable[[Intent], Flow[Any]]
# More than any reply or handshake needs; a reply may be half of it at most.
MAX_READ = 768 * 1024
# A longer wait is reported, with what is awaited.
PATIENCE = 2.0
# Pieces in a second: small enough that no burst is noticed, large enough to be worth a packet.
PIECES = 50


class Deadline:
    """One deadline for several waits together, so that a peer can neither restart it by sending a
    little nor make us read forever.

    Args:
        seconds: from now on; None or 0 for no limit.
        what: what is awaited, in words.
        hint: what the silence may mean, for the error.
        octets: the most that may arrive until then; None: counted elsewhere.
    """

    def __init__(
        self,
        clock: Clock,
        seconds: float | None,
        what: str,
        octets: int | None = MAX_READ,
        hint: str = "",
    ) -> None:
        self._clock, now = clock, clock()
        self._notice_at: float | None = now + PATIENCE
        self.seconds = seconds or None
        self.hint = hint
        self._end = now + seconds if seconds else None
        self._octets = self._most_octets = octets
        self.what = what

    def notice(self, tell: Callable[[Deadline], None]) -> Notice | None:
        """The notice that calls `tell` once, when all waits together have lasted for 2 s."""
        if self._notice_at is None:
            return None

        def once() -> None:
            if self._notice_at is not None:
                self._notice_at = None
                tell(self)

        return Notice(max(0.0, self._notice_at - self._clock()), once)

    def put_off(self, seconds: float) -> None:
        """Move the deadline by the time spent waiting for something else."""
        if self._end is not None:
            self._end += seconds

    def left(self) -> float | None:
        """Seconds until then; None for no limit.

        Raises:
            SMTPTimeout: it has passed.
        """
        if self._end is None:
            return None
        if (left := self._end - self._clock()) <= 0:
            raise SMTPTimeout(
                f"timed out waiting for {self.what}",
                remedy="Raise timeout, or see whether the server is overloaded",
            )
        return left

    def spend(self, octets: int) -> None:
        """Count bytes that were received.

        Raises:
            LinkError: there are too many.
        """
        if self._octets is None:
            return
        self._octets -= octets
        if self._octets < 0:
            raise LinkError(
                f"more than {self._most_octets} bytes arrived while waiting for {self.what}",
                remedy="The other side is flooding us; the connection was dropped",
            )


def with_timeout(flow: Flow[T], seconds: float, clock: Clock) -> Flow[T]:
    """Limit the time of a call, all of its waits together.

    Raises:
        SMTPTimeout: it took longer; thrown into the flow at its next wait.
    """
    deadline = clock() + seconds

    def carry(intent: Intent) -> Flow[Any]:
        if isinstance(intent, (Open, Resolve, Read, Write, Call)):
            left = _left(deadline - clock(), seconds)
            intent = replace(intent, timeout_s=min(left, intent.timeout_s or left))
        elif isinstance(intent, (Sleep, WaitForJobs)):
            left = _left(deadline - clock(), seconds)
            intent = replace(intent, seconds=min(left, intent.seconds))
        return (yield intent)

    return _through(flow, carry)


def _left(left: float, seconds: float) -> float:
    if left <= 0:
        raise SMTPTimeout(
            f"the whole call took longer than {seconds:g} seconds",
            remedy="Raise timeout, or config('AbsoluteTimeout=False')",
        )
    return left


def throttled(flow: Flow[T], octets_per_second: int, clock: Clock) -> Flow[T]:
    """Limit the rate of writing, in small pieces with a pause after each.

    After, because then a call ends when its bytes have had their time, however few they are.
    """
    size = max(1, octets_per_second // PIECES)
    due = clock()

    def carry(intent: Intent) -> Flow[Any]:
        nonlocal due
        if not isinstance(intent, Write):
            return (yield intent)
        for start in range(0, len(intent.data), size):
            piece = intent.data[start : start + size]
            yield Write(piece, intent.timeout_s, intent.notice)
            # A pause that lasted too long shortens the next one; idle hours do not.
            due = max(due, clock() - 1 / PIECES) + len(piece) / octets_per_second
            if (pause := due - clock()) > 0:
                yield Sleep(pause)
        return None

    return _through(flow, carry)


def _through(flow: Flow[T], carry: Carrier) -> Flow[T]:
    """Run a flow whose intents are carried to the driver by `carry`."""
    answer: Any = None
    trouble: Exception | None = None
    try:
        while True:
            try:
                intent = flow.send(answer) if trouble is None else flow.throw(trouble)
            except StopIteration as stop:
                result: T = stop.value
                return result
            answer, trouble = None, None
            try:
                answer = yield from carry(intent)
            except Exception as error:
                trouble = error
    finally:
        flow.close()
