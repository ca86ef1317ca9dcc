"""Verifier: the type of the server's side, and what it may know."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Generator
from dataclasses import dataclass

# Yields challenges, gets responses, returns the user who logged in, or None.
Service = Generator[bytes, bytes, str | None]


@dataclass(frozen=True, slots=True, repr=False)
class CredentialVerifier:
    """The checks of a login.

    Attributes:
        lookup: returns the password of a user, or None if there is no such user. It is also the
            token for the mechanisms that take one.
        certificate: the name in the client certificate inside TLS, or empty.
        host: our name.
    """

    lookup: Callable[[str], str | None]
    certificate: str = ""
    host: str = "sandbox.test"

    def check(self, user: str, password: str) -> str | None:
        """Return the user, if this is the password."""
        right = self.lookup(user)
        if right is None or not hmac.compare_digest(password.encode(), right.encode()):
            return None
        return user


def text(raw: bytes) -> str:
    """Decode bytes; those that are not UTF-8 become a character that no password holds."""
    return raw.decode("utf-8", "replace")
