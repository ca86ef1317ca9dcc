"""The shape of the server's side, and what it may know."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Generator
from dataclasses import dataclass

# Yields challenges, gets responses, returns the user who logged in, or None.
Service = Generator[bytes, bytes, str | None]


@dataclass(frozen=True, slots=True, repr=False)
class CredentialVerifier:
    """Where a login is checked.

    Attributes:
        lookup: the password of a user, or None if there is no such user. It is also the token for
            the logins that take one.
        certificate: the name in the certificate that the client showed inside TLS, or empty.
        host: our name.
    """

    lookup: Callable[[str], str | None]
    certificate: str = ""
    host: str = "sandbox.test"

    def check(self, user: str, password: str) -> str | None:
        """The user, if this is the password."""
        right = self.lookup(user)
        if right is None or not hmac.compare_digest(password.encode(), right.encode()):
            return None
        return user


def text(raw: bytes) -> str:
    """Octets that are not UTF-8 become a character that no password holds."""
    return raw.decode("utf-8", "replace")
