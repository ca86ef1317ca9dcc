"""The server's side of the mechanisms, for the sandbox."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from smtp_nb import ambient
from smtp_nb.errors import Unsupported
from smtp_nb.sasl.cram_md5 import digest
from smtp_nb.sasl.mechanisms import BY_NAME
from smtp_nb.sasl.server.digest_md5 import digest_md5
from smtp_nb.sasl.server.scram import scram
from smtp_nb.sasl.server.verifier import CredentialVerifier, Service, text

NO_NUL = "PLAIN is NUL, user, NUL, password, all in one base64 (RFC 4616)"
_REASON = b'{"status":"401","schemes":"bearer","scope":"mail"}'
# RFC 7628 section 3.1, and Google's page for XOAUTH2: the user, then the token.
_OAUTHBEARER = re.compile(
    rb"n,a=([^,\x01]+),\x01(?:host=[^\x01]*\x01)?(?:port=\d+\x01)?auth=Bearer ([^\x01]+)\x01\x01"
)
_XOAUTH2 = re.compile(rb"user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01")


def serve(name: str, verifier: CredentialVerifier) -> Service:
    """Check a login: yields challenges, gets responses, returns the user or None.

    An initial response, if the client sent one, answers the first challenge, which is then not
    sent. An invalid response is a failed login, never an exception.

    Raises:
        Unsupported: no such mechanism.
    """
    if service := SERVICES.get(name.upper()):
        return service.check(verifier)
    raise Unsupported(f"the login {name!r} is not supported")


def response_fault(name: str, response: bytes) -> str:
    """What is wrong with the form of a response, for the reply 501; empty if it may be checked.

    Args:
        name: of the mechanism, in capitals.
        response: of the client, decoded.
    """
    service = SERVICES.get(name)
    return service.fault(response) if service else ""


def _no_fault(response: bytes) -> str:
    return ""


def _plain_fault(response: bytes) -> str:
    return NO_NUL if response and response.count(b"\0") != 2 else ""


def _plain(verifier: CredentialVerifier) -> Service:
    response = yield b""
    if response.count(b"\0") != 2:
        return None
    identity, user, password = map(text, response.split(b"\0"))
    if identity not in ("", user):
        return None  # acting as another user is not allowed here
    return verifier.check(user, password)


def _login(verifier: CredentialVerifier) -> Service:
    user = yield b"Username:"
    password = yield b"Password:"
    return verifier.check(text(user), text(password))


def _cram_md5(verifier: CredentialVerifier) -> Service:
    challenge = f"<{ambient.random(16).hex()}@{verifier.host}>".encode()
    response = yield challenge
    user, _, answer = response.rpartition(b" ")
    password = verifier.lookup(text(user))
    right = digest((password or "").encode(), challenge)
    if password is None or not hmac.compare_digest(answer, right):
        return None
    return text(user)


def _bearer(form: re.Pattern[bytes], verifier: CredentialVerifier) -> Service:
    response = yield b""
    if match := form.fullmatch(response):
        user = match[1].replace(b"=2C", b",").replace(b"=3D", b"=")
        if found := verifier.check(text(user), text(match[2])):
            return found
    yield _REASON
    return None


def _external(verifier: CredentialVerifier) -> Service:
    asked = text((yield b""))
    is_known = verifier.lookup(verifier.certificate) is not None
    return verifier.certificate if is_known and asked in ("", verifier.certificate) else None


class Served(NamedTuple):
    """A mechanism as a server has it.

    Attributes:
        check: its side of the exchange.
        is_usual: it is offered unless something else is asked for.
        by_certificate: it is offered where clients show certificates.
        fault: what is wrong with the form of a response, for a client that is told so.
    """

    check: Callable[[CredentialVerifier], Service]
    is_usual: bool = True
    by_certificate: bool = False
    fault: Callable[[bytes], str] = _no_fault


SERVICES = {
    "PLAIN": Served(_plain, fault=_plain_fault),
    "LOGIN": Served(_login),
    "CRAM-MD5": Served(_cram_md5),
    "SCRAM-SHA-1": Served(partial(scram, "sha1")),
    "SCRAM-SHA-256": Served(partial(scram, "sha256")),
    "XOAUTH2": Served(partial(_bearer, _XOAUTH2)),
    "OAUTHBEARER": Served(partial(_bearer, _OAUTHBEARER)),
    "DIGEST-MD5": Served(digest_md5, is_usual=False),
    "EXTERNAL": Served(_external, is_usual=False, by_certificate=True),
}
"""By name, in the order in which they are offered."""
USUAL = tuple(name for name, served in SERVICES.items() if served.is_usual)
KNOWN_NAMES = frozenset({*SERVICES, *BY_NAME})
"""What a trail may show after AUTH: anything else there may be a password."""
