"""CRAM-MD5 (RFC 2195): the password is proved by a digest of the server's challenge."""

from __future__ import annotations

import hmac

from smtp_nb.errors import AuthenticationError
from smtp_nb.sasl.credentials import Credentials
from smtp_nb.sasl.exchange import ConnectionFacts, Exchange


def cram_md5(credentials: Credentials, facts: ConnectionFacts) -> Exchange:
    """Answer the challenge with the user name and the keyed digest in hexadecimal.

    Raises:
        AuthenticationError: the challenge is empty, so its digest could be replayed later.
    """
    challenge = yield None
    if not challenge:
        raise AuthenticationError("the server sent no challenge for CRAM-MD5")
    return (
        yield credentials.user.encode()
        + b" "
        + digest(credentials.password.reveal().encode(), challenge)
    )


def digest(password: bytes, challenge: bytes) -> bytes:
    """Return the keyed digest of RFC 2195 section 2, as lower-case hexadecimal."""
    return hmac.new(password, challenge, "md5").hexdigest().encode("ascii")
