"""Where the blocking driver waits: for one socket, and for whoever wants to end the wait."""

from __future__ import annotations

import contextlib
import selectors
import socket


class Waits:
    """A selector with a wake-up in it; both exist only while there is something to wait for.

    Attributes:
        selector: for the socket of the line.
        wake_fd: writing to it ends a wait.
    """

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self.wake_fd = self._waker.fileno()
        self.selector.register(self._woken, selectors.EVENT_READ)

    def wake(self) -> None:
        """End the wait, or the next one; from any thread."""
        with contextlib.suppress(OSError):  # full is as good as woken, closed as good as done
            self._waker.send(b"\0")

    def select(self, seconds: float | None) -> tuple[int, bool]:
        """The events of the line's socket, 0 for none, and whether somebody woke us."""
        events, is_woken = 0, False
        for key, mask in self.selector.select(seconds):
            if key.fileobj is self._woken:
                is_woken = True
            else:
                events = mask
        return events, is_woken

    def drain(self) -> bytes:
        """What came to wake us: zeros of ours, and the numbers of signals."""
        try:
            return self._woken.recv(4096)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        """Let go of all of it."""
        self.selector.close()
        self._woken.close()
        self._waker.close()
