"""The asyncio front."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Generator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from smtp_nb.client.component import Component
from smtp_nb.client.events import DO_EVENTS_SECONDS
from smtp_nb.client.session_settings import MAIL_PORTS, limited
from smtp_nb.client.settings.properties import keyword_defaults
from smtp_nb.client.turns import Turns
from smtp_nb.drivers.aio import AsyncDriver
from smtp_nb.flows.intents import Flow, JobSource
from smtp_nb.flows.reconnecting import ReconnectingSource
from smtp_nb.model.keywords import shows_keywords
from smtp_nb.model.receipt import Receipt
from smtp_nb.model.unseen import unseen_arguments

if TYPE_CHECKING:
    from os import PathLike

    from smtp_nb.client.keywords import SMTPProperties
    from smtp_nb.client.message_builder import Sendable
    from smtp_nb.client.queue.spool import QueueReport
    from smtp_nb.drivers.memory_aio import AsyncMemoryDriver
    from smtp_nb.model.diagnosis import Checkup
    from smtp_nb.model.memory_server import MemoryServer

T = TypeVar("T")


class AsyncSMTP(Component):
    """An SMTP client whose methods are awaited. All else is as with `SMTP`.

        async with AsyncSMTP(mail_server="mail.example.org", ssl_start_mode="explicit") as smtp:
            receipt = await smtp.send()

    Calls on one object take turns, first come, first served: `asyncio.gather()` of several `send()`
    sends one after the other, each the message of the moment in which it was called. `BusyError`
    is for a handler that awaits the object whose call it is in, for a second `connect()` during
    one, and for other threads. A cancelled task knows the outcome of its message before it ends; it
    is on the `CancelledError`'s cause. Handlers may
    be coroutine functions: the session goes on when they are done. What never waits is a plain
    call here too: `config`, `reset_headers`, `set_message_stream`, `interrupt`.
    """

    _driver: AsyncDriver | AsyncMemoryDriver

    @shows_keywords(keyword_defaults())
    @unseen_arguments
    def __init__(self, **properties: Unpack[SMTPProperties]) -> None:
        self._driver = self._new_driver(None)
        self._clock = self._driver.clock
        self._turns = Turns()
        super().__init__()
        self.set({**properties})

    def _new_driver(self, server: MemoryServer | None) -> AsyncDriver | AsyncMemoryDriver:
        if server is None:
            return AsyncDriver(self)
        from smtp_nb.drivers.memory_aio import AsyncMemoryDriver

        return AsyncMemoryDriver(self, server)

    async def _run(self, flow: Flow[T], source: JobSource | None = None) -> T:
        async with self._turns.take():
            with self._at_work():
                return await self._driver.run(limited(self, flow), source)

    async def connect(self) -> None:
        """As `SMTP.connect`."""
        self._refuse_second_connect()
        await self._run(self._connect())

    async def disconnect(self) -> None:
        """As `SMTP.disconnect`."""
        await self._run(self._disconnect())

    # No coroutine functions: the message is taken when they are called, and not when their turn
    # comes, for by then the properties may be those of the next one.
    def send(self, message: Sendable | None = None) -> Coroutine[Any, Any, Receipt]:
        """As `SMTP.send`, of the message as it is when this is called."""
        return self._run(self._send_as_is(message))

    def send_to_terminal_only(self) -> Coroutine[Any, Any, Receipt]:
        """As `SMTP.send_to_terminal_only`."""
        return self._run(self._send_as_is(verb="SEND"))

    def send_to_terminal_or_email(self) -> Coroutine[Any, Any, Receipt]:
        """As `SMTP.send_to_terminal_or_email`."""
        return self._run(self._send_as_is(verb="SOML"))

    def send_to_terminal_and_email(self) -> Coroutine[Any, Any, Receipt]:
        """As `SMTP.send_to_terminal_and_email`."""
        return self._run(self._send_as_is(verb="SAML"))

    async def queue(self, queue_dir: str | PathLike[str]) -> str:
        """As `SMTP.queue`."""
        return await self._run(self._queue(queue_dir))

    async def process_queue(self, queue_dir: str | PathLike[str]) -> QueueReport:
        """As `SMTP.process_queue`."""
        return await self._run(self._process_queue(queue_dir))

    async def deliver(self, source: JobSource) -> None:
        """As `SMTP.deliver`; a cancelled task drops the connection."""
        await self._run(self._deliver(), source)

    async def deliver_all(self, sources: Sequence[ReconnectingSource]) -> None:
        """As `SMTP.deliver_all`; a cancelled task drops the connections."""
        async with self._turns.take():
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
