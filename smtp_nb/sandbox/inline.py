"""A sandbox in the caller's thread: connections through memory, time as arithmetic.

Each connection is the same `Connection` that serves sockets. Only its transport and its timers are
others, so faults, latency, TLS and remarks are the same too. It is for one thread.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from typing import Any

from smtp_nb.model.memory_server import register
from smtp_nb.sandbox.connection import READ_SIZE, Connection
from smtp_nb.sandbox.shared_state import SharedState
from smtp_nb.sandbox.virtual_clock import VirtualClock, VirtualTimer

MAX_UNREAD = 1024 * 1024
"""Bytes of the client that wait before the server reads them without being waited for."""

FIRST_PORT = 49152
"""What stands for the port of the first client; dynamic ports begin here (RFC 6335)."""


class MemoryTransport(asyncio.Transport):
    """Both ends of a connection: asyncio's transport for the server, a pipe for the client."""

    def __init__(self, clock: VirtualClock, protocol: Connection, peer: str, port: int) -> None:
        super().__init__({"peername": (peer, port)})
        self.port = port
        self._clock = clock
        self._protocol = protocol
        self._to_server = bytearray()
        self._to_client = bytearray()
        self._at_end = False  # the server says nothing more
        self._is_paused = False
        self._is_lost = False
        clock.later(0, protocol.connection_made, self)

    # The client's end

    def send(self, data: bytes) -> None:
        """Take bytes of the client; the server reads them when the client waits."""
        if self._is_lost:
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        self._to_server += data
        if len(self._to_server) > MAX_UNREAD:
            self._deliver()
        else:
            self._clock.later(0, self._deliver)

    def receive(self) -> bytes | None:
        """What the server has sent; None if nothing is here yet, b"" at the end."""
        if not self._to_client:
            return b"" if self._at_end else None
        data = bytes(self._to_client)
        self._to_client.clear()
        return data

    def hang_up(self, gently: bool) -> None:
        """The client lets go."""
        self._clock.settle()
        if not (gently and self._to_server):
            self._lose(None if gently else ConnectionResetError(errno.ECONNRESET, "reset"))

    def _deliver(self) -> None:
        while self._to_server and not (self._is_paused or self._is_lost):
            buffer = self._protocol.get_buffer(-1)
            size = min(len(buffer), len(self._to_server), READ_SIZE)
            buffer[:size] = self._to_server[:size]
            del self._to_server[:size]
            self._protocol.buffer_updated(size)

    # The server's end

    # As in asyncio: anything with bytes in it, hence Any.
    def write(self, data: Any) -> None:
        if not (self._is_lost or self._at_end):
            self._to_client += data

    def write_eof(self) -> None:
        self._at_end = True

    def close(self) -> None:
        self._at_end = True
        self._clock.later(0, self._lose, None)

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self._is_lost

    def pause_reading(self) -> None:
        self._is_paused = True

    def resume_reading(self) -> None:
        self._is_paused = False
        self._clock.later(0, self._deliver)

    def _lose(self, error: Exception | None) -> None:
        if not self._is_lost:
            self._is_lost = self._at_end = True
            self._protocol.connection_lost(error)


class InlineConnection:
    """The client's end of a `MemoryTransport`, as drivers want it."""

    def __init__(self, transport: MemoryTransport) -> None:
        self._transport = transport
        self.port = transport.port

    def write(self, data: bytes) -> None:
        """Send bytes to the server."""
        self._transport.send(data)

    def read(self) -> bytes | None:
        """What the server has sent; None if nothing is here yet, b"" at the end."""
        return self._transport.receive()

    def close(self, gently: bool) -> None:
        """Let go of it."""
        self._transport.hang_up(gently)


class InlineService:
    """Serves clients of this process in their own thread, on a clock of its own.

    Args:
        peer: the address from which its clients seem to come.

    Attributes:
        name: the one host name that leads to it.
        wire: what `wire=` in its URL says.
        shared: what its connections share.
    """

    is_ours = True

    def __init__(self, shared: SharedState, clock: VirtualClock, peer: str = "127.0.0.1") -> None:
        self.shared = shared
        self._clock = clock
        self._peer = peer
        self._is_running = True
        self._clients = 0
        self.name = shared.service.hostname.lower()
        self.wire = register(self)

    def clock(self) -> float:
        """The time in seconds."""
        return self._clock.now

    def later(
        self, seconds: float, call: Callable[..., object], *arguments: object
    ) -> VirtualTimer:
        """Call something after so many seconds."""
        return self._clock.later(seconds, call, *arguments)

    def advance(self) -> bool:
        """Let time pass until the next thing is due, and do it; False if nothing ever will be."""
        return self._clock.advance()

    def connect(self) -> InlineConnection:
        """A new connection.

        Raises:
            ConnectionRefusedError: the server was stopped.
        """
        if not self._is_running:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
        port = FIRST_PORT + self._clients % (65536 - FIRST_PORT)
        self._clients += 1
        return InlineConnection(
            MemoryTransport(self._clock, Connection(self.shared), self._peer, port)
        )

    def drop_all(self) -> None:
        """End all connections and go on serving."""
        self._clock.settle()
        for connection in list(self.shared.connections):
            connection.shut_down()
        self._clock.settle()

    def stop(self) -> None:
        """End all connections and accept no more."""
        self.drop_all()
        self._is_running = False
