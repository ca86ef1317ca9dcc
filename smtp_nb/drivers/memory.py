"""Run flows against a server of this process: no socket, no thread, and time is arithmetic.

The clock is the server's. It stands still while anything can go on, and goes on to the next thing
that is due when all flows wait; so a wait takes no time, and a timeout is as exact as a reply.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

from smtp_nb.drivers.interrupts import Interrupts
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

A = TypeVar("A")
R = TypeVar("R")
T = TypeVar("T")
ANYBODY = contextlib.nullcontext()


class _MemoryTask(Generic[T]):
    """A flow on its connection, and the intent under way, if it has to wait."""

    def __init__(self, flow: Flow[T], link: MemoryLink, source: JobSource | None) -> None:
        self.runner = FlowRunner(flow)
        self.link = link
        self.source = source
        # Answers are of the intents' kinds, hence Any.
        self.wait: Generator[None, None, Any] | None = None
        self.error: Exception | None = None
        self.is_done = False


class MemoryDriver(DriverBase):
    """One loop for the flows of one component; as `BlockingDriver`, without its sockets."""

    def __init__(self, observer: Observer, server: MemoryServer) -> None:
        self._observer = observer
        self.server: MemoryServer = server
        self.clock = server.clock
        self._link = MemoryLink(server)
        self._signals: Interrupts | None = None
        self._graceful = 0
        self._failure: Exception | None = None
        self._is_running = self._is_nudged = False

    @property
    def is_open(self) -> bool:
        """True while there is a connection."""
        return self._link.is_open

    def disown(self) -> None:
        self._link = MemoryLink(self.server)
        self._signals, self._is_running = None, False

    # -- calls --------------------------------------------------------------------------------

    def run(
        self,
        flow: Flow[T],
        source: JobSource | None = None,
        at_work: AbstractContextManager[None] = ANYBODY,
    ) -> T:
        """Run a flow to its end, as `BlockingDriver.run` does."""
        task = _MemoryTask(flow, self._link, source)
        self._call([task], at_work, graceful=1 if source else 0)
        return task.runner.outcome(task.error)

    def run_all(
        self,
        flows: Sequence[tuple[Flow[None], JobSource]],
        at_work: AbstractContextManager[None] = ANYBODY,
    ) -> None:
        """Run several flows in one loop, as `BlockingDriver.run_all` does."""
        links = [self._link, *(MemoryLink(self.server) for _ in flows[1:])]
        tasks = [
            _MemoryTask(flow, link, source)
            for (flow, source), link in zip(flows, links, strict=True)
        ]
        self._call(tasks, at_work, graceful=1)
        first_stopped([task.runner for task in tasks]).outcome(self._failure)

    def _call(
        self,
        tasks: Sequence[_MemoryTask[Any]],
        at_work: AbstractContextManager[None],
        graceful: int,
    ) -> None:
        signals = Interrupts(patience=graceful + 1)
        try:
            with signals, at_work:
                self._stop, self._failure = None, None
                self._signals, self._graceful, self._is_running = signals, graceful, True
                self._serve(tasks)
        finally:
            try:
                signals.pass_on()
            except KeyboardInterrupt as stop:
                raise stop from tasks[0].runner.cause(self._failure)

    def _serve(self, tasks: Sequence[_MemoryTask[Any]]) -> None:
        try:
            while waiting := [task for task in tasks if not task.is_done]:
                moved = sum(map(self._step, waiting))  # each of them has its turn
                if not moved and not self.server.advance():
                    waiting[0].link.is_stuck = True
        except BaseException:
            for task in tasks:
                task.link.close(gently=False)
            raise
        finally:
            for task in tasks:
                task.runner.end(self._stop)
            self._is_running = False

    # -- the loop -----------------------------------------------------------------------------

    def _step(self, task: _MemoryTask[Any]) -> bool:
        """Go on with a flow until it has to wait, or has ended; False if it still waits."""
        answer: Any = None
        trouble: BaseException | None = None
        if task.wait is not None:
            answer, trouble = self._go_on(task, task.wait)
            if task.wait is not None:
                return False
        try:
            while (intent := task.runner.advance(answer, trouble)) is not None:
                answer, trouble = self._begin(task, intent)
                if task.wait is not None:
                    return True
        except Exception as error:
            task.error = error
            self._failure = self._failure or error
        task.is_done = True
        return True

    def _begin(self, task: _MemoryTask[Any], intent: Intent) -> tuple[Any, BaseException | None]:
        try:
            stop = self._stopper()
            if stop is not None and not isinstance(intent, ALWAYS):
                raise stop
            wait = self._wait_of(task.link, intent)
            if wait is None:
                return self._at_once(task, intent), None
        except BaseException as error:
            return None, error
        task.wait = wait
        return self._go_on(task, wait)

    def _wait_of(self, link: MemoryLink, intent: Intent) -> Generator[None, None, Any] | None:
        if isinstance(intent, WaitForJobs):
            return self._hold(link, intent.seconds)
        return link.wait_of(intent)

    def _hold(self, link: MemoryLink, seconds: float) -> Generator[None, None, bool]:
        self._is_nudged = False
        if self.wants_more:
            yield from link.until(lambda: self._is_nudged or not self.wants_more, seconds)
        return self.wants_more

    def _go_on(
        self, task: _MemoryTask[Any], wait: Generator[None, None, Any]
    ) -> tuple[Any, BaseException | None]:
        """Look whether a wait is over, and what came of it."""
        try:
            stop = self._stopper()
            if stop is None:
                next(wait)
            else:
                wait.throw(stop)
            return None, None
        except StopIteration as done:
            answer, trouble = done.value, None
        except BaseException as error:
            answer, trouble = None, error
        task.wait = None
        return answer, trouble

    def _at_once(self, task: _MemoryTask[Any], intent: Intent) -> Any:
        match intent:
            case Next() | Prefetch() | Done():
                return self.serve_source(intent, task.source)
            case Notify():
                return self._ask(intent)
            case Call():
                return intent.work()
            case _:
                return task.link.at_once(intent)

    def _ask(self, intent: Notify) -> None:
        for waiting in self._observer.ask(intent.event):
            getattr(waiting, "close", lambda: None)()
            raise TypeError("a handler that is a coroutine needs AsyncSMTP")

    # -- interruptions ------------------------------------------------------------------------

    @property
    def wants_more(self) -> bool:
        """False after a first Ctrl-C, or when one of several flows has failed."""
        return not self._presses() and self._failure is None

    def interrupt(self) -> None:
        """Stop the flows that run, at their next wait; from any handler or signal."""
        if self._is_running:
            self.stop(stopped())

    def nudge(self) -> None:
        """Let flows that hold ask their sources again."""
        self._is_nudged = True

    def outside(self, call: Callable[[A], R], argument: A) -> R:
        """Run code of others, which a Ctrl-C too many breaks off where it stands."""
        signals = self._signals
        if signals is None:
            return call(argument)
        signals.is_outside = True
        try:
            return call(argument)
        finally:
            signals.is_outside = False

    def _presses(self) -> int:
        return self._signals.presses if self._signals else 0

    def _stopper(self) -> BaseException | None:
        """What wants to stop the flows, if anything does."""
        if self._stop is not None:
            return self._stop
        return KeyboardInterrupt() if self._presses() > self._graceful else None
