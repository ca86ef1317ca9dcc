"""The component's events and their handlers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, overload

from smtp_nb.model.events import (
    ConnectionStatusEvent,
    EndTransferEvent,
    ErrorEvent,
    Event,
    ExpandEvent,
    PITrailEvent,
    SSLServerAuthenticationEvent,
    SSLStatusEvent,
    StartTransferEvent,
    TransferEvent,
)
from smtp_nb.model.known import known_attributes
from smtp_nb.model.trail.lines import WireLines

if TYPE_CHECKING:
    import logging

    from smtp_nb.drivers.runner import DriverBase

# A handler takes one event; with AsyncSMTP it may be a coroutine function. Its parameter is of the
# event's own class, which a common type cannot say.
Handler = Callable[[Any], object]


DO_EVENTS_SECONDS = 0.02


@known_attributes()
class Handlers:
    """The handlers of one event: `smtp.on_x += f`, `-= f`, `= f`, or `@smtp.on_x`.

    Attributes:
        each: the handlers; replaced by a new tuple when they change, so that an iteration may go
            on.
    """

    each: tuple[Handler, ...]

    def __init__(self) -> None:
        self.each = ()

    def __call__(self, handler: Handler) -> Handler:
        """Add a handler; usable as a decorator."""
        self.each = (*self.each, handler)
        return handler

    def __iadd__(self, handler: Handler) -> Handlers:
        self.each = (*self.each, handler)
        return self

    def __isub__(self, handler: Handler) -> Handlers:
        if handler in self.each:
            place = self.each.index(handler)
            self.each = (*self.each[:place], *self.each[place + 1 :])
        return self

    def __iter__(self) -> Any:
        return iter(self.each)

    def __len__(self) -> int:
        return len(self.each)

    def __repr__(self) -> str:
        return f"<{len(self.each)} handlers>"

    def replace(self, handler: Handler | Handlers | None) -> None:
        """Make `handler` the only one, as `smtp.on_x = f` does; None removes all."""
        if not isinstance(handler, Handlers):
            self.each = () if handler is None else (handler,)


class EventProperty:
    """An event as an attribute of the component."""

    def __init__(self, kind: type[Event]) -> None:
        self._kind = kind
        self.__doc__ = kind.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> EventProperty: ...
    @overload
    def __get__(self, owner: Events, kind: type) -> Handlers: ...
    def __get__(self, owner: Events | None, kind: type) -> EventProperty | Handlers:
        return self if owner is None else owner._handlers[self._kind]

    def __set__(self, owner: Events, handler: Handler | Handlers | None) -> None:
        owner._handlers[self._kind].replace(handler)


class Events:
    """The nine events of IPWorks, and the observer that a session reports to."""

    _driver: DriverBase

    on_connection_status = EventProperty(ConnectionStatusEvent)
    on_end_transfer = EventProperty(EndTransferEvent)
    on_error = EventProperty(ErrorEvent)
    on_expand = EventProperty(ExpandEvent)
    on_pi_trail = EventProperty(PITrailEvent)
    on_ssl_server_authentication = EventProperty(SSLServerAuthenticationEvent)
    on_ssl_status = EventProperty(SSLStatusEvent)
    on_start_transfer = EventProperty(StartTransferEvent)
    on_transfer = EventProperty(TransferEvent)

    def __init__(self) -> None:
        self._handlers: dict[type[Event], Handlers] = {
            attribute._kind: Handlers()
            for attribute in vars(Events).values()
            if isinstance(attribute, EventProperty)
        }
        self._told: Event | None = None
        self._posted: SimpleQueue[Event] = SimpleQueue()
        self._failed: set[int] = set()  # a handler need not be hashable
        self._reports_to: Events | None = None

    @property
    def transfer_text(self) -> str:
        """The piece that is being sent, within a handler of Transfer (IPWorks: TransferText)."""
        return self._told.text if isinstance(self._told, TransferEvent) else ""

    def wants(self, kind: type[Event]) -> bool:
        """True if the event has a handler."""
        other = self._reports_to
        return bool(self._handlers[kind].each) or (other is not None and other.wants(kind))

    def report_to(self, other: Events | None) -> None:
        """Post each event to another component too, whose `do_events()` calls its handlers.

        So a component that works on one thread can be watched from another. None ends it.
        """
        self._reports_to = other

    def _take_posted(self, seconds: float = 0) -> Iterator[Event]:
        """The events that others have posted; waits so long if there are none."""
        with suppress(Empty):
            yield self._posted.get(seconds > 0, seconds or None)
            while True:
                yield self._posted.get_nowait()

    def emit(self, *events: Event) -> None:
        """Call every handler of events of one kind. What a handler raises is logged; the session
        goes on.

        The rest of a coroutine function runs before the session goes on.
        """
        self.emit_lines(events)

    def emit_lines(self, events: Sequence[Event]) -> None:
        """As `emit`, for a sequence that makes its events only where a handler looks at them."""
        if isinstance(events, WireLines) and self._keep(events):
            return
        for waiting in self._told_of(events):
            if not self._driver.postpone(waiting):
                getattr(waiting, "close", lambda: None)()
                _log().error(
                    "a handler of %s is a coroutine function, which requires AsyncSMTP",
                    type(events[0]),
                )

    def ask(self, event: Event) -> Sequence[Awaitable[None]]:
        """The same as `emit`; returns what coroutine functions among the handlers leave to
        await."""
        return self._told_of((event,))

    def _told_of(self, events: Sequence[Event]) -> Sequence[Awaitable[None]]:
        if self._reports_to is not None:
            for event in events:
                self._reports_to._posted.put(event)
        try:
            return self._driver.outside(self._tell, events)
        except BaseException as error:  # a Ctrl-C too many, between two handlers
            self._note_failure(events[-1], error)
            return ()

    def _keep(self, lines: WireLines) -> bool:
        """Let a trail take lines that came together at once; False if others listen.

        It is called as it is: nothing in it waits, so that no Ctrl-C has to get in.
        """
        handlers = self._handlers[PITrailEvent].each
        if len(handlers) != 1 or self._reports_to is not None:
            return False
        if (take_all := getattr(handlers[0], "take_all", None)) is None:
            return False
        try:
            take_all(lines)
        except BaseException as error:
            self._note_failure(lines[-1], error, handlers[0])
        return True

    def _tell(self, events: Sequence[Event]) -> Sequence[Awaitable[None]]:
        waiting = []
        for event in events:
            self._told = event
            for handler in self._handlers[type(event)].each:
                try:
                    answer = handler(event)
                except BaseException as error:
                    self._note_failure(event, error, handler)
                else:
                    if answer is not None and isinstance(answer, Awaitable):
                        waiting.append(_HandlerRest(self, event, answer, handler))
        return waiting

    def _begin_call(self) -> None:
        """A method is called: a handler that raises in it is logged once, not for each event."""
        self._failed.clear()

    def _note_failure(
        self, event: Event, error: BaseException, handler: Handler | None = None
    ) -> None:
        if isinstance(event, SSLServerAuthenticationEvent):
            event.accept = False  # who cannot judge does not trust
        if isinstance(error, Exception):
            if handler is None or id(handler) not in self._failed:
                self._failed.add(id(handler))
                _log().error(
                    "a handler of %s raised an exception", type(event).__name__, exc_info=error
                )
        else:  # Ctrl-C in it, or sys.exit(): the flow must not die of it in the middle
            self._driver.stop(error)


class _HandlerRest:
    """The rest of a handler that is a coroutine function; what it raises counts as in others."""

    def __init__(
        self, events: Events, event: Event, answer: Awaitable[object], handler: Handler
    ) -> None:
        self._events = events
        self._event = event
        self._answer = answer
        self._handler = handler

    # What is yielded is between the coroutine and its event loop, hence Any.
    def __await__(self) -> Generator[Any, Any, None]:
        try:
            yield from self._answer.__await__()
        except Exception as error:
            self._events._note_failure(self._event, error, self._handler)

    def close(self) -> None:
        """It will not be awaited."""
        getattr(self._answer, "close", lambda: None)()


def _log() -> logging.Logger:
    import logging

    return logging.getLogger("smtp_nb")
