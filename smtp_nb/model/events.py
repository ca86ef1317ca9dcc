"""The nine events of the component, one value each. Fields have the IPWorks names in snake_case."""

from __future__ import annotations

from dataclasses import dataclass, field

from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.known import known_attributes


@known_attributes()
@dataclass(slots=True, frozen=True)
class PITrailEvent:
    """One line of the conversation, without message content. Secrets are already masked.

    Attributes:
        direction: the speaker.
        message: the line without its line end.
        seconds: since the connection was opened.
        tls: True if the connection was protected.
        group: client lines sent in one write have the same number; 0 is none.
        final: False for all but the last line of a reply.
        connection: which of several concurrent ones, from 1.
    """

    direction: TrailDirection
    message: str
    seconds: float = 0.0
    tls: bool = False
    group: int = 0
    final: bool = True
    connection: int = 1


@known_attributes()
@dataclass(slots=True)
class ConnectionStatusEvent:
    """Proxy, TLS or connection established or lost, or a wait of more than 2 s.

    Attributes:
        connection_event: what changed: `Firewall connection complete`, `Remote host connection
            complete`, `SSL handshake complete`, `Remote host disconnected`, …
        status_code: the number of the error that caused the change, 0 if none did.
        description: the text for `status_code`.
        is_waiting: nothing has changed for a while; `connection_event` says what is awaited, and
            the limit. Beyond IPWorks.
    """

    connection_event: str
    status_code: int = 0
    description: str = ""
    is_waiting: bool = False


@known_attributes()
@dataclass(slots=True)
class StartTransferEvent:
    """The transfer of the content begins.

    Attributes:
        direction: the sender, always the client.
    """

    direction: TrailDirection = TrailDirection.CLIENT


@known_attributes()
@dataclass(slots=True)
class TransferEvent:
    """A piece of the content was sent.

    Attributes:
        direction: the sender, always the client.
        bytes_transferred: bytes since the start of the content.
        percent_done: 0 to 100, or -1 if the size is not known.
        text_b: the piece, as bytes.
    """

    direction: TrailDirection
    bytes_transferred: int
    percent_done: int
    text_b: bytes = field(repr=False, default=b"")

    @property
    def text(self) -> str:
        """The piece as text."""
        return self.text_b.decode("utf-8", "replace")


@known_attributes()
@dataclass(slots=True)
class EndTransferEvent:
    """The transfer of the content has ended.

    Attributes:
        direction: the sender, always the client.
    """

    direction: TrailDirection = TrailDirection.CLIENT


@known_attributes()
@dataclass(slots=True)
class ErrorEvent:
    """An error that is not raised, such as a refused Bcc.

    Attributes:
        error_code: its number, as in `SMTPError.code`.
        description: what happened.
    """

    error_code: int
    description: str


@known_attributes()
@dataclass(slots=True)
class ExpandEvent:
    """One address of a reply to EXPN.

    Attributes:
        address: as the server wrote it, perhaps with a display name.
    """

    address: str


@known_attributes()
@dataclass(slots=True)
class SSLServerAuthenticationEvent:
    """The server's certificate, before the client answers it.

    A handler may change `accept`; its value after the handlers is the decision.

    Attributes:
        cert_encoded: the certificate in PEM; with SSLIncludeCertChain the whole chain, starting
            with it.
        cert_subject: its subject.
        cert_issuer: its issuer.
        status: `OK`, or what is wrong with it.
        accept: the verdict so far.
    """

    cert_encoded: str
    cert_subject: str
    cert_issuer: str
    status: str
    accept: bool

    @property
    def cert_encoded_b(self) -> bytes:
        """The bytes of `cert_encoded`."""
        return self.cert_encoded.encode("ascii")


@known_attributes()
@dataclass(slots=True)
class SSLStatusEvent:
    """A step of the handshake.

    Attributes:
        message: what was done, in words.
    """

    message: str


Event = (
    PITrailEvent
    | ConnectionStatusEvent
    | StartTransferEvent
    | TransferEvent
    | EndTransferEvent
    | ErrorEvent
    | ExpandEvent
    | SSLServerAuthenticationEvent
    | SSLStatusEvent
)
