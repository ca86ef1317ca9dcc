"""Client stepper: our own `send()`, stopped before everything that it asks of the world.

A flow yields an intent and stands still until its answer comes. So between two steps it can be
seen what the client is about to do, and which line of which flow waits for it. The way back is a
replay: the same call once more, on a new connection, one step less.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from smtp_nb.classroom.diagram import diagram
from smtp_nb.classroom.flow_place import FlowPlace, places_in
from smtp_nb.classroom.intent_words import intent_words
from smtp_nb.client.smtp import SMTP
from smtp_nb.drivers.stepwise import StepwiseDriver
from smtp_nb.errors import InputError, StateError
from smtp_nb.flows.intents import Flow, Write
from smtp_nb.model.display import masked
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.known import known_attributes
from smtp_nb.model.receipt import Receipt
from smtp_nb.model.trail.static import static_html, static_text
from smtp_nb.model.trail.trail import Trail
from smtp_nb.protocol.client import ClientState
from smtp_nb.protocol.following import ANSWER, StateFollower, allowed_in
from smtp_nb.sandbox.server import SandboxServer
from smtp_nb.sandbox.session import ABANDONED

if TYPE_CHECKING:
    from smtp_nb.client.message.message_builder import Sendable

MOST_STEPS = 10_000
_DEFAULT = {
    "from_": "ann@school.test",
    "send_to": "ben@school.test",
    "subject": "Hello",
    "message_text": "Hello Ben",
}
_NODES = {
    ClientState.CONNECTED: "connected",
    ClientState.GREETED: "connected",
    ClientState.READY: "greeted",
    ClientState.MAIL: "mail",
    ClientState.RCPT: "rcpt",
    ClientState.DATA: "data",
    ClientState.AUTH: "login",
    ClientState.CLOSED: "closed",
}
"""Where the diagram has each state of our client."""


@known_attributes()
class ClientStepper:
    """Our own `SMTP.send()`, one step at a time.

        >>> from smtp_nb.classroom import ClientStepper
        >>> from smtp_nb.sandbox import SandboxServer
        >>> with SandboxServer(inline=True) as server:
        ...     stepper = ClientStepper(server)
        ...     print(stepper.doing)
        ...     stepper.step()
        ...     print(stepper.doing, "|", stepper.why.function)
        connect to sandbox.test
        wait for the greeting | hear_banner

    Args:
        server: a running inline `SandboxServer`.
        message: as for `SMTP.send`; None for the message of the properties.
        properties: of the `SMTP`. None and no message send a short letter from Ann to Ben.

    Raises:
        InputError: the server is not inline, or the message cannot be sent.

    Attributes:
        server: the sandbox.
        trail: what crossed the wire so far.
    """

    server: SandboxServer
    trail: Trail

    def __init__(
        self,
        server: SandboxServer,
        message: Sendable | None = None,
        **properties: Any,  # as `SMTP` takes them
    ) -> None:
        self.server = server
        self._message = message
        self._properties = properties or ({} if message is not None else _DEFAULT)
        self._begin()

    def _begin(self) -> None:
        # The unpacked dictionary has no types.
        smtp: SMTP = SMTP.from_url(self.server.url, **self._properties)
        memory = smtp._memory_server
        if memory is None:
            raise InputError(
                "only a server of this process can be stepped through",
                remedy="Give a SandboxServer(inline=True)",
            )
        self.trail, self._follower, self._state = Trail(), StateFollower(), ClientState.CONNECTED
        self._held: list[PITrailEvent] = []
        self._done: list[str] = []
        self._first_session = len(self.server.sessions)
        smtp.on_pi_trail = self._held.append
        # What send() runs; there it runs to its end.
        self._flow: Flow[Receipt] = smtp._limited(smtp._send(self._message))
        self._driver = StepwiseDriver(smtp, memory, self._flow)
        if isinstance(self._driver.error, InputError):
            raise self._driver.error
        self._settle()

    def _settle(self) -> None:
        """Show what has crossed the wire: what a pending write holds has not."""
        keep = len(self._held)
        if isinstance(self._driver.pending, Write):
            while keep and self._held[keep - 1].direction is TrailDirection.CLIENT:
                keep -= 1
        for event in self._held[:keep]:
            self.trail(event)
            self._state = self._follower.take(event)
        del self._held[:keep]

    # Going on, and back

    def step(self) -> None:
        """Do what the client is about to do.

        Raises:
            StateError: the call has returned.
        """
        if self.is_over:
            raise StateError("send() has returned", remedy="Go back, or begin again")
        self._done.append(self.doing)
        self._driver.step()
        self._settle()

    def run(self) -> None:
        """Go on until the call returns."""
        while not self.is_over and self.count < MOST_STEPS:
            self.step()

    def back(self) -> None:
        """Go one step back: begin again on a new connection, and do all steps but the last.

        What was delivered stays delivered.

        Raises:
            StateError: nothing has been done yet.
        """
        if not self._done:
            raise StateError("nothing has been done yet", remedy="Take a step first")
        self._replay(self.count - 1)

    def replay(self, text: str) -> None:
        """Begin again, and take as many steps as a text has lines, as `text` has them."""
        self._replay(len(text.splitlines()))

    def _replay(self, count: int) -> None:
        self.close()
        for session in self.server.sessions[self._first_session :]:
            session.by = ABANDONED
        self._begin()
        while self.count < count and not self.is_over:
            self.step()

    def close(self) -> None:
        """End the connection without a word."""
        self._driver.abandon()

    # Looking

    @property
    def is_over(self) -> bool:
        """True once the call has returned."""
        return self._driver.pending is None

    @property
    def doing(self) -> str:
        """What the client is about to do, in words; what it returned or raised once it is over."""
        if self._driver.pending is None:
            return self._ending()
        said = [event.message for event in self._held]
        return intent_words(self._driver.pending, said, self._in_tls, self._state)

    def _ending(self) -> str:
        if self._driver.error is not None:
            error = self._driver.error
            return f"send() raised {type(error).__name__}: {error}"
        try:
            return f"send() returned: {self.receipt.outcome}"
        except AttributeError:  # it was closed before it had returned
            return "send() was abandoned"

    @property
    def _in_tls(self) -> bool:
        return any(event.tls for event in (*self._held, *self.trail[-1:]))

    @property
    def _said_starttls(self) -> bool:
        said = TrailDirection.CLIENT, "STARTTLS"
        return any((event.direction, event.message) == said for event in self.trail)

    @property
    def flow(self) -> tuple[FlowPlace, ...]:
        """Which lines wait, from `send()` down to the one that asks the driver."""
        return places_in(self._flow)

    @property
    def why(self) -> FlowPlace:
        """The line that knows what it is for: the deepest one above the plumbing of a session.

        Raises:
            StateError: the call has returned: nothing waits.
        """
        places = self.flow
        if not places:
            raise StateError("send() has returned, so nothing waits", remedy="Go back")
        known = (one for one in reversed(places) if one.purpose and not one.is_plumbing)
        return next(known, places[-1])

    @property
    def receipt(self) -> Receipt:
        """What the call returned.

        Raises:
            SMTPError: what it raised.
        """
        return self._driver.result

    @property
    def count(self) -> int:
        """How many steps were taken."""
        return len(self._done)

    @property
    def text(self) -> str:
        """The steps so far, one on a line."""
        return "\n".join(self._done)

    @property
    def state(self) -> str:
        """Where the conversation is, as the client takes it: as `Terminal.state`."""
        if self._state is ClientState.GREETED and self._said_starttls:
            return "tls"
        return _NODES[self._state]

    @property
    def legal(self) -> tuple[str, ...]:
        """What the client's table of states allows."""
        return tuple("*" if one == ANSWER else one for one in allowed_in(self._state))

    @property
    def svg(self) -> str:
        """The state diagram."""
        return diagram(self.state, self.legal)

    def __repr__(self) -> str:
        return self.forms()[0]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def _repr_html_(self) -> str:
        return self.forms()[1]

    def forms(self) -> tuple[str, str]:
        """Text and HTML for a cell, addresses masked."""
        next_step = masked(f"Step {self.count}. Next: {self.doing}")
        lines = [next_step, *(f"  {one}" for one in self.flow[-1:] and [self.why])]
        events, tally = self.trail.snapshot(), self.trail.tally
        text = "\n".join([*lines, static_text(events, tally)])
        shown = "<br>".join(map(escape, lines))
        return text, f"{self.svg}<p>{shown}</p>{static_html(events, tally)}"
