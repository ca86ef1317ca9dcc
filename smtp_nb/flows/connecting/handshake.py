"""TLS handshake on a connection, with the server or with a proxy before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from smtp_nb.flows.intents import Flow, Notify
from smtp_nb.flows.limits import Deadline
from smtp_nb.flows.session import ClientSession
from smtp_nb.model.events import SSLServerAuthenticationEvent

if TYPE_CHECKING:
    from smtp_nb.wire.tls.tls import TLSLayer
    from smtp_nb.wire.verification.verification import CertificateVerdict
    from smtp_nb.wire.verification.verify_errors import CertificateFinding


# What else there is to say about a verified chain, asked while the handshake waits.
Judge = Callable[[ClientSession, "CertificateVerdict"], Flow[list["CertificateFinding"]]]


def shake_hands(
    session: ClientSession, layer: TLSLayer, deadline: Deadline, judge: Judge | None = None
) -> Flow[None]:
    """Run the handshake. The certificate is verified before the first byte that answers it.

    Args:
        judge: asked if the settings want revocation lists to be asked.

    Raises:
        CertificateError: it was not accepted.
        TLSError: the handshake failed.
        SMTPTimeout: it did not finish in time, however much was received meanwhile.
    """
    from smtp_nb.wire.tls.tls import HandshakeStep

    try:
        while (step := layer.handshake()) is not HandshakeStep.DONE:
            if step is HandshakeStep.DECIDE:
                began = session.clock()
                yield from _decide(session, layer, judge)
                deadline.put_off(session.clock() - began)  # this wait is not the server's
                continue
            yield from _flush(session, layer, deadline)
            raw = yield from session.get(deadline)
            if not raw:
                layer.eof()
            layer.receive(raw)
        yield from _flush(session, layer, deadline)
    finally:
        session.tell_tls(layer)


def _flush(session: ClientSession, layer: TLSLayer, deadline: Deadline) -> Flow[None]:
    flight = layer.outgoing()
    session.tell_tls(layer)
    if flight:
        yield from session.put(flight, deadline.left())


def _decide(session: ClientSession, layer: TLSLayer, judge: Judge | None) -> Flow[None]:
    """Let pin, flags, revocation lists and then the user's handler decide; the result is final."""
    if judge is not None and layer.wants_revocation:
        layer.add_findings((yield from judge(session, layer.verdict)))
    verdict = layer.verdict
    event = SSLServerAuthenticationEvent(
        cert_encoded=verdict.chain_pem if session.settings.shows_chain else verdict.leaf_pem,
        cert_subject=verdict.subject,
        cert_issuer=verdict.issuer,
        status=verdict.status,
        accept=layer.is_acceptable,
    )
    yield Notify(event)
    if not event.accept:
        raise verdict.error()
    layer.accept()
