"""The nine events of the component, one value each. Fields are the reference's, in snake_case."""

from __future__ import annotations

from dataclasses import dataclass, field

from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.known import known_attributes


@known_attributes()
@dataclass(slots=True)
class PITrailEvent:
    """One line of the conversation, message content apart. Secrets are masked already.

    Attributes:
        direction: who speaks.
        message: the line without its line end.
        seconds: since the connection was opened.
        tls: True if the connection was protected.
        group: lines of ours that left in one write carry the same number; 0 is none.
        final: False for the first lines of a reply that goes on.
        connection: which of several at work together, from 1.
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
    """Proxy, TLS or connection made or lost, or waited for longer than 2 s.

    Attributes:
        connection_event: what changed: `Firewall connection complete`, `Remote host connection
            complete`, `SSL handshake complete`, `Remote host disconnected`, …
        status_code: the number of the error that changed it, 0 if it was none.
        description: the words for `status_code`.
        is_waiting: nothing has changed for a while: `connection_event` says what is waited for, and
            how long it may take. Beyond the reference.
    """

    connection_event: str
    status_code: int = 0
    description: str = ""
    is_waiting: bool = False


@known_attributes()
@dataclass(slots=True)
class StartTransferEvent:
    """The content begins to leave.

    Attributes:
        direction: who sends it: always the client.
    """

    direction: TrailDirection = TrailDirection.CLIENT


@known_attributes()
@dataclass(slots=True)
class TransferEvent:
    """A piece of the content left.

    Attributes:
        direction: who sends it: always the client.
        bytes_transferred: octets since the start of the content.
        percent_done: 0 to 100, or -1 if the size is not known.
        text_b: the piece, in octets.
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
    """The content is out.

    Attributes:
        direction: who sent it: always the client.
    """

    direction: TrailDirection = TrailDirection.CLIENT


@known_attributes()
@dataclass(slots=True)
class ErrorEvent:
    """Something went wrong that does not raise: a refused Bcc, say.

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
        address: as the server wrote it, with a display name perhaps.
    """

    address: str


@known_attributes()
@dataclass(slots=True)
class SSLServerAuthenticationEvent:
    """The server's certificate, before anything of ours answers it.

    A handler may change `accept`; what it holds when the handlers are done is the decision.

    Attributes:
        cert_encoded: the certificate in PEM; with SSLIncludeCertChain the chain, it first.
        cert_subject: whose it is.
        cert_issuer: who vouches for it.
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
        """The octets of `cert_encoded`."""
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
