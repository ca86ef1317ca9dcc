"""NTLM (MS-NLMP, MS-SMTPNTLM), in version 1 or 2, through pyspnego.

Version 1 is worth no more than a password in clear: an eavesdropper can compute the password's
hash, which is as good as the password. The server proves nothing in either version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smtp_nb.errors import Unsupported
from smtp_nb.sasl import pyspnego
from smtp_nb.sasl.credentials import Credentials
from smtp_nb.sasl.exchange import ConnectionFacts, Exchange

if TYPE_CHECKING:
    import spnego

MODULES = ("spnego",)


def ntlm(credentials: Credentials, facts: ConnectionFacts) -> Exchange:
    """Negotiate and answer the challenge. A domain is part of the user: DOMAIN\\user.

    Raises:
        Unsupported: pyspnego is not installed, or has changed internally.
        AuthenticationError: the challenge is not of this mechanism.
    """
    pyspnego.require("ntlm", *MODULES)
    context = pyspnego.attempt("NTLM", lambda: _new_context(credentials, facts.host))
    _set_version(context, credentials.uses_ntlm_v2)
    challenge = yield pyspnego.step(context, None, "NTLM")
    return (yield pyspnego.step(context, challenge or b"", "NTLM"))


def _new_context(credentials: Credentials, host: str) -> spnego.ContextProxy:
    import spnego

    return spnego.client(
        credentials.user,
        credentials.password.reveal(),
        hostname=host,
        service="smtp",
        protocol="ntlm",
        options=spnego.NegotiateOptions.use_ntlm,
    )


def _set_version(context: spnego.ContextProxy, is_v2: bool) -> None:
    """Choose the version for this login.

    pyspnego reads it from an environment variable, which belongs to the whole process and so is not
    safe where several threads log in.

    Raises:
        Unsupported: this pyspnego keeps it elsewhere.
    """
    inside = vars(context)
    if not {"_lm", "_nt_v1", "_nt_v2"} <= inside.keys():
        raise Unsupported("this pyspnego does not support choosing the version of NTLM")
    inside.update(_lm=not is_v2, _nt_v1=not is_v2, _nt_v2=is_v2)
