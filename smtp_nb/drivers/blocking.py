"""Blocking driver: runs flows in the calling thread, each on its own connection, in one loop.

It needs no event loop and so works inside a running one, as in a notebook. Everything that waits
waits in one place, on the sockets and on a wake-up, so Ctrl-C and `interrupt()` end any wait.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar, assert_never

from smtp_nb.drivers.connection import Op, SocketConnection, Wait, noticing
from smtp_nb.drivers.interrupts import Interrupts
from smtp_nb.drivers.runner import DriverBase, FlowRunner, first_stopped, stopped
from smtp_nb.drivers.selector import WakeableSelector
from smtp_nb.errors import SMTPTimeout
from smtp_nb.flows import intents
from smtp_nb.flows.intents import Flow, Intent, JobSource, notice_of
from smtp_nb.flows.observer import Observer

A = TypeVar("A")
R = TypeVar("R")
T = TypeVar("T")
ANYBODY = contextlib.nullcontext()
# What has to wait; all else is answered at once. Reads and writes wait now and then.
Waiting = intents.Open | intents.Resolve | intents.Sleep | intents.Call | intents.WaitForJobs
ForSource = intents.Next | intents.Prefetch | intents.Done
Immediate = (
    intents.Notify | intents.Probe
    | intents.Close | intents.PushConnection | intents.PopConnection
)  # fmt: skip


class _Task(Generic[T]):
    """A flow on its connection, and its progress.

    Attributes:
        op: the intent in progress, if it has to wait.
        wait: what it waits for.
        error: what the flow finally raised.
    """

    def __init__(
        self, flow: Flow[T], connection: SocketConnection, source: JobSource | None
    ) -> None:
        self.runner = FlowRunner(flow)
        self.connection = connection
        self.source = source
        self.op: Op[Any] | None = None  # answers are of the intents' kinds
        self.wait: Wait | None = None
        self.error: Exception | None = None
        self.is_done = False


class BlockingDriver(DriverBase):
    """One loop for the flows of one component, and the connection that stays open between calls."""

    clock = staticmethod(time.monotonic)

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._selector: WakeableSelector | None = None
        self._connection = self._new_connection()
        self._is_running = self._is_alone = False
        self._signals: Interrupts | None = None
        self._graceful = 0
        self._failure: Exception | None = None

    # -- calls --------------------------------------------------------------------------------

    def run(
        self,
        flow: Flow[T],
        source: JobSource | None = None,
        at_work: AbstractContextManager[None] = ANYBODY,
    ) -> T:
        """Run a flow to its end, on the connection that stays.

        With a source, the first Ctrl-C only stops the supply of jobs, the second interrupts.

        Args:
            at_work: lets one call in at a time. It is entered where no KeyboardInterrupt can land
                between its lock and us, which would leave it locked for ever.

        Raises:
            SMTPError: what the flow raises.
            KeyboardInterrupt: Ctrl-C, once the flow has ended; its cause is what the flow raised.
        """
        task = _Task(flow, self._connection, source)
        self._call([task], at_work, graceful=1 if source else 0)
        return task.runner.outcome(task.error)

    def run_all(
        self,
        flows: Sequence[tuple[Flow[None], JobSource]],
        at_work: AbstractContextManager[None] = ANYBODY,
    ) -> None:
        """Run several flows in one loop: the first on the connection that stays, each other on its
        own.

        Ctrl-C is as with one flow that has a source. When a flow fails, the others get no more jobs
        and finish what is in flight.

        Raises:
            SMTPError: what the first flow to fail raised.
            KeyboardInterrupt: Ctrl-C, once all have ended.
        """
        connections = [self._connection, *(self._new_connection() for _ in flows[1:])]
        tasks = [
            _Task(flow, connection, source)
            for (flow, source), connection in zip(flows, connections, strict=True)
        ]
        self._call(tasks, at_work, graceful=1)
        first_stopped([task.runner for task in tasks]).outcome(self._failure)

    def _call(
        self, tasks: Sequence[_Task[Any]], at_work: AbstractContextManager[None], graceful: int
    ) -> None:
        signals = Interrupts(patience=graceful + 1)
        try:
            with signals, at_work:
                self._serve(tasks, signals, graceful)
        finally:
            try:
                signals.pass_on()
            except KeyboardInterrupt as stop:
                raise stop from tasks[0].runner.cause(self._failure)

    def _serve(self, tasks: Sequence[_Task[Any]], signals: Interrupts, graceful: int) -> None:
        self._stop, self._is_running, self._failure = None, True, None
        self._signals, self._graceful = signals, graceful
        try:
            with signals.waking(self._waiting().wake_fd):
                self._loop(tasks)
        except BaseException:
            for task in tasks:
                task.connection.close(gently=False)
            raise
        finally:
            for task in tasks:
                task.runner.end(self._stop)
            self._is_running = False
            signals.forward(self._waiting().drain())
            if not self.is_open:
                self._release()

    @property
    def is_open(self) -> bool:
        """True while there is a connection."""
        return self._connection.socket is not None

    def disown(self) -> None:
        self._connection.disown()
        self._release()
        self._signals, self._is_running = None, False

    # -- the loop -----------------------------------------------------------------------------

    def _loop(self, tasks: Sequence[_Task[Any]]) -> None:
        self._is_alone = len(tasks) == 1
        for task in tasks:
            self._step(task)
        while waiting := [task for task in tasks if not task.is_done]:
            for task, events, trouble in self._wait(waiting):
                self._step(task, events, trouble)

    def _step(
        self, task: _Task[Any], events: int = 0, trouble: BaseException | None = None
    ) -> None:
        """Advance a flow until it has to wait, or has ended."""
        answer: Any = None
        try:
            while True:
                if task.op is None:
                    intent = task.runner.advance(answer, trouble)
                    if intent is None:
                        break
                    answer, trouble = self._begin(task, intent)
                if task.op is not None:
                    answer, trouble = self._go_on(task, task.op, events, trouble)
                    events = 0
                    if task.op is not None:
                        return
        except Exception as error:
            task.error = error
            self._failure = self._failure or error
            self._wake()  # waiting flows learn that no job is wanted any more
        task.is_done = True

    def _begin(self, task: _Task[Any], intent: Intent) -> tuple[Any, BaseException | None]:
        """Begin an intent: answer it at once, or start an operation that may have to wait."""
        try:
            if isinstance(intent, intents.Write):
                if (stop := self._stopper()) is not None:
                    return None, stop
                if not (rest := task.connection.write_at_once(intent)):
                    return None, None  # as a rule
                task.op = task.connection.write(intent, rest)
            elif isinstance(intent, intents.Read):
                if (stop := self._stopper()) is not None:
                    return None, stop
                # Among several, each waits for its turn.
                if self._is_alone and (data := task.connection.read_at_once()) is not None:
                    return data, None
                task.op = task.connection.read(intent)
            elif isinstance(intent, ForSource):
                return self.serve_source(intent, task.source), None
            elif isinstance(intent, Immediate):
                return self._at_once(task, intent), None
            else:
                task.op = self._operation(task.connection, intent)
            if notice := notice_of(intent):
                task.op = noticing(task.op, notice, self.clock)
            return None, None
        except BaseException as error:
            return None, error

    def _operation(self, connection: SocketConnection, intent: Waiting) -> Op[Any]:
        """Return the operation for an intent that may have to wait."""
        match intent:
            case intents.Open():
                return connection.open(intent)
            case intents.Resolve():
                return connection.resolve(intent)
            case intents.Sleep():
                return connection.sleep(intent.seconds)
            case intents.Call():
                return connection.call(intent)
            case intents.WaitForJobs():
                return self._hold(connection, intent.seconds)
            case _:
                assert_never(intent)

    def _hold(self, connection: SocketConnection, seconds: float) -> Op[bool]:
        if self.wants_more:
            yield from connection.hold(seconds)
        return self.wants_more

    def _go_on(
        self, task: _Task[Any], op: Op[Any], events: int, trouble: BaseException | None
    ) -> tuple[Any, BaseException | None]:
        """Resume an operation: it waits again, or it is over and this is its result."""
        # A stop is thrown into the operation too: one that is merely dropped ends at any time.
        trouble = trouble or self._stopper()
        try:
            task.wait = op.throw(trouble) if trouble else op.send(events or None)
            return None, None
        except StopIteration as done:
            answer, gone_wrong = done.value, None
        except BaseException as error:
            answer, gone_wrong = None, error
        task.op = task.wait = None
        return answer, gone_wrong

    def _at_once(self, task: _Task[Any], intent: Immediate) -> Any:
        match intent:
            case intents.Close():
                return task.connection.close(intent.gently)
            case intents.PushConnection():
                return task.connection.push()
            case intents.PopConnection():
                return task.connection.pop()
            case intents.Notify():
                return self._ask(intent)
            case intents.Probe():
                return task.connection.probe()
            case _:
                assert_never(intent)

    @property
    def wants_more(self) -> bool:
        """False after a first Ctrl-C, or when one of several flows has failed."""
        return not self._presses() and self._failure is None

    def _ask(self, intent: intents.Notify) -> None:
        for waiting in self._observer.ask(intent.event):
            getattr(waiting, "close", lambda: None)()
            raise TypeError("a coroutine handler needs AsyncSMTP")

    def _new_connection(self) -> SocketConnection:
        return SocketConnection(self.clock, self._wake, self._forget)

    def _forget(self, sock: socket.socket) -> None:
        if self._selector is not None and not self._selector.is_inherited:
            self._selector.forget(sock)

    # -- waiting ------------------------------------------------------------------------------

    def _wait(
        self, tasks: Sequence[_Task[Any]]
    ) -> list[tuple[_Task[Any], int, BaseException | None]]:
        """Wait until a task can go on: returns those that can, each with what arrived or went
        wrong.
        """
        selector = self._waiting()
        deadlines = []
        for task in tasks:
            if task.wait is None:
                continue
            for sock in task.connection.sockets:
                selector.expect(sock, task.wait.events)
            if task.wait.deadline is not None:
                deadlines.append(task.wait.deadline)
        if (stop := self._stopper()) is not None:
            return [(task, 0, stop) for task in tasks]
        seconds = max(0.0, min(deadlines) - self.clock()) if deadlines else None
        came, is_woken = selector.select(seconds)
        if is_woken:
            self._take_wake_ups()
        if (stop := self._stopper()) is not None:
            return [(task, 0, stop) for task in tasks]
        now = self.clock()
        found = (self._look(task, came, is_woken, now) for task in tasks)
        return [one for one in found if one is not None]

    def _look(
        self, task: _Task[Any], came: Mapping[object, int], is_woken: bool, now: float
    ) -> tuple[_Task[Any], int, BaseException | None] | None:
        """Return whether a task can go on now."""
        wait, connection = task.wait, task.connection
        connection.ready = came.keys() & set(connection.sockets)
        events = max((came.get(sock, 0) for sock in connection.ready), default=0)
        if wait is None or events & wait.events:
            return task, events, None
        if wait.deadline is not None and now >= wait.deadline:
            return task, 0, _time_out(wait) if wait.what else None
        return (task, 0, None) if is_woken and not wait.events else None

    def _take_wake_ups(self) -> None:
        woken = self._waiting().drain()
        if self._signals is not None:
            self._signals.forward(woken)

    def _waiting(self) -> WakeableSelector:
        if self._selector is not None and self._selector.is_inherited:
            self._release()
        if self._selector is None:
            self._selector = WakeableSelector()
        return self._selector

    def _release(self) -> None:
        selector, self._selector = self._selector, None
        if selector is not None:
            selector.close()

    # -- interruptions ------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Stop the running flows at their next wait; from any thread, handler or signal."""
        if self._is_running:
            self.stop(stopped())
            self._wake()

    def nudge(self) -> None:
        """Wake flows that wait for jobs, so that they ask their sources again; from any thread."""
        self._wake()

    def outside(self, call: Callable[[A], R], argument: A) -> R:
        """Run foreign code, which one Ctrl-C too many interrupts where it is."""
        signals = self._signals
        if signals is None:
            return call(argument)
        signals.is_outside = True
        try:
            return call(argument)
        finally:
            signals.is_outside = False

    def _wake(self) -> None:
        if (selector := self._selector) is not None:
            selector.wake()

    def _presses(self) -> int:
        return self._signals.presses if self._signals else 0

    def _stopper(self) -> BaseException | None:
        """Return what wants to stop the flows, if anything does."""
        if self._stop is not None:
            return self._stop
        return KeyboardInterrupt() if self._presses() > self._graceful else None


def _time_out(wait: Wait) -> SMTPTimeout:
    return SMTPTimeout(
        f"timed out waiting for {wait.what}",
        remedy="Raise timeout, or see whether the server is overloaded",
    )
