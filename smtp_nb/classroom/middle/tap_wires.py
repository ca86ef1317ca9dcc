"""How a tap gets between a client and a server: through memory, or with sockets on loopback."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Callable
from typing import Protocol

from smtp_nb.classroom.detours import DETOURS, Detour
from smtp_nb.classroom.middle.eavesdropper import CLIENT, SERVER, Eavesdropper
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.memory_server import MemoryConnection, MemoryServer, Timer, register

READ_SIZE = 64 * 1024
LOOPBACK = "127.0.0.1"
_WIRE = re.compile(r"(?<=[?&]wire=)memory:[0-9]+")
_PLACE = re.compile(r"(?<=//)(?P<login>[^@/?#]*@)?(?:\[[^\]]*\]|[^:/?#@]+)(?::[0-9]+)?")


class TapWire(Protocol):
    """One way into the middle."""

    def url_for(self, url: str) -> str:
        """The server's URL, through the tap."""

    def stop(self) -> None:
        """End all connections."""


class TappedConnection:
    """The client's end of a connection through memory."""

    def __init__(self, behind: MemoryConnection, somebody: Eavesdropper) -> None:
        self._behind, self._somebody = behind, somebody
        self.port = behind.port

    def write(self, data: bytes) -> None:
        """Send bytes to the server."""
        if passed := self._somebody.passes(CLIENT, data):
            self._behind.write(passed)

    def read(self) -> bytes | None:
        """What came through from the server; None if nothing is here yet, b"" at the end."""
        data = self._behind.read()
        if data is None:
            return None
        return self._somebody.passes(SERVER, data, at_end=not data) or (None if data else b"")

    def close(self, gently: bool) -> None:
        """Let go of it."""
        if gently and (rest := self._somebody.passes(CLIENT, b"", at_end=True)):
            self._behind.write(rest)
        self._behind.close(gently)


class MemoryTap:
    """A server of this process that is reached through a tap."""

    def __init__(self, somebody: Callable[[], Eavesdropper], server: MemoryServer) -> None:
        self._somebody, self.server = somebody, server
        self._open: list[TappedConnection] | None = []
        self.name = server.name
        self._wire = register(self)

    def url_for(self, url: str) -> str:
        return _WIRE.sub(self._wire, url)

    def clock(self) -> float:
        """The time in seconds."""
        return self.server.clock()

    def later(self, seconds: float, call: Callable[..., object], *arguments: object) -> Timer:
        """Call something after so many seconds."""
        return self.server.later(seconds, call, *arguments)

    def advance(self) -> bool:
        """Let time pass until the next thing is due, and do it."""
        return self.server.advance()

    def connect(self) -> TappedConnection:
        """A new connection.

        Raises:
            ConnectionRefusedError: the tap or the server does not run.
        """
        if self._open is None:
            raise ConnectionRefusedError("the tap has stopped")
        made = TappedConnection(self.server.connect(), self._somebody())
        self._open.append(made)
        return made

    def stop(self) -> None:
        connections, self._open = self._open or [], None
        for connection in connections:
            connection.close(gently=False)


class SocketTap:
    """A listener on loopback, in a thread of its own, that leads to a server on loopback."""

    def __init__(self, somebody: Callable[[], Eavesdropper], host: str, port: int) -> None:
        self._somebody, self._detour = somebody, Detour((host, port))
        self._tasks: set[asyncio.Task[None]] = set()
        listener = socket.create_server((LOOPBACK, 0))
        self._port: int = listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tap", daemon=True)
        self._thread.start()
        opening = asyncio.start_server(self._serve, sock=listener)
        self._listener = asyncio.run_coroutine_threadsafe(opening, self._loop).result()
        DETOURS[self._port] = self._detour

    def url_for(self, url: str) -> str:
        return _PLACE.sub(rf"\g<login>{LOOPBACK}:{self._port}", url, count=1)

    def stop(self) -> None:
        DETOURS.pop(self._port, None)
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # the transports that were aborted close their sockets

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._join(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # the one side is gone, or the tap: so the other side goes too
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        somebody = self._somebody()
        server_reader, server_writer = await asyncio.open_connection(*self._detour.place)
        client_port = writer.get_extra_info("peername")[1]
        self._detour.ports[client_port] = server_writer.get_extra_info("sockname")[1]
        try:
            await asyncio.gather(
                _pump(somebody, CLIENT, reader, server_writer),
                _pump(somebody, SERVER, server_reader, writer),
            )
        finally:
            server_writer.transport.abort()


async def _pump(
    somebody: Eavesdropper,
    direction: TrailDirection,
    source: asyncio.StreamReader,
    sink: asyncio.StreamWriter,
) -> None:
    data = b"more"
    while data:
        data = await source.read(READ_SIZE)
        sink.write(somebody.passes(direction, data, at_end=not data))
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()
