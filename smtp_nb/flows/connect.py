"""From nothing to a session that takes mail: open, TLS, greeting, login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smtp_nb.errors import ExtensionError, PlaintextInjected, SMTPError
from smtp_nb.flows.intents import Ask, Flow, Open, Peer, Read, Write
from smtp_nb.flows.mask import unseen
from smtp_nb.flows.session import Proxy, Session
from smtp_nb.flows.verdict import refusal
from smtp_nb.model.enums import SSLStartMode
from smtp_nb.model.events import SSLServerAuthenticationEvent, SSLStatusEvent
from smtp_nb.protocol.commands import STARTTLS, ehlo, helo
from smtp_nb.protocol.extensions import NO_EXTENSIONS, parse_ehlo

if TYPE_CHECKING:
    from smtp_nb.wire.tls import TLSLayer


def connect(session: Session) -> Flow[None]:
    """Open the line and bring the session to where MAIL may follow.

    Raises:
        SMTPError: whatever failed; the line is closed again.
    """
    try:
        early = yield from _open(session)
        if session.settings.start_mode is SSLStartMode.IMPLICIT:
            yield from start_tls(session, early)
        else:
            session.protocol.receive_data(early)
        yield from _banner(session)
        yield from greet(session)
        if session.settings.start_mode is SSLStartMode.EXPLICIT:
            yield from _upgrade(session)
        if session.settings.credentials is not None:
            from smtp_nb.flows.login import login

            yield from unseen(login(session))
    except Exception as error:
        if isinstance(error, SMTPError):
            error.connection_survives = False  # a refusal too ends what was only beginning
        yield from session.abort()
        raise


def _open(session: Session) -> Flow[bytes]:
    """Open the line; gives what came in already behind a proxy's answer."""
    settings, early = session.settings, b""
    target = settings.proxy or settings
    peer: Peer = yield Open(target.host, target.port, settings.connect_timeout_s, settings.socket)
    session.peer, session.is_open = peer, True
    session.restart_clock()
    if settings.proxy:
        early = yield from unseen(_tunnel(session, settings.proxy))
    session.status("Remote host connection complete")
    return early


def _tunnel(session: Session, proxy: Proxy) -> Flow[bytes]:
    """CONNECT through an HTTP proxy.

    Raises:
        FirewallError: the proxy refused, failed or closed the line; in its own words.
    """
    from smtp_nb.wire.http_connect import HttpConnect

    settings = session.settings
    tunnel = HttpConnect(
        settings.host, settings.port, proxy.user, proxy.password, session.mask.text
    )
    yield Write(tunnel.request(), settings.connect_timeout_s)
    while not tunnel.is_done:
        tunnel.receive((yield Read(settings.connect_timeout_s, "the proxy")))
    session.status("Firewall connection complete")
    return tunnel.rest


def _banner(session: Session) -> Flow[None]:
    _, reply = yield from session.next_reply(session.settings.banner_timeout_s, "the banner")
    if reply.code != 220:
        raise refusal(reply, "the connection")


def greet(session: Session) -> Flow[None]:
    """EHLO, or HELO where EHLO is refused or not wanted (RFC 5321 section 4.1.1.1)."""
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


def _upgrade(session: Session) -> Flow[None]:
    """STARTTLS (RFC 3207), required: a server that does not offer it gets nothing more of us."""
    if "STARTTLS" not in session.extensions:
        raise ExtensionError(
            "the server does not offer STARTTLS, so the line would stay in clear",
            code=276,
            remedy="Is somebody stripping it? Without TLS only if you mean it: tls=none",
        )
    reply = yield from session.ask(STARTTLS)
    if reply.code != 220:
        raise refusal(reply, "STARTTLS", "Nothing was sent in clear")
    if session.protocol.has_rest:
        # CVE-2011-0411 and its many children: these would be read as if TLS had protected them.
        raise PlaintextInjected(
            "the server sent more in clear behind its 220 to STARTTLS",
            remedy="Somebody may be on the line; nothing was sent",
        )
    # RFC 3207 section 4.2: forget what was learnt in clear, or an attacker's EHLO outlives TLS.
    session.extensions = NO_EXTENSIONS
    session.protocol.restart_after_tls()
    yield from start_tls(session)
    yield from greet(session)


def start_tls(session: Session, early: bytes = b"") -> Flow[None]:
    """Run the handshake. The certificate is judged before the first octet that answers it.

    Args:
        early: octets of the server that have come in already.

    Raises:
        CertificateError: it was not accepted.
        TLSError: the handshake failed.
    """
    from smtp_nb.wire.tls import Step, TLSLayer, TLSSettings

    settings = session.settings
    layer = TLSLayer(settings.tls or TLSSettings(), settings.host)
    layer.receive(early)
    while (step := layer.handshake()) is not Step.DONE:
        if step is Step.DECIDE:
            yield from _decide(session, layer)
            continue
        if flight := layer.outgoing():
            yield Write(flight, settings.timeout_s)
        raw: bytes = yield Read(settings.timeout_s, "the TLS handshake")
        if not raw:
            layer.eof()
        layer.receive(raw)
    if flight := layer.outgoing():
        yield Write(flight, settings.timeout_s)
    session.layer = layer
    # What rode in one packet with the end of the handshake: the banner, with implicit TLS.
    session.protocol.receive_data(layer.receive(b""))
    for text in layer.steps:
        session.observer.emit(SSLStatusEvent(text))
    session.status("SSL handshake complete")


def _decide(session: Session, layer: TLSLayer) -> Flow[None]:
    """Let pin, flags and then the user's handler decide; what holds in the end is final."""
    verdict = layer.verdict
    event = SSLServerAuthenticationEvent(
        cert_encoded=verdict.chain_pem if session.settings.shows_chain else verdict.leaf_pem,
        cert_subject=verdict.subject,
        cert_issuer=verdict.issuer,
        status=verdict.status,
        accept=layer.is_acceptable,
    )
    yield Ask(event)
    if not event.accept:
        raise verdict.error()
    layer.accept()
