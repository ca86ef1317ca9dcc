"""AUTH (RFC 4954)."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Generator

from smtp_nb import sasl
from smtp_nb.errors import AuthenticationError, ClearTextRefused, SMTPError
from smtp_nb.flows.intents import Flow
from smtp_nb.flows.session import Session
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.commands import AUTH_CANCEL, auth, auth_answer

MAX_ROUNDS = 16  # no mechanism needs more; a server that asks on for ever is not served


def login(session: Session) -> Flow[None]:
    """Prove who we are.

    Raises:
        ClearTextRefused: the password would cross a wire in clear.
        ExtensionError: the server offers no mechanism that fits.
        AuthenticationError: the server said no, or could not be trusted.
    """
    settings = session.settings
    credentials = settings.credentials
    if credentials is None:
        return
    protected = is_protected(session)
    name = sasl.choose(settings.mechanism, session.extensions.auth, protected)
    if sasl.is_clear_text(name) and not protected:
        raise ClearTextRefused(
            f"{name} would send the password in clear to {settings.host}",
            remedy="Turn TLS on (ssl_start_mode='explicit'),"
            " or mean it: config('AllowClearTextAuth=True')",
        )
    exchange = sasl.exchange(name, credentials, settings.host)
    reply = yield from session.ask(auth(name, next(exchange)))
    for _ in range(MAX_ROUNDS):
        if reply.code != 334:
            break
        reply = yield from _answer(session, exchange, reply)
    if not reply.is_success:
        raise _refused(reply, name)
    sasl.finish(exchange)


def _answer(
    session: Session, exchange: Generator[bytes | None, bytes | None, None], reply: Reply
) -> Flow[Reply]:
    """One round: challenge in, answer out; on nonsense the exchange is cancelled first."""
    try:
        challenge = base64.b64decode(reply.lines[0], validate=True)
        answer = exchange.send(challenge)
    except (ValueError, StopIteration, SMTPError) as error:
        yield from session.ask(AUTH_CANCEL)
        if isinstance(error, SMTPError):
            raise
        raise AuthenticationError(
            "the server sent a challenge that makes no sense", reply=session.last_reply
        ) from None
    return (yield from session.ask(auth_answer(answer or b"")))


def _refused(reply: Reply, name: str) -> AuthenticationError:
    words = " ".join(filter(None, (str(reply.code), reply.enhanced_code, reply.text)))
    return AuthenticationError(
        f"the server refused the login by {name}: {words!r}",
        reply=reply,
        remedy="Try again later; this says nothing about the password"
        if reply.is_transient
        else "Check user and password; some providers want an app password or OAuth",
    )


def is_protected(session: Session) -> bool:
    """True if nobody on a wire can read the line, or the user allowed clear text (law: no
    credential crosses a wire in clear). A proxy on this machine is not the server."""
    if session.layer is not None or session.settings.allow_clear_text:
        return True
    peer = session.peer
    return peer is not None and session.settings.proxy is None and _is_loopback(peer.remote_address)


def _is_loopback(address: str) -> bool:
    """127/8 and ::1, and nothing that Python versions disagree about, such as ::ffff:127.0.0.1."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return found.is_loopback and getattr(found, "ipv4_mapped", None) is None
