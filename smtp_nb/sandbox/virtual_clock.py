"""Virtual clock: it stands still until it is advanced to the next thing that is due."""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from smtp_nb.errors import InputError


class VirtualTimer:
    """Something that is due at a moment."""

    __slots__ = ("arguments", "call", "is_cancelled")

    def __init__(self, call: Callable[..., object], arguments: tuple[object, ...]) -> None:
        self.call = call
        self.arguments = arguments
        self.is_cancelled = False

    def cancel(self) -> None:
        """Forget it."""
        self.is_cancelled = True


class VirtualClock:
    """Time as arithmetic, to the nanosecond, so that sums of latencies stay round.

    Attributes:
        now: seconds since it was made.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._order = count()  # what is due at the same moment happens in the order of the calls
        self._due: list[tuple[float, int, VirtualTimer]] = []

    def time(self) -> float:
        """The time in seconds."""
        return self.now

    def later(
        self, seconds: float, call: Callable[..., object], *arguments: object
    ) -> VirtualTimer:
        """Call something after so many seconds."""
        timer = VirtualTimer(call, arguments)
        heappush(self._due, (round(self.now + seconds, 9), next(self._order), timer))
        return timer

    def advance(self) -> bool:
        """Go on to the next thing that is due, and do it; False if there is none."""
        while self._due:
            when, _, timer = heappop(self._due)
            if not timer.is_cancelled:
                self.now = max(self.now, when)
                timer.call(*timer.arguments)
                return True
        return False

    def sleep(self, seconds: float) -> None:
        """Go on by so many seconds, and do what is due until then.

        Raises:
            InputError: it is negative, or not a number of seconds.
        """
        if not 0 <= seconds < math.inf:
            raise InputError(f"cannot sleep {seconds!r} seconds", remedy="Say 0 or more")
        passed: list[None] = []
        self.later(seconds, passed.append, None)
        while not passed:
            self.advance()

    def settle(self) -> None:
        """Do what is due now."""
        while self._due and (self._due[0][0] <= self.now or self._due[0][2].is_cancelled):
            _, _, timer = heappop(self._due)
            if not timer.is_cancelled:
                timer.call(*timer.arguments)
