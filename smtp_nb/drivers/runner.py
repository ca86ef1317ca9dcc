"""Flow runner: what all drivers share, and all that is subtle about stopping.

A flow must receive Ctrl-C and a cancelled task as an `Interrupted` at a yield, never inside its own
code, so that it can report what became of each message. From then on it may only close the
connection and return results; anything that would wait is interrupted again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar, assert_never

from smtp_nb.drivers.os_errors import os_error_code, os_error_words
from smtp_nb.errors import Interrupted, LinkError
from smtp_nb.flows.intents import Close, Done, Flow, Intent, JobSource, Next, Prefetch
from smtp_nb.model.envelope import DeliveryJob
from smtp_nb.model.memory_server import MemoryServer
from smtp_nb.model.receipt import Receipt

A = TypeVar("A")
R = TypeVar("R")
T = TypeVar("T")


class DriverBase:
    """The part of a driver that may be called while a flow runs on it."""

    clock: Callable[[], float]
    server: MemoryServer | None = None
    """The server of this process that it reaches without a socket, and no other."""
    _stop: BaseException | None = None

    @property
    def is_open(self) -> bool:
        """True while there is a connection."""
        raise NotImplementedError

    def disown(self) -> None:
        """In a forked child: release the parent's connection so that the parent notices nothing: no
        byte, no FIN, no reset, and what waits on it there keeps waiting."""

    def stop(self, error: BaseException) -> None:
        """End the running flow at its next wait, and the call with this error."""
        self._stop = self._stop or error

    def outside(self, call: Callable[[A], R], argument: A) -> R:
        """Run foreign code: an event handler, or a source of jobs."""
        return call(argument)

    def postpone(self, waiting: Awaitable[None]) -> bool:
        """Accept the coroutine of a handler; False if this driver cannot await it."""
        return False

    @property
    def wants_more(self) -> bool:
        """False if sources are asked for no more jobs, as after a first Ctrl-C."""
        return True

    def serve_source(
        self, intent: Next | Prefetch | Done, source: JobSource | None
    ) -> Sequence[DeliveryJob] | None:
        """Carry out what is for the source of jobs; nothing if there is none."""
        if source is None:
            return None
        match intent:
            case Next():
                return self.outside(source.next_jobs, intent.most) if self.wants_more else None
            case Prefetch():
                return self.outside(source.prepare, intent.most) if self.wants_more else None
            case Done():
                return self.outside(source.done, intent.results)
            case _:
                assert_never(intent)

    def _check(self) -> None:
        if self._stop is not None:
            raise self._stop


class FlowRunner(Generic[T]):
    """Advance one flow from intent to intent.

    Attributes:
        result: what the flow returned, once `advance` returned None.
        origin: the KeyboardInterrupt or CancelledError that stopped it, to be raised at the end.
    """

    result: T

    def __init__(self, flow: Flow[T]) -> None:
        self._flow = flow
        self._is_stopping = False
        self.origin: BaseException | None = None

    def advance(self, answer: Any = None, trouble: BaseException | None = None) -> Intent | None:
        """The next intent, given the answer to the last one or what went wrong with it.

        `answer` is of the intent's own kind, hence Any. None means that the flow has returned.

        Raises:
            Exception: what the flow raises.
        """
        try:
            intent = self._next(answer, trouble)
            while self._is_stopping and not isinstance(intent, (Close, Done)):
                intent = self._flow.throw(stopped())
        except StopIteration as stop:
            self.result = stop.value
            return None
        return intent

    def end(self, stop: BaseException | None) -> None:
        """Note what wanted to stop the flow, perhaps too late: an interruption then has nothing
        left to interrupt, but a handler's sys.exit() still counts."""
        if not isinstance(stop, Exception):
            self.origin = self.origin or stop

    def outcome(self, error: Exception | None) -> T:
        """Return the flow's result, or raise what ended it; `error` is what the flow raised."""
        if self.origin is not None:
            raise self.origin from self.cause(error)
        if error is not None:
            raise error
        return self.result

    def cause(self, error: Exception | None) -> Exception | None:
        """Return the cause to report with the stop: the flow's error, or the receipt of a message
        that was finished all the same."""
        receipt = getattr(self, "result", None)
        if error is None and isinstance(receipt, Receipt):
            return Interrupted("the message was finished when the call stopped", receipt=receipt)
        return error

    def _next(self, answer: Any, trouble: BaseException | None) -> Intent:
        if trouble is None:
            return self._flow.send(answer)
        if not isinstance(trouble, Exception):
            self.origin = trouble
            trouble = stopped()
        if isinstance(trouble, OSError) and not isinstance(trouble, LinkError):
            trouble = connection_error(trouble)
        self._is_stopping |= isinstance(trouble, Interrupted)
        return self._flow.throw(trouble)


def first_stopped(runners: Sequence[FlowRunner[T]]) -> FlowRunner[T]:
    """Return the runner whose outcome counts for all: one that was stopped, if any was."""
    return next((runner for runner in runners if runner.origin is not None), runners[0])


def inherited() -> LinkError:
    """Return the error of a flow that continues in a forked child."""
    return LinkError(
        "the connection belongs to the parent of this forked process",
        code=1117,
        remedy="Connect in this process; the parent's connection is unaffected",
    )


def stopped() -> Interrupted:
    """Return the error of an interruption."""
    return Interrupted("the call was interrupted", remedy="The connection was dropped")


def connection_error(error: OSError) -> LinkError:
    """Return a system error on an open connection, with its IPWorks number."""
    words = os_error_words(error)
    made = LinkError(f"connection lost: {words}", code=os_error_code(error), remedy="Connect again")
    made.__cause__ = error
    return made
