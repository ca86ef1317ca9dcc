"""Run a flow in an asyncio task, on one transport.

A cancelled task must not go on writing: asyncio's transports do, from their buffers, so whatever
is not closed gently is aborted.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import time
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from smtp_nb.drivers.errand import Errand
from smtp_nb.drivers.pump import Pump, Stoppable, stopped
from smtp_nb.drivers.sockets import (
    Target,
    addresses,
    connect_failed,
    literal_target,
    new_socket,
    no_address,
    peer_of,
    reset_on_close,
    targets,
)
from smtp_nb.errors import LinkError, SMTPTimeout
from smtp_nb.flows.intents import (
    Ask,
    Call,
    Close,
    Done,
    Flow,
    Intent,
    JobSource,
    Next,
    Octets,
    Open,
    Peer,
    Probe,
    PutAside,
    Read,
    Resolve,
    Sleep,
    TakeBack,
    Write,
)
from smtp_nb.flows.session import Observer
from smtp_nb.model.envelope import Job

T = TypeVar("T")
MAX_INBOX = 4 * 1024 * 1024


class _Line(asyncio.Protocol):
    """Collects what comes in and tells when something has changed."""

    def __init__(self) -> None:
        self.inbox: list[bytes] = []
        self.size = 0
        self.at_end = False
        self.failure: Exception | None = None
        self.is_full = False
        self.change = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.inbox.append(data)
        self.size += len(data)
        if self.size > MAX_INBOX:
            self.failure = LinkError("the server floods us with replies while we write")
        self.change.set()

    def eof_received(self) -> bool:
        self.at_end = True
        self.change.set()
        return True  # we may still write; closing is the flow's decision

    def connection_lost(self, exc: Exception | None) -> None:
        self.at_end = True
        self.failure = self.failure or exc
        self.change.set()

    def pause_writing(self) -> None:
        self.is_full = True

    def resume_writing(self) -> None:
        self.is_full = False
        self.change.set()

    def take(self) -> bytes:
        data = Octets(b"".join(self.inbox))
        self.inbox.clear()
        self.size = 0
        return data


class AsyncDriver(Stoppable):
    """One line to one server, and the coroutine that serves the flows on it."""

    clock = staticmethod(time.monotonic)

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._transport: asyncio.Transport | None = None
        self._line = _Line()
        self._aside: list[tuple[asyncio.Transport | None, _Line]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening: asyncio.Task[Any] | None = None

    async def run(self, flow: Flow[T], source: JobSource | None = None) -> T:
        """Run a flow to its end.

        Raises:
            SMTPError: what the flow raises.
            asyncio.CancelledError: the task was cancelled; its cause is what the flow raised.
        """
        self._stop = None
        self._loop = asyncio.get_running_loop()
        pump = Pump(flow)
        try:
            error = await self._turn(pump, source)
        except BaseException:
            self._close(gently=False)
            raise
        finally:
            self._loop = None
        pump.end(self._stop)
        return pump.outcome(error)

    async def _turn(self, pump: Pump[T], source: JobSource | None) -> Exception | None:
        answer: Any = None
        trouble: BaseException | None = None
        try:
            while (intent := pump.advance(answer, trouble)) is not None:
                answer, trouble = None, None
                try:
                    answer = await self._do(intent, source)
                except BaseException as error:
                    trouble = error
        except Exception as error:
            return error
        return None

    async def _do(self, intent: Intent, source: JobSource | None) -> Any:
        match intent:
            case Read():
                return await self._read(intent)
            case Write():
                return await self._write(intent)
            case Next():
                return await self._next_jobs(intent, source)
            case Done():
                return source.done(intent.results) if source else None
            case Open():
                return await self._stoppable(self._find_and_connect(intent))
            case Resolve():
                return await self._stoppable(self._look_up(intent))
            case Close():
                return self._close(intent.gently)
            case PutAside():
                return self._put_aside()
            case TakeBack():
                return self._take_back()
            case Ask():
                for waiting in self._observer.ask(intent.event):
                    await waiting
            case Sleep():
                await self._sleep(intent.seconds)
            case Call():
                return await self._call(intent)
            case Probe():
                return await self._probe()
        return None

    async def _next_jobs(self, intent: Next, source: JobSource | None) -> Sequence[Job]:
        # Let other tasks run, and a cancellation in, between batches.
        await asyncio.sleep(0)
        return source.next_jobs(intent.most) if source else ()

    @property
    def is_open(self) -> bool:
        """True while there is a line."""
        return self._transport is not None

    # -- interruptions ------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Stop the flow that runs, at its next wait; from any thread or handler."""
        self.stop(stopped())
        if (loop := self._loop) is not None:
            loop.call_soon_threadsafe(self._end_wait)

    def _end_wait(self) -> None:
        self._line.change.set()
        if self._opening is not None:
            self._opening.cancel()

    async def _until(self, ready: Any, seconds: float | None, what: str) -> None:
        """Wait until `ready()`, a bare predicate, holds."""
        try:
            async with asyncio.timeout(seconds or None):
                while not ready():
                    self._check()
                    self._line.change.clear()
                    await self._line.change.wait()
        except TimeoutError as error:
            raise SMTPTimeout(
                f"nothing came in time while we waited for {what}",
                remedy="Raise timeout, or see whether the server is overloaded",
            ) from error
        self._check()

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(SMTPTimeout):
            await self._until(lambda: seconds <= 0, seconds, "the time to pass")

    async def _call(self, intent: Call) -> Any:
        self._check()
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(over.set)

        # Not in the loop's own pool, which `asyncio.run` waits for in the end.
        errand = Errand(intent.work, wake)
        try:
            async with asyncio.timeout(intent.timeout_s or None):
                await self._stoppable(over.wait())
        except TimeoutError as error:
            raise SMTPTimeout(f"nothing came in time from {intent.waiting_for}") from error
        return errand.result()

    # -- the line -----------------------------------------------------------------------------

    async def _stoppable(self, work: Coroutine[Any, Any, T]) -> T:
        """Work in a task of its own, which `interrupt()` can end."""
        self._opening = task = asyncio.ensure_future(work)
        try:
            return await task
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if self._stop is not None and not (caller and caller.cancelling()):
                raise self._stop from None
            raise
        finally:
            self._opening = None

    async def _find_and_connect(self, intent: Open) -> Peer:
        failure: OSError | None = None
        try:
            async with asyncio.timeout(intent.timeout_s or None):
                for target in await self._resolve(intent):
                    try:
                        return await self._connect(target, intent)
                    except OSError as error:
                        failure = error
        except TimeoutError as error:
            raise SMTPTimeout(f"no connection to {intent.host} came about in time") from error
        raise connect_failed(intent, failure) if failure else no_address(intent)

    async def _look_up(self, intent: Resolve) -> list[str]:
        try:
            async with asyncio.timeout(intent.timeout_s or None):
                return addresses(await self._resolve(intent), intent)
        except TimeoutError as error:
            raise SMTPTimeout(f"no address of {intent.host} was found in time") from error

    async def _resolve(self, intent: Open | Resolve) -> list[Target]:
        if (literal := literal_target(intent.host, intent.port)) is not None:
            return [literal]
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(intent.host, intent.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise connect_failed(intent, error) from error
        except UnicodeError as error:
            raise connect_failed(intent, socket.gaierror(socket.EAI_NONAME, str(error))) from error
        return targets(found, intent.options.use_ipv6)

    async def _connect(self, target: Target, intent: Open) -> Peer:
        family, address = target
        loop = asyncio.get_running_loop()
        sock = new_socket(family, intent.options)
        try:
            await loop.sock_connect(sock, address)
            peer = peer_of(sock)
            self._transport, self._line = await loop.create_connection(_Line, sock=sock)
        except BaseException:
            sock.close()
            raise
        return peer

    def _open_transport(self) -> asyncio.Transport:
        if self._transport is None:
            raise LinkError("there is no connection", code=1117, remedy="Call connect()")
        return self._transport

    async def _read(self, intent: Read) -> bytes:
        self._open_transport()
        line = self._line
        await self._until(lambda: line.inbox or line.at_end, intent.timeout_s, intent.waiting_for)
        if not line.inbox and line.failure:
            raise line.failure
        return line.take()

    async def _write(self, intent: Write) -> None:
        transport, line = self._open_transport(), self._line
        self._check()
        if line.failure or transport.is_closing():
            raise line.failure or ConnectionAbortedError(errno.ECONNABORTED, "closed on this side")
        transport.write(intent.data)
        while line.is_full and not line.failure:
            left = transport.get_write_buffer_size()
            await self._until(lambda: not line.is_full or line.failure, intent.timeout_s, "writing")
            if line.failure and left:
                raise line.failure

    async def _probe(self) -> bytes | None:
        # One turn of the loop asks the system what has come, the next one takes it in.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if self._line.inbox:
            return self._line.take()
        return b"" if self._line.at_end or self._transport is None else None

    def _put_aside(self) -> None:
        """Make room for another line; this one stays open."""
        self._aside.append((self._transport, self._line))
        self._transport, self._line = None, _Line()

    def _take_back(self) -> None:
        self._close_one(gently=True)
        self._transport, self._line = self._aside.pop()

    def _close(self, gently: bool) -> None:
        self._close_one(gently)
        while self._aside:
            self._transport, self._line = self._aside.pop()
            self._close_one(gently)

    def _close_one(self, gently: bool) -> None:
        transport, self._transport = self._transport, None
        if transport is None:
            return
        if gently:
            transport.close()
        else:
            reset_on_close(transport.get_extra_info("socket"))
            transport.abort()
