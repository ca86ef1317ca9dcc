"""Stepwise driver: runs a flow on a server of this process one intent at a time.

Between two steps everything stands still: the flow at its yield, the server, and its clock.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from smtp_nb.drivers.memory_link import MemoryLink
from smtp_nb.drivers.runner import DriverBase, FlowRunner
from smtp_nb.flows.intents import Call, Done, Flow, Intent, Next, Notify, Prefetch
from smtp_nb.flows.observer import Observer
from smtp_nb.model.memory_server import MemoryServer

T = TypeVar("T")


class StepwiseDriver(DriverBase, Generic[T]):
    """One flow, and the intent at which it stands.

    Args:
        observer: gets the events.
        server: the only one that the flow reaches.
        flow: runs to its first intent at once.

    Attributes:
        pending: what the flow asks for next; None once it has ended.
        error: what the flow raised.
    """

    def __init__(self, observer: Observer, server: MemoryServer, flow: Flow[T]) -> None:
        self._observer = observer
        self.server: MemoryServer = server
        self.clock = server.clock
        self._link = MemoryLink(server)
        self._runner = FlowRunner(flow)
        self.pending: Intent | None = None
        self.error: Exception | None = None
        self._advance(None, None)

    @property
    def is_open(self) -> bool:
        return self._link.is_open

    def step(self) -> None:
        """Carry out the pending intent, and go on to the next one."""
        if self.pending is None:
            return
        answer: Any = None
        trouble: BaseException | None = None
        try:
            answer = self._carry_out(self.pending)
        except Exception as error:
            trouble = error
        self._advance(answer, trouble)

    def abandon(self) -> None:
        """Let go of the connection; the flow goes no further."""
        self._link.close(gently=False)
        self.pending = None

    def _advance(self, answer: Any, trouble: BaseException | None) -> None:
        try:
            self.pending = self._runner.advance(answer, trouble)
        except Exception as error:
            self.pending, self.error = None, error

    def _carry_out(self, intent: Intent) -> Any:
        """The answer is of the intent's kind, hence Any."""
        match intent:
            case Next() | Prefetch() | Done():
                return self.serve_source(intent, None)
            case Notify():
                return self._observer.ask(intent.event) and None
            case Call():
                return intent.work()
        if (wait := self._link.wait_of(intent)) is None:
            return self._link.at_once(intent)
        while True:
            try:
                next(wait)
            except StopIteration as done:
                return done.value
            if not self.server.advance():
                self._link.is_stuck = True

    @property
    def result(self) -> T:
        """What the flow returned.

        Raises:
            Exception: what it raised.
        """
        return self._runner.outcome(self.error)
