"""XOAUTH2 (Google's and Microsoft's) and OAUTHBEARER (RFC 7628): an OAuth token in one message.

A server that refuses sends its reason as a challenge in JSON, and its 535 only after a response to
that. The reason is not shown: a trail has it in base64, and all it adds to the 535 is a number.
"""

from __future__ import annotations

from smtp_nb.sasl.credentials import Credentials
from smtp_nb.sasl.exchange import ConnectionFacts, Exchange

_SEPARATOR = "\1"  # control-A, which no field can hold


def xoauth2(credentials: Credentials, facts: ConnectionFacts) -> Exchange:
    """Send user and token; answer the reason of a refusal by an empty line."""
    fields = (f"user={credentials.user}", f"auth=Bearer {credentials.token.reveal()}", "", "")
    if (yield _SEPARATOR.join(fields).encode()) is None:
        return None
    return (yield b"")


def oauthbearer(credentials: Credentials, facts: ConnectionFacts) -> Exchange:
    """Send user, host, port and token; answer the reason of a refusal by a control-A."""
    fields = (
        f"n,a={gs2_name(credentials.user)},",
        f"host={facts.host}",
        f"port={facts.port}",
        f"auth=Bearer {credentials.token.reveal()}",
        "",
        "",
    )
    if (yield _SEPARATOR.join(fields).encode()) is None:
        return None
    return (yield _SEPARATOR.encode())


def gs2_name(name: str) -> str:
    """Return a name as the header of RFC 5801 section 4 writes it."""
    return name.replace("=", "=3D").replace(",", "=2C")
