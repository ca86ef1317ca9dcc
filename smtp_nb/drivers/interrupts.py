"""Ctrl-C while we work in the main thread.

A plain KeyboardInterrupt lands between any two instructions, inside a flow as often as not, and
then nobody knows what became of the message. So the handler only counts and wakes the wait; the
driver looks at the count where it is safe.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType


class Interrupts:
    """Own SIGINT for the time of a `with` block, if this is the main thread and it can be owned.

    Attributes:
        presses: how often it came.
    """

    def __init__(self, wake: Callable[[], None], patience: int) -> None:
        """Args:
        wake: ends the wait that is under way; called inside the signal handler.
        patience: so many presses are only counted; the next one raises where it lands.
        """
        self.presses = 0
        self._wake = wake
        self._patience = patience
        self._old: Callable[[int, FrameType | None], object] | None = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            old = signal.getsignal(signal.SIGINT)
            if callable(old):  # ignored or fatal by the user's choice: leave it so
                self._old = old
                signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._old is not None:
            signal.signal(signal.SIGINT, self._old)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.presses += 1
        self._wake()
        if self.presses > self._patience and self._old is not None:
            self._old(number, frame)

    def pass_on(self) -> None:
        """Give what was counted to the handler that is back in place: it raises, as a rule."""
        if self.presses:
            signal.raise_signal(signal.SIGINT)
