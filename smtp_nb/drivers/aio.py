"""Asyncio driver: runs flows in tasks, each on its own connection.

A cancelled task must not go on writing. Asyncio's transports would, from their buffers, so whatever
is not closed gently is aborted.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Iterator, Sequence
from typing import Any, TypeVar, assert_never

from smtp_nb.drivers.aio_connection import AsyncConnection
from smtp_nb.drivers.runner import DriverBase, FlowRunner, first_stopped, stopped
from smtp_nb.flows import intents
from smtp_nb.flows.intents import Flow, Intent, JobSource, notice_of
from smtp_nb.flows.observer import Observer

T = TypeVar("T")


class AsyncDriver(DriverBase):
    """The coroutines that serve the flows of one component, and the connection that stays open."""

    clock = staticmethod(time.monotonic)

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._connection = self._new_connection()
        self._connections: Sequence[AsyncConnection] = ()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._nudged = asyncio.Event()
        self._failure: Exception | None = None
        self._postponed: list[Awaitable[None]] = []

    @property
    def is_open(self) -> bool:
        """True while there is a connection."""
        return self._connection.is_open

    def disown(self) -> None:
        self._connection.disown()
        self._connections, self._loop, self._postponed = (), None, []

    # -- calls --------------------------------------------------------------------------------

    async def run(self, flow: Flow[T], source: JobSource | None = None) -> T:
        """Run a flow to its end, on the connection that stays.

        Raises:
            SMTPError: what the flow raises.
            asyncio.CancelledError: the task was cancelled; its cause is what the flow raised.
        """
        self._begin([self._connection])
        runner = FlowRunner(flow)
        try:
            await self._serve(runner, self._connection, source)
        finally:
            self._loop = None
        return runner.outcome(self._failure)

    async def run_all(self, flows: Sequence[tuple[Flow[None], JobSource]]) -> None:
        """Run several flows at once: the first on the connection that stays, each other on its own.

        When a flow fails, the others get no more jobs and finish what is in flight.

        Raises:
            SMTPError: what the first flow to fail raised.
            asyncio.CancelledError: the task was cancelled, once all flows have ended.
        """
        self._begin([self._connection, *(self._new_connection() for _ in flows[1:])])
        runners = [FlowRunner(flow) for flow, _ in flows]
        work = [
            asyncio.ensure_future(self._serve(runner, connection, source))
            for runner, connection, (_, source) in zip(
                runners, self._connections, flows, strict=True
            )
        ]
        try:
            await asyncio.gather(*work, return_exceptions=True)
        except asyncio.CancelledError as stop:
            raise stop from runners[0].cause(self._failure)
        finally:
            self._loop = None
        for done in work:
            done.result()
        first_stopped(runners).outcome(self._failure)

    def _begin(self, connections: Sequence[AsyncConnection]) -> None:
        self._stop, self._failure, self._connections = None, None, connections
        self._loop, self._nudged = asyncio.get_running_loop(), asyncio.Event()

    def _new_connection(self) -> AsyncConnection:
        return AsyncConnection(lambda: self._stop)

    async def _serve(
        self, runner: FlowRunner[Any], connection: AsyncConnection, source: JobSource | None
    ) -> None:
        try:
            try:
                await self._turn(runner, connection, source)
            finally:
                await self._hear_handlers()
        except Exception as error:
            self._failure = self._failure or error
            self._nudged.set()  # waiting flows learn that no job is wanted any more
        except BaseException:
            connection.close(gently=False)
            raise
        runner.end(self._stop)

    # -- the loop -----------------------------------------------------------------------------

    async def _turn(
        self, runner: FlowRunner[Any], connection: AsyncConnection, source: JobSource | None
    ) -> None:
        answer: Any = None
        trouble: BaseException | None = None
        while (intent := runner.advance(answer, trouble)) is not None:
            answer, trouble = None, None
            try:
                if self._postponed:
                    await self._hear_handlers()
                with _noticing(intent, self._loop):
                    answer = await self._do(intent, connection, source)
            except BaseException as error:
                trouble = error

    async def _do(
        self, intent: Intent, connection: AsyncConnection, source: JobSource | None
    ) -> Any:
        match intent:
            case intents.Read():
                return await connection.read(intent)
            case intents.Write():
                return await connection.write(intent)
            case intents.Next() | intents.Prefetch() | intents.Done():
                if isinstance(intent, intents.Next):
                    # Let other tasks run, and a cancellation in, between batches.
                    await asyncio.sleep(0)
                return self.serve_source(intent, source)
            case intents.Open():
                return await connection.open(intent)
            case intents.Resolve():
                return await connection.look_up(intent)
            case intents.Close():
                return connection.close(intent.gently)
            case intents.PushConnection():
                return connection.push()
            case intents.PopConnection():
                return connection.pop()
            case intents.Notify():
                for waiting in self._observer.ask(intent.event):
                    await waiting
            case intents.WaitForJobs():
                return await self._hold(intent.seconds)
            case intents.Call():
                return await connection.call(intent)
            case intents.Sleep():
                await connection.sleep(intent.seconds)
            case intents.Probe():
                return await connection.probe()
            case _:
                assert_never(intent)
        return None

    def postpone(self, waiting: Awaitable[None]) -> bool:
        """Await the rest of a handler before the next intent is carried out."""
        if self._loop is None:
            return False
        self._postponed.append(waiting)
        return True

    async def _hear_handlers(self) -> None:
        while self._postponed:
            await self._postponed.pop(0)

    @property
    def wants_more(self) -> bool:
        """False when one of several flows has failed."""
        return self._failure is None

    async def _hold(self, seconds: float) -> bool:
        self._check()
        if self.wants_more:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._nudged.wait()
            self._nudged.clear()
        self._check()
        return self.wants_more

    # -- interruptions ------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Stop the running flows at their next wait; from any thread or handler."""
        self.stop(stopped())
        self._soon(self._end_waits)

    def nudge(self) -> None:
        """Wake flows that wait for jobs, so that they ask their sources again; from any thread."""
        self._soon(self._nudged.set)

    def _soon(self, call: Any) -> None:
        """Call a function without arguments in the loop's thread, if a flow is running."""
        if (loop := self._loop) is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nothing waits
                loop.call_soon_threadsafe(call)

    def _end_waits(self) -> None:
        self._nudged.set()
        for connection in self._connections:
            connection.wake()


@contextlib.contextmanager
def _noticing(intent: Intent, loop: asyncio.AbstractEventLoop | None) -> Iterator[None]:
    """Give the notice if the intent has to wait for long."""
    if (notice := notice_of(intent)) is None or loop is None:
        yield
        return
    timer = loop.call_later(notice.after_s, notice.tell)
    try:
        yield
    finally:
        timer.cancel()
