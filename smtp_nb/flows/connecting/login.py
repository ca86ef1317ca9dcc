"""AUTH (RFC 4954)."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Callable, Generator

from smtp_nb import sasl
from smtp_nb.errors import AuthenticationError, ConnectionClosed, SMTPError
from smtp_nb.flows.intents import Call, Flow
from smtp_nb.flows.session import ClientSession
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.commands import AUTH_CANCEL, auth, auth_answer
from smtp_nb.sasl.exchange import no_binding

MAX_ROUNDS = 16  # no mechanism needs more, so a server that never stops asking is cut off
# RFC 4954 section 4: an initial response is sent only if it fits into a line of RFC 5321.
MAX_AUTH = 512

Exchange = Generator[bytes | None, bytes | None, None]


def login(session: ClientSession) -> Flow[None]:
    """Log in.

    Raises:
        ClearTextRefused: a secret would cross a wire in clear.
        ExtensionError: the server offers no usable mechanism.
        MissingError: a credential that it needs is not set.
        AuthenticationError: the server refused, or could not be trusted.
    """
    credentials = session.settings.credentials
    if credentials is None:
        return
    facts = _facts(session)
    mechanism = sasl.choose(session.settings.mechanism, credentials, facts)
    attempt = _by_token if "tokens" in mechanism.needs else _attempt
    reply = yield from attempt(session, mechanism, credentials, facts)
    if not reply.is_success:
        raise _refused(reply, mechanism.name)


def _facts(session: ClientSession) -> sasl.ConnectionFacts:
    settings, layer = session.settings, session.layer
    return sasl.ConnectionFacts(
        settings.host,
        settings.port,
        session.extensions.auth,
        is_protected=_is_protected(session),
        allows_clear_text=settings.allow_clear_text,
        has_certificate=bool(layer and settings.tls and settings.tls.identity),
        binding=layer.channel_binding if layer else no_binding,
    )


def _by_token(
    session: ClientSession,
    mechanism: sasl.Mechanism,
    credentials: sasl.Credentials,
    facts: sasl.ConnectionFacts,
) -> Flow[Reply]:
    """Try with a token; if the server refuses it, once more with a new one."""
    first = yield from _with_token(session, credentials, renew=False)
    reply = yield from _attempt(session, mechanism, first, facts)
    if reply.code != 535:
        return reply
    session.trail.remark("the server refused the token; asking the token source for a new one")
    second = yield from _with_token(session, credentials, renew=True)
    if second.token == first.token:
        return reply
    try:
        return (yield from _attempt(session, mechanism, second, facts))
    except ConnectionClosed:
        raise AuthenticationError(
            "the server refused the token and hung up",
            reply=reply,
            remedy="A new token was fetched: connect again",
        ) from None


def _with_token(
    session: ClientSession, credentials: sasl.Credentials, renew: bool
) -> Flow[sasl.Credentials]:
    """Ask the token source.

    Raises:
        SMTPError: raised by the source itself.
        AuthenticationError: it raised something else, whose words may quote a secret.
    """
    assert credentials.tokens is not None  # the mechanism needs them
    source = credentials.tokens.source
    try:
        seconds = session.settings.timeout_s
        notice = session.trail.notice("a token", seconds)
        token = yield Call(lambda: source(renew), "a token", seconds, notice)
    except SMTPError:
        raise
    except Exception as error:
        raise AuthenticationError(
            f"the token source failed with {type(error).__name__}",
            remedy="Call it on its own to see why",
        ) from None
    found = credentials.with_token(token)
    session.mask.add(found.token)
    return found


def _attempt(
    session: ClientSession,
    mechanism: sasl.Mechanism,
    credentials: sasl.Credentials,
    facts: sasl.ConnectionFacts,
) -> Flow[Reply]:
    """Run one AUTH up to its last reply; the mechanism must agree with a positive one."""
    exchange = sasl.exchange(mechanism.name, credentials, facts)
    initial = yield from _step(session, mechanism, lambda: next(exchange))
    reply = yield from _begin(session, mechanism.name, initial)
    for _ in range(MAX_ROUNDS):
        if reply.code != 334:
            break
        reply = yield from _answer(session, mechanism, exchange, reply)
    if reply.is_success:
        sasl.finish(exchange)
    return reply


def _step(
    session: ClientSession, mechanism: sasl.Mechanism, step: Callable[[], bytes | None]
) -> Flow[bytes | None]:
    """Run a step of the mechanism, on a thread if it takes long."""
    if not mechanism.takes_time:
        return step()
    timeout_s = session.settings.timeout_s
    what = f"{mechanism.name} to compute"
    notice = session.trail.notice(what, timeout_s)
    answer: bytes | None = yield Call(step, what, timeout_s, notice)
    return answer


def _begin(session: ClientSession, name: str, initial: bytes | None) -> Flow[Reply]:
    """Send AUTH, with the initial response if the server accepts one there.

    Where it is too long, or the server knows no initial responses, it answers the first challenge
    instead, which is empty then (RFC 4954 section 4). Some servers write a prompt there.
    """
    if initial is None:
        return (yield from session.ask(auth(name, None)))
    command = auth(name, initial)
    if len(command.line) <= MAX_AUTH:
        reply = yield from session.ask(command)
        if reply.code == 334 and not reply.lines[0]:
            return (yield from session.ask(auth_answer(initial)))
        if reply.code != 501:
            return reply
    reply = yield from session.ask(auth(name, None))
    if reply.code != 334:
        return reply
    return (yield from session.ask(auth_answer(initial)))


def _answer(
    session: ClientSession, mechanism: sasl.Mechanism, exchange: Exchange, reply: Reply
) -> Flow[Reply]:
    """Run one round, challenge in, answer out; an invalid challenge cancels the exchange first."""
    try:
        challenge = base64.b64decode(_only_line(reply), validate=True)
        answer = yield from _step(session, mechanism, lambda: exchange.send(challenge))
    except (ValueError, SMTPError) as error:
        yield from session.ask(AUTH_CANCEL)
        if isinstance(error, SMTPError):
            raise
        raise AuthenticationError(
            "the server sent an invalid challenge", reply=session.last_reply
        ) from None
    return (yield from session.ask(auth_answer(answer or b"")))


def _only_line(reply: Reply) -> str:
    if len(reply.lines) != 1:
        raise ValueError("a challenge is one line")
    return reply.lines[0]


def _refused(reply: Reply, name: str) -> AuthenticationError:
    if reply.code == 334:
        return AuthenticationError(f"the server sent too many challenges for {name}", reply=reply)
    words = " ".join(filter(None, (str(reply.code), reply.enhanced_code, reply.text)))
    return AuthenticationError(
        f"the server refused the login with {name}: {words!r}",
        reply=reply,
        remedy="Try again later; this says nothing about the password"
        if reply.is_transient
        else "Check user and password; some providers want an app password or OAuth",
    )


def _is_protected(session: ClientSession) -> bool:
    """True if the connection cannot be read on the wire. A proxy on this machine is not the
    server."""
    if session.layer is not None:
        return True
    peer = session.peer
    return peer is not None and session.settings.proxy is None and is_loopback(peer.remote_address)


def is_loopback(address: str) -> bool:
    """True for 127/8 and ::1, and nothing that Python versions disagree about, such as
    ::ffff:127.0.0.1.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return found.is_loopback and getattr(found, "ipv4_mapped", None) is None
