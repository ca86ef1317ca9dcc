"""Session settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smtp_nb.flows.intents import SocketOptions
from smtp_nb.model.enums import AuthMechanism, FirewallType, SSLStartMode
from smtp_nb.model.secret import Secret
from smtp_nb.protocol.replies import MAX_LINE

if TYPE_CHECKING:
    from smtp_nb.sasl import Credentials
    from smtp_nb.wire.tls.sessions import SessionSlot
    from smtp_nb.wire.tls.tls import TLSSettings
    from smtp_nb.wire.verification.revocation import RevocationLists

# RFC 5321 section 4.5.3.2 asks for this much patience; an explicit `timeout` overrides it.
BANNER_TIMEOUT = 300.0
FINAL_REPLY_TIMEOUT = 600.0


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy to go through.

    Attributes:
        looks_up: it is given the server's name, not the address that we find.
        data: further header fields for an HTTP proxy, one on a line.
        tls: protects the connection to the proxy itself; None: that one is in clear.
    """

    kind: FirewallType
    host: str
    port: int
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    looks_up: bool = True
    data: Secret = field(default_factory=lambda: Secret(""))
    tls: TLSSettings | None = None


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """All that a session needs to know, fixed when it starts.

    Attributes:
        host: as the user gave it; certificates are checked against it.
        timeout_s: the wait for a reply; None waits without limit.
        banner_timeout_s, final_timeout_s: the two waits that RFC 5321 wants longer.
        allow_clear_text: a password may cross a wire in clear, because the user said so.
        pipelining: "auto" across messages, "message" within one, or "off".
        proxy: the connection goes through it, so its address says nothing about the server.
        session_slot: where the TLS session is kept, if sessions can be resumed.
        lists: revocation lists that were fetched earlier.
        shows_chain: the handler that judges the server's certificate sees those above it too.
    """

    host: str
    port: int = 25
    hello: str = ""
    start_mode: SSLStartMode = SSLStartMode.NONE
    tls: TLSSettings | None = None
    session_slot: SessionSlot | None = None
    lists: RevocationLists | None = None
    mechanism: AuthMechanism = AuthMechanism.USER_PASSWORD
    credentials: Credentials | None = None
    allow_extensions: bool = True
    allow_clear_text: bool = False
    timeout_s: float | None = 60.0
    connect_timeout_s: float | None = 60.0
    banner_timeout_s: float | None = BANNER_TIMEOUT
    final_timeout_s: float | None = FINAL_REPLY_TIMEOUT
    pipelining: str = "auto"
    window: int = 32
    send_rset: bool = True
    max_line: int = MAX_LINE
    proxy: Proxy | None = None
    shows_chain: bool = False
    socket: SocketOptions = field(default_factory=SocketOptions)


def secrets_of(settings: SessionSettings) -> list[Secret]:
    """The secrets to mask, even where a server echoes them."""
    login, proxy = settings.credentials, settings.proxy
    found = [login.password, login.authorization_identity] if login else []
    return [*found, proxy.password, *_parts(proxy.data)] if proxy else found


def _parts(data: Secret) -> list[Secret]:
    """What a proxy may echo of header fields: each value, and what follows a scheme."""
    values = [line.partition(":")[2].strip() for line in data.reveal().splitlines()]
    return [Secret(part) for value in values if value for part in {value, value.split()[-1]}]
