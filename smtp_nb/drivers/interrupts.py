"""Handling of Ctrl-C in the main thread.

A plain KeyboardInterrupt lands between any two instructions, inside a flow as often as not, and
then the fate of the message is unknown. So the handler only counts, and the system wakes the wait;
the driver checks the count where it is safe. Only foreign code, which may never return, is
interrupted where it is.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType


class Interrupts:
    """Own SIGINT for the time of a `with` block, if this is the main thread and it can be owned.

    Attributes:
        presses: how often it was pressed.
        is_outside: foreign code runs, a job source's or an event handler's.
    """

    def __init__(self, patience: int) -> None:
        """Args:
        patience: number of presses that are only counted; the next one interrupts foreign code.
        """
        self.presses = 0
        self.is_outside = False
        self._patience = patience
        self._old: Callable[[int, FrameType | None], object] | None = None
        self._old_fd = -1

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            old = signal.getsignal(signal.SIGINT)
            if callable(old):  # ignored or fatal by the user's choice: keep it so
                self._old = old
                signal.signal(signal.SIGINT, self._handle)
        return self

    @contextlib.contextmanager
    def waking(self, wake_fd: int) -> Iterator[None]:
        """For this block the system writes to `wake_fd` at every signal.

        Python's own handler would run too late for one that comes between the driver's last look
        and its wait.
        """
        if self._old is None:
            yield
            return
        self._old_fd = signal.set_wakeup_fd(wake_fd, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(self._old_fd)

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
        if self.is_outside and self.presses > self._patience and self._old is not None:
            self._old(number, frame)

    def forward(self, woken: bytes) -> None:
        """Forward the signals among these bytes to an event loop that had the wake-ups before
        us.
        """
        others = bytes(number for number in woken if number not in (0, signal.SIGINT))
        if others and self._old_fd >= 0:
            with contextlib.suppress(OSError):
                _write(self._old_fd, others)

    def pass_on(self) -> None:
        """Pass the counted presses to the restored handler, which normally raises."""
        if self.presses:
            signal.raise_signal(signal.SIGINT)


def _write(wake_fd: int, woken: bytes) -> None:
    """Write to an event loop's wake-up descriptor, which on Windows is the handle of a socket."""
    if sys.platform != "win32":
        os.write(wake_fd, woken)
        return
    theirs = socket.socket(fileno=wake_fd)
    try:
        theirs.send(woken)
    finally:
        theirs.detach()  # it stays theirs, and open
