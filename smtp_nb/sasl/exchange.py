"""Exchange: the type of every mechanism, and what it may know of the connection."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

# Yields responses (first the initial one, or None if the server speaks first), gets challenges
# (None: the server said that the login is complete), returns what came after its last response.
Exchange = Generator[bytes | None, bytes | None, bytes | None]


def no_binding(kind: str) -> bytes | None:
    """A connection without TLS has nothing to bind a login to."""


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """What a mechanism may know of its connection.

    Attributes:
        host, port: the server's, as the user gave them; some mechanisms sign them.
        offered: the names in the server's AUTH line, in capitals, learnt inside TLS if there is
            TLS.
        is_protected: it cannot be read by others: TLS or loopback.
        allows_clear_text: a secret may cross it all the same, because the user allowed it.
        has_certificate: a client certificate was sent inside TLS.
        binding: what ties a login to this very TLS connection, by the registered name of the kind
            (RFC 5056); None where there is none.
    """

    host: str = ""
    port: int = 25
    offered: frozenset[str] = frozenset()
    is_protected: bool = False
    allows_clear_text: bool = False
    has_certificate: bool = False
    binding: Callable[[str], bytes | None] = no_binding
