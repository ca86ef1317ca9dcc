"""LOGIN (draft-murchison-sasl-login): user name, then password, each after a prompt, in clear."""

from __future__ import annotations

from smtp_nb.sasl.credentials import Credentials
from smtp_nb.sasl.exchange import ConnectionFacts, Exchange


def login(credentials: Credentials, facts: ConnectionFacts) -> Exchange:
    """Answer the first prompt with the user name and the second with the password.

    The text of the prompts is ignored: servers write 'Username:', 'User Name' and worse.
    There is no initial response, because Exchange and old Postfix patches refuse one.
    """
    yield None
    yield credentials.user.encode()
    return (yield credentials.password.reveal().encode())
