"""SASL mechanisms (RFC 4422, RFC 4954): each is a generator from challenges to responses.

The room knows no SMTP: challenges and responses are bytes; base64 and the 334 around them belong to
the flow. What it may know of the connection is in a `ConnectionFacts`.

    mechanism = sasl.choose(AuthMechanism.AUTO, credentials, line)
    exchange = sasl.exchange(mechanism.name, credentials, line)
    initial = next(exchange)            # None: the server speaks first
    answer = exchange.send(challenge)   # for each 334
    sasl.finish(exchange)               # on 235

PLAIN, LOGIN and CRAM-MD5 send strings as UTF-8 exactly as given. RFC 4616 section 2 leaves SASLprep
to the server for PLAIN, and real servers compare the bytes, so preparing them here would lock out
passwords that work elsewhere. SCRAM prepares them, because only then do both sides hash the same.
"""

from smtp_nb.sasl.choice import choose
from smtp_nb.sasl.credentials import Credentials, Tokens, TokenSource
from smtp_nb.sasl.exchange import ConnectionFacts
from smtp_nb.sasl.mechanisms import Mechanism, exchange, finish

__all__ = [
    "ConnectionFacts",
    "Credentials",
    "Mechanism",
    "TokenSource",
    "Tokens",
    "choose",
    "exchange",
    "finish",
]
