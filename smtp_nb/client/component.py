"""The component: everything that the blocking and the asyncio front share.

A front only knows how to run a flow to its end. What a method means is here, as a flow.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from smtp_nb.client.attached import Attached
from smtp_nb.client.certificates import Certificates
from smtp_nb.client.events import Events
from smtp_nb.client.firewall import Firewall
from smtp_nb.client.headers import Headers
from smtp_nb.client.message_builder import job_from
from smtp_nb.client.recipients import Recipients
from smtp_nb.client.session_settings import limited, settings_from
from smtp_nb.client.settings import registry
from smtp_nb.client.settings.converters import boolean
from smtp_nb.client.settings.properties import Properties, keyword_defaults
from smtp_nb.client.settings.settings import HEADERS
from smtp_nb.client.status import NO_TLS, Status
from smtp_nb.client.streams import Streams
from smtp_nb.client.urls import properties_from_url
from smtp_nb.errors import (
    BusyError,
    Interrupted,
    SettingError,
    SMTPError,
    StateError,
    Unsupported,
)
from smtp_nb.flows import single_commands
from smtp_nb.flows.connect import connect
from smtp_nb.flows.deliver import deliver, deliver_one, unsent
from smtp_nb.flows.intents import Flow
from smtp_nb.flows.reconnecting import ReconnectingSource, deliver_with_reconnects
from smtp_nb.flows.reply_errors import in_doubt, not_sent
from smtp_nb.flows.session import ClientSession
from smtp_nb.flows.settings import SessionSettings
from smtp_nb.model.envelope import DeliveryJob
from smtp_nb.model.keywords import shows_keywords
from smtp_nb.model.known import known_attributes
from smtp_nb.model.receipt import Receipt
from smtp_nb.model.reply import Reply
from smtp_nb.model.secret import Secret
from smtp_nb.model.unseen import unseen_arguments
from smtp_nb.wording import Front

if TYPE_CHECKING:
    from os import PathLike

    from smtp_nb.client.keywords import SMTPProperties
    from smtp_nb.client.message_builder import Sendable
    from smtp_nb.client.queue.spool import QueueReport
    from smtp_nb.wire.tls.sessions import TLSSessionCache
    from smtp_nb.wire.verification.revocation import RevocationLists

C = TypeVar("C", bound="Component")


@known_attributes(registry.settings_as_written)
class Component(Properties, Headers, Status, Certificates, Recipients, Attached, Streams, Events):
    """Properties, settings and events, and each method as a flow."""

    _clock: Callable[[], float]

    def __init__(self) -> None:
        self._values = {}
        Recipients.__init__(self)
        Events.__init__(self)
        Attached.__init__(self)
        Streams.__init__(self)
        Status.__init__(self)
        self._session: ClientSession | None = None
        self._busy = threading.Lock()
        self._is_connecting = False
        self._last_reply: Reply | None = None
        self._memory: dict[tuple[str, int], str] = {}
        self._tls_sessions: TLSSessionCache | None = None
        self._revocation_lists: RevocationLists | None = None
        self._firewall = Firewall()

    @property
    def firewall(self) -> Firewall:
        """The proxy to go through (reference: Firewall); assign one or set its fields in place."""
        return self._firewall

    @firewall.setter
    def firewall(self, value: Firewall) -> None:
        if not isinstance(value, Firewall):
            kind = type(value).__name__
            raise SettingError(f"Firewall does not take {kind}", remedy="It takes a Firewall")
        self._firewall = value

    @classmethod
    @shows_keywords(keyword_defaults())
    @unseen_arguments
    def from_url(cls: type[C], url: str, **properties: Unpack[SMTPProperties]) -> C:
        """A component for the server that a URL names; see `properties_from_url` for its form.

        Raises:
            InputError: it is no such URL.
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
        """A second component with the same properties and settings, not connected, no handlers."""
        made = type(self)()
        self.copy_to(made)
        return made

    def copy_to(self, other: Component) -> None:
        """Give another component these properties, settings, recipients and attachments."""
        other._values = dict(self._values)
        self._copy_certificates(other)
        other._memory, other._front = self._memory, self._front
        other._memory_server = self._memory_server
        other._revocation_lists = self._revocation_lists
        other.firewall = self.firewall.copy()
        other.message_recipients[:] = map(replace, self.message_recipients)
        other.attachments, other.inline_images = self.attachments, self.inline_images

    # -- looking ------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """True while there is a session; assigning connects or disconnects (reference: Connected).

        Raises:
            Unsupported: assigned on the asyncio front, where only `await` can wait.
        """
        return self._is_connected

    @connected.setter
    def connected(self, value: Any) -> None:
        if boolean("Connected", value) is not self.connected:
            self._run_now("connected", self._disconnect() if self.connected else self._connect())

    @property
    def command(self) -> str:
        """Assigning sends one line as `send_command()` does (reference: Command, deprecated).

        Raises:
            AttributeError: it was read.
            Unsupported: assigned on the asyncio front, where only `await` can wait.
        """
        raise AttributeError("command can only be assigned; read last_reply, or use send_command()")

    @command.setter
    def command(self, value: str) -> None:
        self._run_now("command", self._send_command(value))

    def _run_now(self, name: str, flow: Flow[Any]) -> None:
        """Run a flow out of an assignment, which nobody can await."""
        raise Unsupported(
            f"{name} cannot be assigned here, because an assignment cannot be awaited",
            remedy="Await connect(), disconnect() or send_command()",
        )

    @property
    def settings(self) -> registry.SettingsView:
        """All settings by their reference names, with their types."""
        return registry.SettingsView(self)

    @unseen_arguments  # a mistyped name may stand before a password
    def config(self, text: str) -> str:
        """`config("Name=Value")` sets, `config("Name")` reads, as text (reference: Config).

        Raises:
            SettingError: unknown name or unreadable value; suggests the nearest.
            StateError: it cannot change while connected.
        """
        return registry.config(self, text)

    def reset_headers(self) -> None:
        """Empty all header properties and the recipients (reference: ResetHeaders)."""
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
                "another call is still at work on this object",
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

    def _new_session(self) -> Flow[ClientSession]:
        self._server_pem, self._negotiated = "", NO_TLS
        self._session = session = ClientSession(
            settings_from(self), self, self._clock, self._memory
        )
        self._say_fork(session)
        yield from connect(session)
        if session.layer:
            self._server_pem, self._negotiated = session.layer.verdict.leaf_pem, session.layer.info
        return session

    def _further_session(self, settings: SessionSettings, number: int) -> Flow[ClientSession]:
        """A session beside the one that the component shows."""
        session = ClientSession(settings, self, self._clock, self._memory, number)
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
            raise StateError(f"{verb} needs allow_extensions", remedy="Set it to True")
        return job_from(self, message, verb, may_be_binary=True)

    def _queue(self, directory: str | PathLike[str]) -> Flow[str]:
        from smtp_nb.client.queue.spool import Spool

        spool, stream = Spool(directory), (yield from self._open_stream())
        try:
            return (yield from spool.put(job_from(self)))
        except Interrupted:
            yield from self._drop()
            raise
        finally:
            self._let_go_of(stream, self.settings["CloseStreamAfterTransfer"])

    def _process_queue(self, directory: str | PathLike[str]) -> Flow[QueueReport]:
        from smtp_nb.client.queue.queue_runner import QueueRunner
        from smtp_nb.client.queue.spool import Spool

        return (yield from QueueRunner(self, Spool(directory)).run())

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
        settings = session.settings if session else settings_from(self)
        flows = [deliver_with_reconnects(sources[0], self._new_session, session)]
        for number, source in enumerate(sources[1:], 2):
            flows.append(
                deliver_with_reconnects(source, partial(self._further_session, settings, number))
            )
        return [
            (limited(self, flow, len(sources)), source)
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

    def _send_command(self, text: str) -> Flow[Reply]:
        asked = single_commands.single(text)
        if not self.connected:
            raise StateError(
                f"{asked.verb} needs a connection", code=1117, remedy="Call connect() first"
            )
        return (
            yield from self._on_session(lambda session: single_commands.run_command(session, asked))
        )

    def _verify(self, address: str) -> Flow[Reply]:
        asked = single_commands.about("VRFY", address)
        return (yield from self._on_session(lambda session: single_commands.verify(session, asked)))

    def _expand(self, address: str) -> Flow[Reply]:
        asked = single_commands.about("EXPN", address)
        return (yield from self._on_session(lambda session: single_commands.expand(session, asked)))


def _failed(error: Exception) -> Flow[Receipt]:
    """A flow that only raises."""
    raise error
    yield  # a flow is a generator
