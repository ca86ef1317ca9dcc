"""Session setup: connection, TLS, greeting, login."""

from __future__ import annotations

from smtp_nb.errors import (
    ExtensionError,
    LinkError,
    MalformedReply,
    PlaintextInjected,
    SMTPError,
    SMTPTimeout,
)
from smtp_nb.flows.connecting.handshake import shake_hands
from smtp_nb.flows.connecting.opening import (
    IMPLICIT_PORT,
    ON_IMPLICIT_PORT,
    end_of_opening,
    open_connection,
)
from smtp_nb.flows.connecting.revocation import ask_lists
from smtp_nb.flows.intents import Flow
from smtp_nb.flows.limits import Deadline
from smtp_nb.flows.mask import unseen
from smtp_nb.flows.reply_errors import refusal
from smtp_nb.flows.session import ClientSession
from smtp_nb.model.enums import SSLStartMode
from smtp_nb.protocol.commands import STARTTLS, ehlo, helo
from smtp_nb.protocol.extensions import NO_EXTENSIONS, parse_ehlo

_PERHAPS_TLS = "A server that expects TLS from the first byte stays just as silent"


def connect(session: ClientSession) -> Flow[None]:
    """Open the connection and bring the session to the point where MAIL may follow.

    Raises:
        SMTPError: whatever failed; the connection is closed.
    """
    if session.settings.tls is not None:
        from smtp_nb.wire.tls.contexts import context_for

        context_for(session.settings.tls)  # reports what is not supported, before any byte
    try:
        yield from meet(session)
        if session.settings.start_mode is SSLStartMode.EXPLICIT:
            yield from upgrade(session)
        if session.settings.credentials is not None:
            from smtp_nb.flows.connecting.login import login

            yield from unseen(login(session))
    except Exception as error:
        if isinstance(error, SMTPError):
            error.connection_survives = False  # even a refusal ends a new session
        yield from session.abort()
        raise


def meet(session: ClientSession) -> Flow[None]:
    """Connect, read the banner and send EHLO, at the first address that gets this far.

    RFC 5321 section 5.1 wants every address tried. The next one is also tried if a server refuses
    us, or hangs up before anything but EHLO was sent.
    """
    opening = end_of_opening(session)
    left: tuple[str, ...] = ()
    failures: list[str] = []
    while True:
        stage = "opening"
        try:
            early = yield from open_connection(session, opening, left)
            stage, began = "banner", session.clock()
            if session.settings.start_mode is SSLStartMode.IMPLICIT:
                yield from start_tls(session, early)
            else:
                session.protocol.receive_data(early)
            yield from hear_banner(session)
            stage = "greeting"
            yield from greet(session)
            return
        except SMTPError as error:
            peer = None if stage == "opening" else session.peer
            left = peer.others if peer else ()
            if not peer or not left or session.settings.proxy or not _is_turned_away(error, stage):
                error.description = "; before that, ".join([error.description, *failures])
                raise
            failures.append(f"{peer.remote_address}: {error.description}")
            session.trail.remark(f"{failures[-1]}; trying the next address")
            opening.put_off(session.clock() - began)
            yield from session.start_over()


def _is_turned_away(error: SMTPError, stage: str) -> bool:
    """Whether another address of the server may do better."""
    if isinstance(error, LinkError):
        return not isinstance(error, (SMTPTimeout, MalformedReply))
    if error.reply is None:
        return False
    return stage == "banner" or error.reply.code == 421


def hear_banner(session: ClientSession) -> Flow[None]:
    """Wait for the banner, which says whether the server accepts us at all.

    A server that expects TLS stays silent to a client without it, so each waits for the other.
    """
    settings, hint = session.settings, ""
    if session.layer is None:
        hint = ON_IMPLICIT_PORT if settings.port == IMPLICIT_PORT else _PERHAPS_TLS
    what = f"the banner of {settings.host} port {settings.port}"
    try:
        _, reply = yield from session.next_reply(settings.banner_timeout_s, what, hint)
    except SMTPTimeout as error:
        if hint:
            error.remedy = f"{hint}: try ssl_start_mode='implicit'. {error.remedy}"
        raise
    if reply.code != 220:
        raise refusal(reply, "the connection")


def greet(session: ClientSession) -> Flow[None]:
    """Send EHLO, or HELO where EHLO is refused or turned off (RFC 5321 section 4.1.1.1)."""
    hello = session.hello
    if session.settings.allow_extensions:
        reply = yield from session.ask(ehlo(hello))
        if reply.is_success:
            session.extensions = parse_ehlo(reply)
            return
        if not reply.is_permanent:
            raise refusal(reply, "EHLO")
    session.extensions = NO_EXTENSIONS
    reply = yield from session.ask(helo(hello))
    if not reply.is_success:
        raise refusal(reply, "HELO")


def upgrade(session: ClientSession) -> Flow[None]:
    """Start TLS (RFC 3207); a server that does not offer it gets nothing more from us."""
    if "STARTTLS" not in session.extensions:
        raise ExtensionError(
            "the server does not offer STARTTLS, so the connection would stay in clear",
            code=276,
            remedy="Something on the way may strip it. Without TLS only if you mean it:"
            " ssl_start_mode='none'",
        )
    reply = yield from session.ask(STARTTLS)
    if reply.code != 220:
        raise refusal(reply, "STARTTLS", "Nothing was sent in clear")
    if session.protocol.has_rest:
        # CVE-2011-0411 and its many successors: these would be read as if TLS had protected them.
        raise PlaintextInjected(
            "the server sent more bytes in clear after its 220 to STARTTLS",
            remedy="This may be an attack on the connection; nothing was sent",
        )
    # RFC 3207 section 4.2: forget what was learnt in clear, or an attacker's EHLO outlives TLS.
    session.extensions = NO_EXTENSIONS
    session.protocol.restart_after_tls()
    yield from start_tls(session)
    yield from greet(session)


def start_tls(session: ClientSession, early: bytes = b"") -> Flow[None]:
    """Run the handshake. The certificate is verified before the first byte that answers it.

    Args:
        early: bytes of the server that were received already.

    Raises:
        CertificateError: it was not accepted.
        TLSError: the handshake failed.
    """
    from smtp_nb.wire.tls.tls import TLSLayer, TLSSettings

    settings = session.settings
    layer = TLSLayer(settings.tls or TLSSettings(), settings.host, settings.session_slot)
    layer.receive(early)
    deadline = Deadline(session.clock, settings.timeout_s, "the TLS handshake")
    yield from shake_hands(session, layer, deadline, ask_lists)
    session.layer = layer
    # What arrived in one packet with the end of the handshake: the banner, with implicit TLS.
    session.protocol.receive_data(layer.receive(b""))
    session.tell_tls()
    session.trail.status("SSL handshake complete")
