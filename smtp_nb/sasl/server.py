"""The server's side of the mechanisms, for the sandbox."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Generator

from smtp_nb.errors import Unsupported
from smtp_nb.sasl.cram_md5 import digest

Lookup = Callable[[str], str | None]
# Yields challenges, gets responses, returns the user who logged in, or None.
Service = Generator[bytes, bytes, str | None]


def serve(name: str, lookup: Lookup) -> Service:
    """Check a login: yields challenges, gets responses, returns the user or None.

    An initial response, if the client gave one, answers the first challenge, which then does not
    go out. A response that makes no sense is a failed login, never an exception.

    Args:
        lookup: the password of a user, or None if there is no such user.

    Raises:
        Unsupported: no such mechanism.
    """
    if service := SERVICES.get(name.upper()):
        return service(lookup)
    raise Unsupported(f"The login {name!r} is not known here")


def _plain(lookup: Lookup) -> Service:
    response = yield b""
    if response.count(b"\0") != 2:
        return None
    identity, user, password = (_text(field) for field in response.split(b"\0"))
    if identity not in ("", user):
        return None  # nobody here may act as somebody else
    return _check(lookup, user, password)


def _login(lookup: Lookup) -> Service:
    user = yield b"Username:"
    password = yield b"Password:"
    return _check(lookup, _text(user), _text(password))


def _cram_md5(lookup: Lookup) -> Service:
    challenge = f"<{secrets.token_hex(16)}@sandbox>".encode("ascii")
    response = yield challenge
    user, _, answer = response.rpartition(b" ")
    password = lookup(_text(user))
    right = digest((password or "").encode(), challenge)
    if password is None or not hmac.compare_digest(answer, right):
        return None
    return _text(user)


def _check(lookup: Lookup, user: str, password: str) -> str | None:
    right = lookup(user)
    if right is None or not hmac.compare_digest(password.encode(), right.encode()):
        return None
    return user


def _text(raw: bytes) -> str:
    # Octets that are not UTF-8 become a character that no password holds.
    return raw.decode("utf-8", "replace")


SERVICES: dict[str, Callable[[Lookup], Service]] = {
    "PLAIN": _plain,
    "LOGIN": _login,
    "CRAM-MD5": _cram_md5,
}
