"""Selector of the blocking driver: waits for its connections, and for a wake-up."""

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
        LinkError: 10024, no file descriptors left.
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
        """End the current wait, or the next one; from any thread."""
        with contextlib.suppress(OSError):  # full: woken already; closed: done already
            self._waker.send(b"\0")

    def expect(self, sock: socket.socket, events: int) -> None:
        """Set the events of a socket that end the wait; 0 for none."""
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
        """Forget a socket that is about to be closed, or of which nothing is expected."""
        if self._expected.pop(sock, 0):
            self._selector.unregister(sock)

    def select(self, seconds: float | None) -> tuple[dict[object, int], bool]:
        """Return the events of each socket, and whether there was a wake-up."""
        came: dict[object, int] = {
            key.fileobj: mask for key, mask in self._selector.select(seconds)
        }
        return came, came.pop(self._woken, 0) != 0

    def drain(self) -> bytes:
        """Read the wake-up bytes: our zeros, and the numbers of signals."""
        try:
            return self._woken.recv(4096)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        """Close all of it."""
        self._selector.close()
        self._woken.close()
        self._waker.close()
