"""Servers of this process that are reached without a socket, and how a client finds them.

Such a server writes a number in its URL (`wire=memory:1`); the client asks here for the server with
that number. So neither has to know the other. Time is the server's: it passes when both sides wait.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import count
from typing import Protocol


class Timer(Protocol):
    """Something that is due at a moment."""

    def cancel(self) -> None:
        """Forget it."""


class MemoryConnection(Protocol):
    """The client's end of a connection."""

    port: int
    """What stands for the client's port."""

    def write(self, data: bytes) -> None:
        """Send bytes to the server, which reads them when the client waits.

        Raises:
            ConnectionResetError: the server has let go of the connection.
        """

    def read(self) -> bytes | None:
        """What the server has sent; None if nothing is here yet, b"" at the end."""

    def close(self, gently: bool) -> None:
        """Let go of it. Not gently: bytes that the server has not read are lost."""


class MemoryServer(Protocol):
    """A server, and the clock that it shares with its clients."""

    name: str
    """The one host name that leads to it."""

    def clock(self) -> float:
        """The time in seconds."""

    def connect(self) -> MemoryConnection:
        """A new connection.

        Raises:
            ConnectionRefusedError: the server does not run.
        """

    def later(self, seconds: float, call: Callable[..., object], *arguments: object) -> Timer:
        """Call something after so many seconds."""

    def advance(self) -> bool:
        """Let time pass until the next thing is due, and do it; False if nothing ever will be."""


_NUMBERS = count(1)
_SERVERS: weakref.WeakValueDictionary[int, MemoryServer] = weakref.WeakValueDictionary()
_WIRE = "memory:"


def register(server: MemoryServer) -> str:
    """Make a server known. Returns what `wire=` in its URL says."""
    number = next(_NUMBERS)
    _SERVERS[number] = server
    return f"{_WIRE}{number}"


def registered(wire: str) -> MemoryServer | None:
    """The server behind `wire=` of a URL; None if this process has none such."""
    number = wire.removeprefix(_WIRE)
    if number == wire or not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    return _SERVERS.get(int(number))
