"""Logins (RFC 4422, RFC 4954): each mechanism is a generator from challenges to answers.

The room knows no SMTP: challenges and answers are octets, base64 and the 334 around them belong
to the flow. Whether a password may cross the wire in clear is not decided here either; the flow
asks `is_clear_text` and knows the line.

    exchange = sasl.exchange(sasl.choose(AuthMechanism.AUTO, offered, protected), credentials)
    initial = next(exchange)            # None: the server speaks first
    answer = exchange.send(challenge)   # for each 334
    sasl.finish(exchange)               # on 235

Strings are sent as UTF-8 exactly as given. RFC 4616 section 2 leaves SASLprep to the server for
PLAIN, and real servers compare the octets, so preparing them here would lock out passwords that
work elsewhere.
"""

from smtp_nb.sasl.credentials import Credentials
from smtp_nb.sasl.mechanisms import choose, exchange, finish, is_clear_text

__all__ = ["Credentials", "choose", "exchange", "finish", "is_clear_text"]
