"""Run flows in asyncio tasks against a server of this process; time is arithmetic here too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from smtp_nb.drivers.memory_link import ALWAYS, MemoryLink
from smtp_nb.drivers.runner import DriverBase, FlowRunner, first_stopped, stopped
from smtp_nb.flows.intents import (
    Call,
    Done,
    Flow,
    Intent,
    JobSource,
    Next,
    Notify,
    Prefetch,
    WaitForJobs,
)
from smtp_nb.flows.observer import Observer
from smtp_nb.model.memory_server import MemoryServer

T = TypeVar("T")


class AsyncMemoryDriver(DriverBase):
    """As `AsyncDriver`, without its sockets: a wait lets the other tasks run, then time pass."""

    def __init__(self, observer: Observer, server: MemoryServer) -> None:
        self._observer = observer
        self.server: MemoryServer = server
        self.clock = server.clock
        self._link = MemoryLink(server)
        self._is_running = self._is_nudged = False
        self._failure: Exception | None = None
        self._postponed: list[Awaitable[None]] = []

    @property
    def is_open(self) -> bool:
        """True while there is a connection."""
        return self._link.is_open

    def disown(self) -> None:
        self._link, self._is_running, self._postponed = MemoryLink(self.server), False, []

    # -- calls --------------------------------------------------------------------------------

    async def run(self, flow: Flow[T], source: JobSource | None = None) -> T:
        """Run a flow to its end, as `AsyncDriver.run` does."""
        self._begin()
        runner = FlowRunner(flow)
        try:
            await self._serve(runner, self._link, source)
        finally:
            self._is_running = False
        return runner.outcome(self._failure)

    async def run_all(self, flows: Sequence[tuple[Flow[None], JobSource]]) -> None:
        """Run several flows at once, as `AsyncDriver.run_all` does."""
        self._begin()
        links = [self._link, *(MemoryLink(self.server) for _ in flows[1:])]
        runners = [FlowRunner(flow) for flow, _ in flows]
        work = [
            asyncio.ensure_future(self._serve(runner, link, source))
            for runner, link, (_, source) in zip(runners, links, flows, strict=True)
        ]
        try:
            await asyncio.gather(*work, return_exceptions=True)
        except asyncio.CancelledError as stop:
            raise stop from runners[0].cause(self._failure)
        finally:
            self._is_running = False
        for done in work:
            done.result()
        first_stopped(runners).outcome(self._failure)

    @property
    def wants_more(self) -> bool:
        """False once a flow failed: no further message begins."""
        return self._failure is None

    def _begin(self) -> None:
        self._stop, self._failure, self._is_running = None, None, True

    async def _serve(
        self, runner: FlowRunner[Any], link: MemoryLink, source: JobSource | None
    ) -> None:
        try:
            try:
                await self._turn(runner, link, source)
            finally:
                await self._hear_handlers()
        except Exception as error:
            self._failure = self._failure or error
        except BaseException:
            link.close(gently=False)
            raise
        runner.end(self._stop)

    # -- the loop -----------------------------------------------------------------------------

    async def _turn(
        self, runner: FlowRunner[Any], link: MemoryLink, source: JobSource | None
    ) -> None:
        answer: Any = None
        trouble: BaseException | None = None
        while (intent := runner.advance(answer, trouble)) is not None:
            answer, trouble = None, None
            try:
                await self._hear_handlers()
                answer = await self._do(intent, link, source)
            except BaseException as error:
                trouble = error

    async def _do(self, intent: Intent, link: MemoryLink, source: JobSource | None) -> Any:
        match intent:
            case Next() | Prefetch() | Done():
                if isinstance(intent, Next):
                    await asyncio.sleep(0)  # other tasks, and a cancellation, come between batches
                return self.serve_source(intent, source)
            case Notify():
                for waiting in self._observer.ask(intent.event):
                    await waiting
            case Call():
                return intent.work()
            case WaitForJobs():
                return await self._hold(link, intent.seconds)
            case _:
                return await self._carry_out(intent, link)
        return None

    async def _carry_out(self, intent: Intent, link: MemoryLink) -> Any:
        """What is done to the connection; the answer is of the intent's kind, hence Any."""
        if not isinstance(intent, ALWAYS):
            self._check()
        wait = link.wait_of(intent)
        if wait is None:
            return link.at_once(intent)
        return await self._wait(wait, link)

    # A wait gives the answer of its intent, hence Any.
    async def _wait(self, wait: Any, link: MemoryLink) -> Any:
        try:
            while True:
                self._check()
                next(wait)
                await asyncio.sleep(0)  # others may have something to do at this moment
                next(wait)
                if not self.server.advance():
                    link.is_stuck = True
        except StopIteration as done:
            return done.value
        finally:
            wait.close()

    async def _hold(self, link: MemoryLink, seconds: float) -> bool:
        self._is_nudged = False
        if self._failure is None:
            wait = link.until(lambda: self._is_nudged or self._failure is not None, seconds)
            await self._wait(wait, link)
        return self._failure is None

    def postpone(self, waiting: Awaitable[None]) -> bool:
        """Await the rest of a handler before the next intent is carried out."""
        if self._is_running:
            self._postponed.append(waiting)
        return self._is_running

    async def _hear_handlers(self) -> None:
        while self._postponed:
            await self._postponed.pop(0)

    # -- interruptions ------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Stop the flows that run, at their next wait; from any handler."""
        self.stop(stopped())

    def nudge(self) -> None:
        """Let flows that hold ask their sources again."""
        self._is_nudged = True
