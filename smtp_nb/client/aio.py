"""The asyncio client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Generator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from smtp_nb.client.component import Component
from smtp_nb.client.events import DO_EVENTS_SECONDS
from smtp_nb.client.session.session_settings import MAIL_PORTS
from smtp_nb.client.settings.properties import keyword_defaults
from smtp_nb.client.turns import Turns
from smtp_nb.drivers.aio import AsyncDriver
from smtp_nb.flows.delivering.reconnecting import ReconnectingSource
from smtp_nb.flows.intents import Flow, JobSource
from smtp_nb.model.keywords import shows_keywords
from smtp_nb.model.receipt import Receipt
from smtp_nb.model.unseen import unseen_arguments

if TYPE_CHECKING:
    from os import PathLike

    from smtp_nb.client.keywords import SMTPProperties
    from smtp_nb.client.message.message_builder import Sendable
    from smtp_nb.client.queue.spool import QueueReport
    from smtp_nb.drivers.memory_aio import AsyncMemoryDriver
    from smtp_nb.model.diagnosis import Checkup
    from smtp_nb.model.memory_server import MemoryServer

T = TypeVar("T")


class AsyncSMTP(Component):
    """An SMTP client whose methods are awaited. Otherwise the same as `SMTP`.

        async with AsyncSMTP(mail_server="mail.example.org", ssl_start_mode="explicit") as smtp:
            receipt = await smtp.send()

    Calls on one object take turns, first come, first served: `asyncio.gather()` of several `send()`
    sends one after the other, each the message as it was when its `send()` was called. `BusyError`
    is for a handler that awaits the object whose call it runs in, for a second `connect()` during
    the first, and for other threads. A cancelled task knows the outcome of its message before it
    ends; it is on the `CancelledError`'s cause. Handlers may be coroutine functions: the session
    goes on when they are done. What never waits is a plain call here too: `config`,
    `reset_headers`, `set_message_stream`, `interrupt`.
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
                return await self._driver.run(self._limited(flow), source)

    async def connect(self) -> None:
        """The same as `SMTP.connect`, awaited."""
        self._refuse_second_connect()
        await self._run(self._connect())

    async def disconnect(self) -> None:
        """The same as `SMTP.disconnect`, awaited."""
        await self._run(self._disconnect())

    # No coroutine functions: the message is taken when they are called, and not when their turn
    # comes, for by then the properties may be those of the next one.
    def send(self, message: Sendable | None = None) -> Coroutine[Any, Any, Receipt]:
        """The same as `SMTP.send`, awaited, with the message as it is when this is called.

        Args:
            message: None for the message of the properties, or a message as `SMTP.send` takes it.

        Returns:
            A `Receipt` whose outcome is ACCEPTED, or PARTIAL if some recipients were refused.
        """
        return self._run(self._send_as_is(message))

    def send_to_terminal_only(self) -> Coroutine[Any, Any, Receipt]:
        """The same as `SMTP.send_to_terminal_only`, awaited."""
        return self._run(self._send_as_is(verb="SEND"))

    def send_to_terminal_or_email(self) -> Coroutine[Any, Any, Receipt]:
        """The same as `SMTP.send_to_terminal_or_email`, awaited."""
        return self._run(self._send_as_is(verb="SOML"))

    def send_to_terminal_and_email(self) -> Coroutine[Any, Any, Receipt]:
        """The same as `SMTP.send_to_terminal_and_email`, awaited."""
        return self._run(self._send_as_is(verb="SAML"))

    async def queue(self, queue_dir: str | PathLike[str], message: Sendable | None = None) -> str:
        """The same as `SMTP.queue`, awaited."""
        return await self._run(self._queue(queue_dir, message))

    async def process_queue(self, queue_dir: str | PathLike[str]) -> QueueReport:
        """The same as `SMTP.process_queue`, awaited."""
        return await self._run(self._process_queue(queue_dir))

    async def deliver(self, source: JobSource) -> None:
        """The same as `SMTP.deliver`, awaited; a cancelled task drops the connection."""
        await self._run(self._deliver(), source)

    async def deliver_all(self, sources: Sequence[ReconnectingSource]) -> None:
        """The same as `SMTP.deliver_all`, awaited; a cancelled task drops the connections."""
        async with self._turns.take():
            with self._at_work():
                await self._driver.run_all(self._deliver_all(sources))

    def nudge(self) -> None:
        """The same as `SMTP.nudge`."""
        self._driver.nudge()

    async def verify(self, email_address: str) -> str:
        """The same as `SMTP.verify`, awaited."""
        return str(await self._run(self._verify(email_address)))

    async def expand(self, email_address: str) -> str:
        """The same as `SMTP.expand`, awaited."""
        return str(await self._run(self._expand(email_address)))

    async def send_command(self, command: str) -> str:
        """The same as `SMTP.send_command`, awaited."""
        flow = self._send_command(command)
        del command
        return str(await self._run(flow))

    async def doctor(self, patience_s: float = 10.0, ports: Sequence[int] = MAIL_PORTS) -> Checkup:
        """The same as `SMTP.doctor`, awaited."""
        from smtp_nb.client.doctor import examine

        return await self._run(examine(self, patience_s, ports))

    def interrupt(self) -> None:
        """The same as `SMTP.interrupt`; from any thread."""
        self._driver.interrupt()

    def do_events(self) -> Awaitable[None]:
        """The same as `SMTP.do_events`, but it must be awaited to wait: for handlers that are
        coroutine functions, and 20 ms for an event if there was none.
        """
        return _Told(self)

    async def reset(self) -> None:
        """The same as `SMTP.reset`, awaited."""
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
    """The posted events have been passed to the handlers; await it for the rest."""

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
