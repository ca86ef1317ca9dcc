"""Where the blocking driver waits: for its connections, and for whoever wants to end the wait."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket

from smtp_nb.drivers.runner import connection_error


class WakeableSelector:
    """A selector with a wake-up in it; both exist only while there is something to wait for.

    Attributes:
        wake_fd: writing to it ends a wait.

    Raises:
        LinkError: 10024, there are no descriptors left.
    """

    def __init__(self) -> None:
        self._expected: dict[socket.socket, int] = {}
        self._pid = os.getpid()
        try:
            self._woken, self._waker = socket.socketpair()
            self._selector = selectors.DefaultSelector()
        except OSError as error:
            raise connection_error(error) from error
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self.wake_fd = self._waker.fileno()
        self._selector.register(self._woken, selectors.EVENT_READ)

    @property
    def is_inherited(self) -> bool:
        """True in a forked child, which shares the system's list of sockets with its parent."""
        return self._pid != os.getpid()

    def wake(self) -> None:
        """End the wait, or the next one; from any thread."""
        with contextlib.suppress(OSError):  # full is as good as woken, closed as good as done
            self._waker.send(b"\0")

    def expect(self, sock: socket.socket, events: int) -> None:
        """From now on these events of a socket end the wait; 0 for none."""
        before = self._expected.get(sock, 0)
        if before == events:
            return
        if not events:
            self.forget(sock)
        elif before:
            self._selector.modify(sock, events)
        else:
            self._selector.register(sock, events)
        self._expected[sock] = events

    def forget(self, sock: socket.socket) -> None:
        """A socket is about to be closed, or nothing of it is expected."""
        if self._expected.pop(sock, 0):
            self._selector.unregister(sock)

    def select(self, seconds: float | None) -> tuple[dict[object, int], bool]:
        """The events of each socket, and whether somebody woke us."""
        came: dict[object, int] = {
            key.fileobj: mask for key, mask in self._selector.select(seconds)
        }
        return came, came.pop(self._woken, 0) != 0

    def drain(self) -> bytes:
        """What came to wake us: zeros of ours, and the numbers of signals."""
        try:
            return self._woken.recv(4096)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        """Let go of all of it."""
        self._selector.close()
        self._woken.close()
        self._waker.close()
