"""GSSAPI (RFC 4752): Kerberos, with a cached ticket or one for the password.

A user name without a password names a principal of the ticket cache, no name takes its default. No
security layer is negotiated: TLS protects the connection.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from smtp_nb.errors import AuthenticationError
from smtp_nb.sasl import pyspnego
from smtp_nb.sasl.credentials import Credentials
from smtp_nb.sasl.exchange import ConnectionFacts, Exchange

if TYPE_CHECKING:
    import spnego

# Windows has it built in (SSPI).
MODULES = ("spnego",) if sys.platform == "win32" else ("spnego", "gssapi", "krb5")
_TICKET = "Get a ticket with kinit, or set user and password; mail_server is the name in the ticket"
_NO_LAYER = 1  # RFC 4752 section 3.3: the first byte is a set of bits


def gssapi(credentials: Credentials, facts: ConnectionFacts) -> Exchange:
    """Send the ticket, verify the server's proof, decline a security layer.

    Raises:
        Unsupported: the extra is not installed.
        AuthenticationError: there is no ticket, the server cannot prove itself, or insists on a
            layer of its own.
    """
    pyspnego.require("kerberos", *MODULES)
    context = pyspnego.attempt("Kerberos", lambda: _new_context(credentials, facts.host), _TICKET)
    challenge = yield pyspnego.step(context, None, "Kerberos", _TICKET)
    while not context.complete:
        answer = pyspnego.step(context, challenge or b"", "Kerberos")
        challenge = yield answer
    offer = pyspnego.attempt("Kerberos", lambda: context.unwrap(challenge or b"").data)
    if len(offer) != 4 or not offer[0] & _NO_LAYER:
        raise AuthenticationError(
            "the server insists on a SASL security layer; smtp_nb uses TLS instead"
        )
    choice = bytes([_NO_LAYER, 0, 0, 0]) + credentials.authorization_identity.reveal().encode()
    return (yield pyspnego.attempt("Kerberos", lambda: context.wrap(choice, encrypt=False).data))


def _new_context(credentials: Credentials, host: str) -> spnego.ContextProxy:
    import spnego

    return spnego.client(
        credentials.user or None,
        credentials.password.reveal() or None,
        hostname=host,
        service="smtp",
        protocol="kerberos",
    )
