"""PLAIN (RFC 4616): everything in one message, in clear."""

from __future__ import annotations

from smtp_nb.sasl.credentials import Credentials
from smtp_nb.sasl.exchange import ConnectionFacts, Exchange


def plain(credentials: Credentials, facts: ConnectionFacts) -> Exchange:
    """Send one message: authorization identity, NUL, user, NUL, password."""
    return (
        yield b"\0".join(
            text.encode()
            for text in (
                credentials.authorization_identity.reveal(),
                credentials.user,
                credentials.password.reveal(),
            )
        )
    )
