"""The component: everything that the blocking and the asyncio front share.

A front only knows how to run a flow to its end. What a method does is defined here, as a flow.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from smtp_nb.client.events import Events
from smtp_nb.client.firewall import Firewall
from smtp_nb.client.message.headers import Headers
from smtp_nb.client.message.message_builder import job_from, stop_switches
from smtp_nb.client.message.message_properties import MessageProperties
from smtp_nb.client.session.call_limits import limited
from smtp_nb.client.session.configured import Configured
from smtp_nb.client.session.remembered import Remembered
from smtp_nb.client.session.session_settings import settings_from
from smtp_nb.client.settings import registry
from smtp_nb.client.settings.converters import boolean
from smtp_nb.client.settings.properties import keyword_defaults
from smtp_nb.client.settings.settings import HEADERS
from smtp_nb.client.status import NO_TLS, Status
from smtp_nb.client.urls import properties_from_url
from smtp_nb.errors import (
    BusyError,
    Interrupted,
    SMTPError,
    StateError,
    Unsupported,
)
from smtp_nb.flows import single_commands
from smtp_nb.flows.connecting.connect import connect
from smtp_nb.flows.delivering.deliver import deliver, deliver_one, unsent
from smtp_nb.flows.delivering.reconnecting import ReconnectingSource, deliver_with_reconnects
from smtp_nb.flows.intents import Flow
from smtp_nb.flows.reply_errors import in_doubt, not_sent
from smtp_nb.flows.session import ClientSession
from smtp_nb.flows.settings import SessionSettings
from smtp_nb.model.doors.typed import typed_arguments
from smtp_nb.model.envelope import DeliveryJob
from smtp_nb.model.keywords import shows_keywords
from smtp_nb.model.known import known_attributes
from smtp_nb.model.receipt import Receipt
from smtp_nb.model.reply import Reply
from smtp_nb.model.secret import Secret
from smtp_nb.model.unseen import unseen_arguments
from smtp_nb.wording import Front

if TYPE_CHECKING:
    from smtp_nb.client.keywords import SMTPProperties
    from smtp_nb.client.message.message_builder import Sendable
    from smtp_nb.client.queue.spool import QueueReport

T = TypeVar("T")
C = TypeVar("C", bound="Component")


@known_attributes(registry.settings_as_written)
class Component(Configured, Headers, Status, Events):
    """Properties, settings and events, and each method as a flow."""

    _clock: Callable[[], float]

    def __init__(self) -> None:
        self._values = {}
        Configured.__init__(self)
        MessageProperties.__init__(self)
        Events.__init__(self)
        Status.__init__(self)
        self._session: ClientSession | None = None
        self._busy = threading.Lock()
        self._is_connecting = False
        self._last_reply: Reply | None = None
        self._remembered = Remembered()

    @classmethod
    @shows_keywords(keyword_defaults())
    @unseen_arguments
    @typed_arguments
    def from_url(cls: type[C], url: str, **properties: Unpack[SMTPProperties]) -> C:
        """Make a component from `smtp://user@host:587?ca=…`; keywords take precedence.

        `smtps` is TLS from the first byte; `smtp` is STARTTLS, or plain to this machine without
        `ca` and `pin`. `tls` may be none, starttls, implicit; `ca` is a file of roots, `pin`
        `sha256:…`.

        Raises:
            InputError: not a mail server URL. A password in it is not repeated.
        """
        made = cls()
        made._front = Front.URL
        for name, value in properties_from_url(Secret(url)).items():
            if name in registry.REGISTRY:
                made.settings[name] = value
            else:
                setattr(made, name, value)
        made.set({**properties})
        return made

    def clone(self: C) -> C:
        """Return a copy with the same properties and settings, not connected, without handlers."""
        made = type(self)()
        self.copy_to(made)
        return made

    def copy_to(self, other: Component) -> None:
        """Copy the properties, settings, recipients and attachments to another component."""
        other._values = dict(self._values)
        self._copy_certificates(other)
        other._remembered, other._front = self._remembered.copy(), self._front
        other._memory_server = self._memory_server
        other.firewall = self.firewall.copy()
        other.message_recipients[:] = map(replace, self.message_recipients)
        other.attachments, other.inline_images = self.attachments, self.inline_images
        other.calendar, other.dkim = self.calendar, self.dkim

    # -- looking ------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """True while there is a session; assigning connects or disconnects (IPWorks: Connected)."""
        return self._is_connected

    @connected.setter
    def connected(self, value: Any) -> None:
        if boolean("Connected", value) is not self.connected:
            self._run_now("connected", self._disconnect() if self.connected else self._connect())

    @property
    def command(self) -> str:
        """Assigning sends one line as `send_command()` does (IPWorks: Command, deprecated).

        Reading raises AttributeError, assigning on the asyncio front `Unsupported`.
        """
        raise AttributeError("command can only be assigned; read last_reply, or use send_command()")

    @command.setter
    def command(self, value: str) -> None:
        self._run_now("command", self._send_command(value))

    def _run_now(self, name: str, flow: Flow[Any]) -> None:
        """Run a flow from an assignment, which cannot be awaited."""
        raise Unsupported(
            f"{name} cannot be assigned here, because an assignment cannot be awaited",
            remedy="Await connect(), disconnect() or send_command()",
        )

    @property
    def settings(self) -> registry.SettingsView:
        """All settings by their IPWorks names, with their types."""
        return registry.SettingsView(self)

    @unseen_arguments  # a mistyped name may stand before a password
    def config(self, text: str) -> str:
        """Set by `config("Name=Value")`, read by `config("Name")` (IPWorks: Config).

        Raises:
            SettingError: unknown name or unreadable value; suggests the nearest.
            StateError: not while connected; the connection stays.
        """
        return registry.config(self, text)

    def reset_headers(self) -> None:
        """Empty all header properties and the recipients (IPWorks: ResetHeaders)."""
        for name in HEADERS:
            self._values.pop(name, None)
        self.message_recipients.clear()

    def _reset(self) -> None:
        self._values.clear()
        self._last_reply, self._server_pem, self._negotiated = None, "", NO_TLS
        self.message_recipients.clear()
        self._firewall, self._memory_server = Firewall(), None
        self.content_stream = None
        self.attachments.clear()
        self.inline_images.clear()
        self.calendar, self.dkim = "", None

    def __repr__(self) -> str:
        where = f"{self.mail_server}:{self.mail_port}" if self.mail_server else "no server"
        state = "connected" if self.connected else "not connected"
        return f"<{type(self).__name__} {where}, {state}{f', {self.tls}' if self.tls else ''}>"

    # -- one call at a time -------------------------------------------------------------------

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Let one call in; a second one is refused and corrupts nothing."""
        self._notice_fork()
        if not self._busy.acquire(blocking=False):
            raise BusyError(
                "another call on this object is still running",
                remedy="Wait for it, call interrupt(), or use a second object",
            )
        self._begin_call()
        try:
            yield
        finally:
            self._busy.release()
            if self._session and not self._session.is_open:
                self._last_reply, self._session = self._session.last_reply, None

    # -- flows --------------------------------------------------------------------------------

    def _connect(self) -> Flow[None]:
        if self.connected:
            raise StateError("already connected", code=104, remedy="Call disconnect() first")
        self._is_connecting = True
        try:
            yield from self._new_session()
        finally:
            self._is_connecting = False

    def _session_settings(self) -> SessionSettings:
        return settings_from(self, self._remembered)

    def _client_session(self, settings: SessionSettings, number: int = 1) -> ClientSession:
        return ClientSession(settings, self, self._clock, self._remembered.pipelining, number)

    def _limited(self, flow: Flow[T], sharers: int = 1) -> Flow[T]:
        return limited(flow, self, self._clock, self._front, sharers)

    def _new_session(self) -> Flow[ClientSession]:
        self._server_pem, self._negotiated = "", NO_TLS
        self._session = session = self._client_session(self._session_settings())
        self._say_fork(session)
        yield from connect(session)
        if session.layer:
            self._server_pem, self._negotiated = session.layer.verdict.leaf_pem, session.layer.info
        return session

    def _further_session(self, settings: SessionSettings, number: int) -> Flow[ClientSession]:
        """A session beside the one that the component shows."""
        session = self._client_session(settings, number)
        yield from connect(session)
        return session

    def _ready_session(self) -> Flow[tuple[ClientSession, bool]]:
        """The session to work on, and whether it was opened for this call alone."""
        session = self._session
        if session is None or not self.connected:
            is_ours = not self._inherited_from
            return (yield from self._new_session()), is_ours
        if (yield from session.retire()) or (yield from session.has_hung_up()):
            return (yield from self._new_session()), False
        return session, False

    def _leave(self, session: ClientSession, is_ours: bool) -> Flow[None]:
        """Close a session that was opened for this call; `last_reply` stays the call's."""
        if is_ours and session.is_open:
            reply = session.last_reply
            yield from session.close()
            session.last_reply = reply

    def _disconnect(self) -> Flow[None]:
        if self._session is not None:
            yield from self._session.close()

    def _send(self, message: Sendable | None = None, verb: str = "MAIL") -> Flow[Receipt]:
        stream = None if message is not None else (yield from self._open_stream())
        job = self._job(message, verb)
        try:
            return (yield from self._send_job(job))
        finally:
            self._let_go_of(stream, self.settings["CloseStreamAfterTransfer"])

    def _send_as_is(self, message: Sendable | None = None, verb: str = "MAIL") -> Flow[Receipt]:
        """As `_send`, but what is sent is the message of this moment, whenever the flow begins."""
        if message is None and self.content_stream is not None:
            return self._send(verb=verb)
        try:
            return self._send_job(self._job(message, verb))
        except Exception as error:
            return _failed(error)

    def _job(self, message: Sendable | None, verb: str) -> DeliveryJob:
        if verb != "MAIL" and not self.allow_extensions:
            raise StateError(
                f"{verb} requires allow_extensions", remedy="Set allow_extensions=True"
            )
        return job_from(self, message, verb, may_be_binary=True)

    @typed_arguments
    def _queue(self, queue_dir: str | PathLike[str], message: Sendable | None = None) -> Flow[str]:
        from smtp_nb.client.queue.spool import Spool

        spool = Spool(queue_dir)
        stream = None if message is not None else (yield from self._open_stream())
        try:
            return (yield from spool.put(job_from(self, message)))
        except Interrupted:
            yield from self._drop()
            raise
        finally:
            self._let_go_of(stream, self.settings["CloseStreamAfterTransfer"])

    @typed_arguments
    def _process_queue(self, queue_dir: str | PathLike[str]) -> Flow[QueueReport]:
        from smtp_nb.client.queue.queue_runner import QueueRunner
        from smtp_nb.client.queue.spool import SENT, Spool

        kept_as = SENT if self.settings["KeepQueue"] else ""
        runner = QueueRunner(Spool(queue_dir), kept_as, stop_switches(self), self.emit)
        return (yield from runner.run(self._ready_session, self._leave))

    def _send_job(self, job: DeliveryJob) -> Flow[Receipt]:
        try:
            session, is_ours = yield from self._ready_session()
        except SMTPError as error:
            error.receipt = unsent(job, f"not sent: {error}")
            raise
        try:
            given = yield from deliver_one(session, job)
        except SMTPError as error:
            yield from self._leave(session, is_ours)
            in_doubt(error)
            raise
        yield from self._leave(session, is_ours)
        if not given:
            raise not_sent(given)
        return given

    def _deliver(self) -> Flow[None]:
        session, is_ours = yield from self._ready_session()
        try:
            while (yield from deliver(session)) and (yield from session.retire()):
                session = yield from self._new_session()
        except Interrupted:
            yield from session.abort()
            raise
        except Exception:
            yield from self._leave(session, is_ours)
            raise
        yield from self._leave(session, is_ours)

    def _deliver_all(
        self, sources: Sequence[ReconnectingSource]
    ) -> list[tuple[Flow[None], ReconnectingSource]]:
        session = self._session if self.connected else None
        # Taken before any of them connects: from then on LocalPort is that of the first one.
        settings = session.settings if session else self._session_settings()
        is_alone = len(sources) == 1
        flows = [deliver_with_reconnects(sources[0], self._new_session, session, is_alone)]
        for number, source in enumerate(sources[1:], 2):
            connect = partial(self._further_session, settings, number)
            flows.append(deliver_with_reconnects(source, connect, is_alone=is_alone))
        return [
            (self._limited(flow, len(sources)), source)
            for flow, source in zip(flows, sources, strict=True)
        ]

    def _on_session(self, work: Callable[[ClientSession], Flow[Reply]]) -> Flow[Reply]:
        """Run a courtesy, on a connection of its own if there is none."""
        session, is_ours = yield from self._ready_session()
        try:
            reply = yield from work(session)
        except SMTPError as error:
            if not error.connection_survives:
                yield from session.abort()
            else:
                yield from self._leave(session, is_ours)
            raise
        yield from self._leave(session, is_ours)
        return reply

    @typed_arguments
    def _send_command(self, command: str) -> Flow[Reply]:
        try:
            asked = single_commands.single(command)
        finally:
            del command
        # In a forked child the connection was the parent's, and the call makes one of its own.
        if not self.connected and not self._inherited_from:
            raise StateError(
                f"{asked.verb} requires a connection", code=1117, remedy="Call connect() first"
            )
        return (yield from self._on_session(partial(single_commands.run_command, asked=asked)))

    @typed_arguments
    def _verify(self, email_address: str) -> Flow[Reply]:
        asked = single_commands.about("VRFY", email_address)
        return (yield from self._on_session(lambda session: single_commands.verify(session, asked)))

    @typed_arguments
    def _expand(self, email_address: str) -> Flow[Reply]:
        asked = single_commands.about("EXPN", email_address)
        return (yield from self._on_session(lambda session: single_commands.expand(session, asked)))


def _failed(error: Exception) -> Flow[Receipt]:
    """A flow that only raises."""
    yield from ()
    raise error
