"""The asyncio front."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from smtp_nb.client.component import Component
from smtp_nb.client.sessions import limited
from smtp_nb.drivers.aio import AsyncDriver
from smtp_nb.flows.intents import Flow, JobSource
from smtp_nb.flows.lasting import LastingSource
from smtp_nb.model.receipt import Receipt

if TYPE_CHECKING:
    from email.message import EmailMessage
    from os import PathLike

    from smtp_nb.client.spool import QueueReport

T = TypeVar("T")


class AsyncSMTP(Component):
    """An SMTP client whose methods are awaited. All else is as with `SMTP`.

        async with AsyncSMTP(mail_server="mail.example.org", ssl_start_mode="explicit") as smtp:
            receipt = await smtp.send()

    One call at a time: a second one on the same object raises `BusyError`. A cancelled task knows
    the outcome of its message before it ends; it is on the `CancelledError`'s cause.
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

    async def send(self, message: EmailMessage | None = None) -> Receipt:
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

    def interrupt(self) -> None:
        """As `SMTP.interrupt`; from any thread."""
        self._driver.interrupt()

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
