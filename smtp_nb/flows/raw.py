"""Raw conversation: any bytes at any moment, for lessons in which a person is the client.

This is the one door through which wrong bytes may leave, and it leads to this machine only: the
address that was connected decides, before a byte is written. Nothing here knows what a command is;
replies are still read strictly, for a reply that is misread shifts all that come after it.
"""

from __future__ import annotations

from collections.abc import Callable

from smtp_nb.errors import InputError, PlaintextInjected, StateError
from smtp_nb.flows.connecting.handshake import shake_hands
from smtp_nb.flows.connecting.login import is_loopback
from smtp_nb.flows.connecting.opening import open_connection
from smtp_nb.flows.connecting.revocation import ask_lists
from smtp_nb.flows.intents import Close, Flow, Peer
from smtp_nb.flows.limits import Deadline
from smtp_nb.flows.observer import Observer
from smtp_nb.flows.session import ClientSession
from smtp_nb.flows.settings import SessionSettings
from smtp_nb.model.address import is_ip_address
from smtp_nb.model.enums import SSLStartMode
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.replies import ReplyParser

HANDSHAKE_S = 20.0
"""How long a handshake may take; a person's patience says nothing about it."""


class RawSession:
    """One connection on which anything may be said.

    Args:
        unsafe: the peer may be another machine.
    """

    def __init__(
        self,
        settings: SessionSettings,
        observer: Observer,
        clock: Callable[[], float],
        *,
        unsafe: bool = False,
    ) -> None:
        self._session = ClientSession(settings, observer, clock)
        self._clock = clock
        self._replies = ReplyParser(settings.max_line)
        self._unsafe = unsafe

    @property
    def is_open(self) -> bool:
        """True until either side has ended the connection."""
        return self._session.is_open

    @property
    def has_tls(self) -> bool:
        """True inside TLS."""
        return self._session.layer is not None

    @property
    def peer(self) -> Peer | None:
        """Both ends of the connection; None before there is one."""
        return self._session.peer

    def open(self) -> Flow[None]:
        """Connect, with TLS from the first byte if the settings say so.

        Raises:
            InputError: the peer is another machine, and `unsafe` does not allow that. An address is
                not even tried; behind a name, the connection is closed without a byte.
            LinkError, TLSError: could not connect; there is no connection then.
        """
        host = self._session.settings.host
        if is_ip_address(host):
            self._require_here(host)
        early = yield from open_connection(self._session)
        try:
            self._require_here(self._session.peer.remote_address if self._session.peer else host)
        except InputError:
            yield from self.close()
            raise
        if self._session.settings.start_mode is SSLStartMode.IMPLICIT:
            yield from self._shake_hands(early)
        else:
            self._replies.receive_data(early)

    def _require_here(self, address: str) -> None:
        if not self._unsafe and not is_loopback(address):
            raise InputError(
                f"{address} is not this machine, and raw bytes do not leave it",
                remedy="Use a SandboxServer, or unsafe=True if that server is yours",
            )

    def write(self, octets: bytes) -> Flow[None]:
        """Send bytes as they are.

        Raises:
            StateError: there is no connection.
            LinkError: it was lost.
        """
        if not self.is_open:
            raise StateError(
                "the connection is closed", remedy="Go one step back, or begin a new conversation"
            )
        yield from self._session.write(octets)

    def next_reply(self, timeout_s: float, what: str) -> Flow[Reply | None]:
        """Await for a whole reply; None once the server has ended the connection.

        Raises:
            SMTPTimeout: none came in time; the connection stays.
            LinkError, TLSError: what came is not a reply, or the connection was lost.
        """
        deadline = Deadline(self._clock, timeout_s, what)
        while (reply := self._replies.next_reply()) is None:
            if not self.is_open:
                return None
            raw = yield from self._session.get(deadline)
            if not raw:
                yield from self.close()
                continue
            layer = self._session.layer
            self._replies.receive_data(layer.receive(raw) if layer else raw)
        return reply

    def start_tls(self) -> Flow[None]:
        """Run the handshake, after the 220 to STARTTLS was read.

        Raises:
            PlaintextInjected: bytes came in clear after that reply; the connection is closed.
            TLSError: the handshake failed; the connection is closed.
        """
        if self._replies.has_rest:
            yield from self.close()
            raise PlaintextInjected(
                "the server sent more bytes in clear after its 220 to STARTTLS",
                remedy="An attacker in the middle may have added them; nothing was sent",
            )
        yield from self._shake_hands(b"")

    def _shake_hands(self, early: bytes) -> Flow[None]:
        from smtp_nb.wire.tls.tls import TLSLayer, TLSSettings

        settings = self._session.settings
        try:
            layer = TLSLayer(settings.tls or TLSSettings(), settings.host)
            layer.receive(early)
            deadline = Deadline(self._clock, HANDSHAKE_S, "the TLS handshake")
            yield from shake_hands(self._session, layer, deadline, ask_lists)
        except Exception:
            yield from self.close()
            raise
        self._session.layer = layer
        self._replies.receive_data(layer.receive(b""))

    def close(self) -> Flow[None]:
        """End the connection without a word."""
        self._session.is_open = False
        yield Close()
