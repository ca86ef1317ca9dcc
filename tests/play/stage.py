"""One dialogue, three drivers: the same component, asked in the same way, on each of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from play.server import PlayerServer
from smtp_nb import SMTP, AsyncSMTP, PITrailEvent, Receipt, TrailDirection
from smtp_nb.client.component import Component
from smtp_nb.compose.raw import raw_content
from smtp_nb.drivers.scripted import ScriptedDriver
from smtp_nb.flows.intents import JobSource
from smtp_nb.model.address import parse_mailbox
from smtp_nb.model.envelope import DeliveryJob, Envelope, Recipient

DIALOGUES = Path(__file__).parent.parent / "dialogues"
DRIVERS = ("scripted", "blocking", "asyncio")
CONTENT = b"Subject: Test\r\n\r\n.one\r\ntwo\r\n"
"""The message of all dialogues: 28 octets, one dot to be stuffed."""
LETTER = {
    "mail_server": "127.0.0.1",
    "from_": "ann@client.test",
    "send_to": "bob@server.test",
    "message": CONTENT,
    "Hello": "client.test",
    "pipelining": "message",
}


def dialogue(name: str) -> str:
    """The dialogue in the file of that name."""
    return (DIALOGUES / f"{name}.txt").read_text("utf-8")


class ScriptedSMTP(SMTP):
    """The component on the scripted driver."""

    def __init__(self, driver: ScriptedDriver) -> None:
        self._driver = driver
        self._clock = driver.clock
        Component.__init__(self)
        driver.observer = self


class Jobs(JobSource):
    """A stream of messages, one for each group of recipients, and what became of them."""

    def __init__(self, *groups: str, content: bytes = CONTENT, stop_on: frozenset = frozenset()):
        self.waiting = [job(group, content, stop_on) for group in groups]
        self.given: list[tuple[DeliveryJob, Receipt]] = []

    def next_jobs(self, most: int) -> Sequence[DeliveryJob]:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    def done(self, results: Sequence[tuple[DeliveryJob, Receipt]]) -> None:
        self.given += results


def job(recipients: str, content: bytes = CONTENT, stop_on: frozenset = frozenset()) -> DeliveryJob:
    """A message of Ann's to some recipients, separated by spaces."""
    to = tuple(Recipient(parse_mailbox(address)) for address in recipients.split())
    envelope = Envelope(parse_mailbox("ann@client.test"), to, stop_on)
    return DeliveryJob(envelope, raw_content(content), recipients)


class Stage:
    """A component in front of a server that follows a dialogue.

    Attributes:
        smtp: the component, not connected yet.
        trail: every line of the conversation, as events.
        errors: the Error events.
    """

    def __init__(self, smtp: Any, properties: dict[str, Any]) -> None:
        self.smtp = smtp
        for name, value in (LETTER | properties).items():
            self.set(name, value)
        self.trail: list[PITrailEvent] = []
        self.errors: list[Any] = []
        smtp.on_pi_trail += self.trail.append
        smtp.on_error += self.errors.append

    def set(self, name: str, value: Any) -> None:
        """Set a property by its Python name or a setting by its reference name."""
        if name[0].isupper():
            self.smtp.settings[name] = value
        else:
            setattr(self.smtp, name, value)

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method and wait for its result."""
        return getattr(self.smtp, method)(*arguments)

    def lines(self, *directions: TrailDirection) -> list[str]:
        """The lines of the trail as a dialogue writes them."""
        signs = {
            TrailDirection.CLIENT: "C:",
            TrailDirection.SERVER: "S:",
            TrailDirection.INFO: "--",
        }
        return [
            f"{signs[event.direction]} {event.message}"
            for event in self.trail
            if event.direction in (directions or signs)
        ]

    @property
    def heard(self) -> bytes:
        """All that the server heard."""
        raise NotImplementedError

    def pass_time(self, seconds: float) -> None:
        """Be idle for so long, on the clock of the component; the server goes on meanwhile."""
        raise NotImplementedError

    def is_finished(self) -> bool:
        """True if the dialogue was followed to its end."""
        raise NotImplementedError


class ScriptedStage(Stage):
    """No socket, a virtual clock."""

    def __init__(self, text: str, properties: dict[str, Any], **options: Any) -> None:
        self.driver = ScriptedDriver(text, **options)
        super().__init__(ScriptedSMTP(self.driver), properties)

    @property
    def heard(self) -> bytes:
        return bytes(self.driver.written)

    def pass_time(self, seconds: float) -> None:
        self.driver.now += seconds

    def is_finished(self) -> bool:
        return self.driver.player.is_finished


class SocketStage(Stage):
    """A real socket, and a server in a thread."""

    def __init__(self, smtp: Any, server: PlayerServer, properties: dict[str, Any]) -> None:
        self.server = server
        super().__init__(smtp, {"mail_port": server.port} | properties)

    @property
    def heard(self) -> bytes:
        return bytes(self.server.heard)

    def pass_time(self, seconds: float) -> None:
        self.server.wait_until_idle()
        clock = self.smtp._clock
        later = lambda: clock() + seconds  # noqa: E731
        self.smtp._clock = self.smtp._session.clock = later

    def is_finished(self) -> bool:
        self.server.wait_until_idle()
        return self.server.is_finished


class AsyncStage(SocketStage):
    """As `SocketStage`, with an event loop that runs only while something is called."""

    def __init__(
        self, runner: asyncio.Runner, server: PlayerServer, properties: dict[str, Any]
    ) -> None:
        self._runner = runner
        super().__init__(AsyncSMTP(), server, properties)

    def call(self, method: str, *arguments: Any) -> Any:
        return self._runner.run(getattr(self.smtp, method)(*arguments))


@contextlib.contextmanager
def stage(driver: str, text: str, properties: dict[str, Any], **cuts: Any) -> Iterator[Stage]:
    """Set the stage; afterwards no line is left open, and the dialogue was not broken.

    Args:
        cuts: of `ScriptedDriver` or `PlayerServer`.
    """
    if driver == "scripted":
        yield ScriptedStage(text, properties, **cuts)
        return
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(PlayerServer(text, **cuts))
        if driver == "blocking":
            made: Stage = SocketStage(SMTP(), server, properties)
        else:
            made = AsyncStage(stack.enter_context(asyncio.Runner()), server, properties)
        try:
            yield made
        finally:
            made.call("disconnect")
    if server.error:
        raise server.error
