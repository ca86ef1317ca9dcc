"""Asyncio transport of one connection, and the intents on it as coroutines."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from smtp_nb.drivers.attempts import Attempts
from smtp_nb.drivers.background_call import BackgroundCall
from smtp_nb.drivers.receive_buffer import ReceiveBuffer
from smtp_nb.drivers.runner import inherited
from smtp_nb.drivers.sockets import (
    Target,
    addresses,
    connect_failed,
    known_targets,
    new_socket,
    peer_of,
    reset_on_close,
    targets,
)
from smtp_nb.errors import LinkError, SMTPTimeout
from smtp_nb.flows.intents import Call, Open, Peer, Read, Resolve, Write

T = TypeVar("T")
_INHERITED: list[asyncio.Transport] = []


class AsyncConnection:
    """One connection to one server.

    Args:
        stopper: returns what wants to stop the flow, if anything does.
    """

    def __init__(self, stopper: Callable[[], BaseException | None]) -> None:
        self._stopper = stopper
        self._transport: asyncio.Transport | None = None
        self._inbox = ReceiveBuffer()
        self._opening: asyncio.Task[Any] | None = None
        self._aside: list[tuple[asyncio.Transport | None, ReceiveBuffer]] = []
        self._sockets: dict[asyncio.Transport, socket.socket] = {}
        self._pid = os.getpid()

    @property
    def is_open(self) -> bool:
        """True while the connection is open."""
        return self._transport is not None

    def wake(self) -> None:
        """Wake the waiting coroutines; an attempt to open is abandoned. In the loop's own
        thread.
        """
        self._inbox.change.set()
        if self._opening is not None:
            self._opening.cancel()

    def _check(self) -> None:
        if (stop := self._stopper()) is not None:
            raise stop

    async def _until(self, ready: Callable[[], object], seconds: float | None, what: str) -> None:
        """Wait until `ready()` holds."""
        try:
            async with asyncio.timeout(seconds or None):
                while not ready():
                    self._check()
                    self._inbox.change.clear()
                    await self._inbox.change.wait()
        except TimeoutError as error:
            raise SMTPTimeout(
                f"timed out waiting for {what}",
                remedy="Raise timeout, or see whether the server is overloaded",
            ) from error
        self._check()

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        with contextlib.suppress(SMTPTimeout):
            await self._until(lambda: seconds <= 0, seconds, "the time to pass")

    async def call(self, intent: Call) -> Any:
        """Run it on a thread, and wait for that."""
        self._check()
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nothing waits any more
                loop.call_soon_threadsafe(over.set)

        # Not in the loop's own pool, which `asyncio.run` waits for at the end.
        work = BackgroundCall(intent.work, wake)
        try:
            async with asyncio.timeout(intent.timeout_s or None):
                await self._stoppable(over.wait())
        except TimeoutError as error:
            raise SMTPTimeout(f"timed out waiting for {intent.waiting_for}") from error
        return work.result()

    # -- opening ------------------------------------------------------------------------------

    async def open(self, intent: Open) -> Peer:
        """Find the server's addresses and connect to the first that accepts."""
        return await self._stoppable(self._find_and_connect(intent))

    async def look_up(self, intent: Resolve) -> list[str]:
        """Find the server's addresses."""
        return await self._stoppable(self._look_up(intent))

    async def _stoppable(self, work: Coroutine[Any, Any, T]) -> T:
        """Run in a task of its own, which `wake()` can end."""
        self._opening = task = asyncio.ensure_future(work)
        try:
            return await task
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if (stop := self._stopper()) and not (caller and caller.cancelling()):
                raise stop from None
            raise
        finally:
            self._opening = None

    async def _find_and_connect(self, intent: Open) -> Peer:
        attempts: Attempts | None = None
        try:
            async with asyncio.timeout(intent.timeout_s or None):
                attempts = Attempts(intent, await self._resolve(intent))
                return await self._race(intent, attempts)
        except TimeoutError as error:
            raise (attempts.timeout() if attempts else _no_name(intent)) from error

    async def _race(self, intent: Open, attempts: Attempts) -> Peer:
        """Try the addresses; the socket of the first that accepts becomes the transport's."""
        clock = asyncio.get_running_loop().time
        trying: dict[asyncio.Task[socket.socket], Target] = {}
        try:
            while True:
                while target := attempts.due(clock()):
                    trying[asyncio.ensure_future(_connect(target, intent))] = target
                if attempts.is_over:
                    raise attempts.failure()
                pause = None if attempts.next_at is None else attempts.next_at - clock()
                await asyncio.wait(trying, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
                for task in [task for task in trying if task.done()]:
                    try:
                        peer = attempts.won(trying[task], peer_of(task.result()))
                        await self._take(task.result(), intent)
                    except OSError as error:
                        attempts.lost(trying[task], error)
                        _let_go(task)
                        del trying[task]
                    else:
                        del trying[task]
                        return peer
        finally:
            for task in trying:
                task.cancel()
            await asyncio.gather(*trying, return_exceptions=True)
            for task in trying:
                _let_go(task)

    async def _take(self, sock: socket.socket, intent: Open) -> None:
        loop = asyncio.get_running_loop()
        self._transport, self._inbox = await loop.create_connection(ReceiveBuffer, sock=sock)
        self._sockets[self._transport] = sock
        # asyncio turns it on for every transport.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, intent.options.tcp_no_delay)

    async def _look_up(self, intent: Resolve) -> list[str]:
        try:
            async with asyncio.timeout(intent.timeout_s or None):
                return addresses(await self._resolve(intent), intent)
        except TimeoutError as error:
            raise _no_name(intent) from error

    async def _resolve(self, intent: Open | Resolve) -> list[Target]:
        if (known := known_targets(intent)) is not None:
            return known
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(intent.host, intent.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise connect_failed(intent, error) from error
        except UnicodeError as error:
            raise connect_failed(intent, socket.gaierror(socket.EAI_NONAME, str(error))) from error
        return targets(found, intent.options.use_ipv6)

    # -- bytes -------------------------------------------------------------------------------

    def disown(self) -> None:
        """In a forked child: close our copies of the parent's sockets, and touch nothing else.

        The transports belong to the parent's event loop, whose list of sockets the system shares
        between both processes; so they are neither closed nor released, but kept for good.
        """
        for transport, sock in self._sockets.items():
            _INHERITED.append(transport)
            os.close(sock.detach())
        self._sockets, self._aside = {}, []
        self._transport, self._inbox, self._opening = None, ReceiveBuffer(), None
        self._pid = os.getpid()

    def _open_transport(self) -> asyncio.Transport:
        if self._pid != os.getpid():
            self.disown()
            raise inherited()
        if self._transport is None:
            raise LinkError("not connected", code=1117, remedy="Call connect()")
        return self._transport

    async def read(self, intent: Read) -> bytes:
        """Return what has arrived, or what arrives next."""
        self._open_transport()
        inbox = self._inbox
        await self._until(
            lambda: inbox.pieces or inbox.at_end, intent.timeout_s, intent.waiting_for
        )
        if not inbox.pieces and inbox.failure:
            raise inbox.failure
        return inbox.take()

    async def write(self, intent: Write) -> None:
        """Write all of it."""
        transport, inbox = self._open_transport(), self._inbox
        self._check()
        if inbox.failure or transport.is_closing():
            raise inbox.failure or ConnectionAbortedError(errno.ECONNABORTED, "closed on this side")
        transport.write(intent.data)
        while inbox.is_full and not inbox.failure:
            left = transport.get_write_buffer_size()
            await self._until(
                lambda: not inbox.is_full or inbox.failure, intent.timeout_s, "writing"
            )
            if inbox.failure and left:
                raise inbox.failure

    async def probe(self) -> bytes | None:
        """Return what has arrived unasked: bytes, b"" at the end of the connection, None for
        nothing.
        """
        # One turn of the loop asks the system what has arrived, the next one reads it.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if self._inbox.pieces:
            return self._inbox.take()
        return b"" if self._inbox.at_end or self._transport is None else None

    def push(self) -> None:
        """Set this transport aside, still open, for another one."""
        self._aside.append((self._transport, self._inbox))
        self._transport, self._inbox = None, ReceiveBuffer()

    def pop(self) -> None:
        """Close the other transport and return to the one set aside."""
        self._close_one(gently=True)
        self._transport, self._inbox = self._aside.pop()

    def close(self, gently: bool) -> None:
        """Close all transports; not gently: with a reset, so that nothing more is written."""
        if self._pid != os.getpid():
            self.disown()
        self._close_one(gently)
        while self._aside:
            self._transport, self._inbox = self._aside.pop()
            self._close_one(gently)

    def _close_one(self, gently: bool) -> None:
        transport, self._transport = self._transport, None
        if transport is None:
            return
        self._sockets.pop(transport, None)
        if gently:
            transport.close()
        else:
            reset_on_close(transport.get_extra_info("socket"))
            transport.abort()


async def _connect(target: Target, intent: Open) -> socket.socket:
    """Return a socket connected to one address."""
    family, address = target
    sock = new_socket(family, intent.options)
    try:
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def _let_go(task: asyncio.Task[socket.socket]) -> None:
    """Close the socket of an abandoned attempt, if it got one."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()


def _no_name(intent: Open | Resolve) -> SMTPTimeout:
    return SMTPTimeout(
        f"looking up {intent.host} timed out",
        remedy="Check the server's name, and whether the name server answers",
    )
