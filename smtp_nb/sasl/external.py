"""EXTERNAL (RFC 4422 appendix A): the identity was proved by other means, such as a certificate."""

from __future__ import annotations

from smtp_nb.sasl.credentials import Credentials
from smtp_nb.sasl.exchange import ConnectionFacts, Exchange


def external(credentials: Credentials, facts: ConnectionFacts) -> Exchange:
    """Send the identity to act as. If it is empty the server takes the certificate's name."""
    return (yield (credentials.authorization_identity.reveal() or credentials.user).encode())
