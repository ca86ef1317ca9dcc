"""Limits laid around a flow: on the time of a whole call, and on the rate at which it writes.

The flow inside knows nothing of them. What it asks for passes through here on its way to the
driver, and is cut smaller or made to wait.
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
# What asks the driver for one intent, perhaps in several steps, and gives its answer.
Carrier = Callable[[Intent], Flow[Any]]
# More than any reply or handshake has; half of it is the most that a reply may be.
MAX_READ = 768 * 1024
# Nothing waits for longer without saying for what.
PATIENCE = 2.0
# Pieces in a second: small enough that no burst is noticed, large enough to be worth a packet.
PIECES = 50


class Deadline:
    """An end for several waits together, so that nobody can begin it anew by saying a little, nor
    make us read for ever.

    Args:
        seconds: from now on; None or 0 for ever.
        what: we wait for, in words.
        hint: what the silence may mean, for whoever is told of it.
        octets: the most that may come until then; None: somebody else counts them.
    """

    def __init__(
        self,
        clock: Clock,
        seconds: float | None,
        what: str,
        octets: int | None = MAX_READ,
        hint: str = "",
    ) -> None:
        self._clock = clock
        self._notice_at: float | None = clock() + PATIENCE
        self.seconds = seconds or None
        self.hint = hint
        self._end = clock() + seconds if seconds else None
        self._octets = self._most_octets = octets
        self.what = what

    def notice(self, tell: Callable[[Deadline], None]) -> Notice | None:
        """Lets `tell` be called once, when all the waits together have lasted for 2 s."""
        if self._notice_at is None:
            return None

        def once() -> None:
            if self._notice_at is not None:
                self._notice_at = None
                tell(self)

        return Notice(max(0.0, self._notice_at - self._clock()), once)

    def put_off(self, seconds: float) -> None:
        """Move the end: so long somebody else was waited for."""
        if self._end is not None:
            self._end += seconds

    def left(self) -> float | None:
        """Seconds until then; None for ever.

        Raises:
            SMTPTimeout: it has passed.
        """
        if self._end is None:
            return None
        if (left := self._end - self._clock()) <= 0:
            raise SMTPTimeout(
                f"nothing came in time while we waited for {self.what}",
                remedy="Raise timeout, or see whether the server is overloaded",
            )
        return left

    def spend(self, octets: int) -> None:
        """So many octets came in.

        Raises:
            LinkError: they are too many.
        """
        if self._octets is None:
            return
        self._octets -= octets
        if self._octets < 0:
            raise LinkError(
                f"more than {self._most_octets} octets came in while we waited for {self.what}",
                remedy="The other side floods us; the connection was dropped",
            )


def with_timeout(flow: Flow[T], seconds: float, clock: Clock) -> Flow[T]:
    """Let a call take so many seconds, all of its waits together.

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
    """Write no faster than so many octets a second, in small pieces with a pause behind each.

    Behind, because then a call is over when its octets had their time, however few they are.
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
            # A pause that lasted too long is made good with the next one; idle hours are not.
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
