"""The asyncio front."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from smtp_nb.client.component import Component
from smtp_nb.client.events import DO_EVENTS_SECONDS
from smtp_nb.client.sessions import MAIL_PORTS, limited
from smtp_nb.drivers.aio import AsyncDriver
from smtp_nb.flows.intents import Flow, JobSource
from smtp_nb.flows.lasting import LastingSource
from smtp_nb.model.receipt import Receipt

if TYPE_CHECKING:
    from os import PathLike

    from smtp_nb.client.spool import QueueReport
    from smtp_nb.compose.given_message import Given
    from smtp_nb.model.checkup import Checkup

T = TypeVar("T")


class AsyncSMTP(Component):
    """An SMTP client whose methods are awaited. All else is as with `SMTP`.

        async with AsyncSMTP(mail_server="mail.example.org", ssl_start_mode="explicit") as smtp:
            receipt = await smtp.send()

    One call at a time: a second one on the same object raises `BusyError`. A cancelled task knows
    the outcome of its message before it ends; it is on the `CancelledError`'s cause. Handlers may
    be coroutine functions: the session goes on when they are done. What never waits is a plain
    call here too: `config`, `reset_headers`, `set_message_stream`, `interrupt`.
    """

    _driver: AsyncDriver

    def __init__(self, **properties: Any) -> None:
        self._driver = AsyncDriver(self)
        self._clock = self._driver.clock
        super().__init__()
        self.set(properties)

    async def _run(self, flow: Flow[T], source: JobSource | None = None) -> T:
        with self._at_work():
            return await self._driver.run(limited(self, flow), source)

    async def connect(self) -> None:
        """As `SMTP.connect`."""
        self._refuse_second_connect()
        await self._run(self._connect())

    async def disconnect(self) -> None:
        """As `SMTP.disconnect`."""
        await self._run(self._disconnect())

    async def send(self, message: Given | None = None) -> Receipt:
        """As `SMTP.send`."""
        return await self._run(self._send(message))

    async def send_to_terminal_only(self) -> Receipt:
        """As `SMTP.send_to_terminal_only`."""
        return await self._run(self._send(verb="SEND"))

    async def send_to_terminal_or_email(self) -> Receipt:
        """As `SMTP.send_to_terminal_or_email`."""
        return await self._run(self._send(verb="SOML"))

    async def send_to_terminal_and_email(self) -> Receipt:
        """As `SMTP.send_to_terminal_and_email`."""
        return await self._run(self._send(verb="SAML"))

    async def queue(self, queue_dir: str | PathLike[str]) -> str:
        """As `SMTP.queue`."""
        return await self._run(self._queue(queue_dir))

    async def process_queue(self, queue_dir: str | PathLike[str]) -> QueueReport:
        """As `SMTP.process_queue`."""
        return await self._run(self._process_queue(queue_dir))

    async def deliver(self, source: JobSource) -> None:
        """As `SMTP.deliver`; a cancelled task drops the line."""
        await self._run(self._deliver(), source)

    async def deliver_all(self, sources: Sequence[LastingSource]) -> None:
        """As `SMTP.deliver_all`; a cancelled task drops the lines."""
        with self._at_work():
            await self._driver.run_all(self._deliver_all(sources))

    def nudge(self) -> None:
        """As `SMTP.nudge`."""
        self._driver.nudge()

    async def verify(self, email_address: str) -> str:
        """As `SMTP.verify`."""
        return str(await self._run(self._verify(email_address)))

    async def expand(self, email_address: str) -> str:
        """As `SMTP.expand`."""
        return str(await self._run(self._expand(email_address)))

    async def send_command(self, command: str) -> str:
        """As `SMTP.send_command`."""
        return str(await self._run(self._send_command(command)))

    async def doctor(self, patience_s: float = 10.0, ports: Sequence[int] = MAIL_PORTS) -> Checkup:
        """As `SMTP.doctor`."""
        from smtp_nb.client.doctor import examine

        return await self._run(examine(self, patience_s, ports))

    def interrupt(self) -> None:
        """As `SMTP.interrupt`; from any thread."""
        self._driver.interrupt()

    def do_events(self) -> Awaitable[None]:
        """As `SMTP.do_events`, but only awaiting it waits: for handlers that are coroutine
        functions, and 20 ms for an event if there was none."""
        return _Told(self)

    async def reset(self) -> None:
        """As `SMTP.reset`."""
        await self.disconnect()
        self._reset()

    async def __aenter__(self) -> AsyncSMTP:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.disconnect()


class _Told:
    """The handlers have been told of the posted events; whoever awaits it waits for the rest."""

    def __init__(self, smtp: AsyncSMTP) -> None:
        self._smtp = smtp
        self._rest: list[Awaitable[None]] = []
        self._is_empty = not self._tell()

    def _tell(self) -> bool:
        events = list(self._smtp._take_posted())
        self._rest += [waiting for event in events for waiting in self._smtp.ask(event)]
        return bool(events)

    # What is yielded is between the handlers and their event loop, hence Any.
    def __await__(self) -> Generator[Any, Any, None]:
        if self._is_empty:
            yield from asyncio.sleep(DO_EVENTS_SECONDS).__await__()
            self._tell()
        for waiting in self._rest:
            yield from waiting.__await__()
