"""Server replies: the fixed ones, with the codes of RFC 5321, 2034, 3463, 4954 and 5248."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from smtp_nb.model.reply import Reply


class Refused(Exception):
    """Refuses a command; carries the reply that says why.

    Attributes:
        is_final: the session ends with this reply, whatever its code.
    """

    def __init__(self, reply: Reply, *, is_final: bool = False) -> None:
        super().__init__(str(reply))
        self.reply = reply
        self.is_final = is_final


def say(code: int, text: str) -> Reply:
    """Return a reply of one line."""
    return Reply(code, (text,))


OK = say(250, "2.0.0 Ok")
SENDER_OK = say(250, "2.1.0 Sender ok")
RECIPIENT_OK = say(250, "2.1.5 Recipient ok")
GO_AHEAD = say(354, "End data with a dot on a line of its own")
START_TLS = say(220, "2.0.0 Ready to start TLS")
LOGGED_IN = say(235, "2.7.0 Authentication succeeded")
TAKES_ANY = say(252, "2.5.2 Cannot tell, but will take the message")
GOODBYE = say(221, "2.0.0 Bye")

TOO_MANY = say(452, "4.5.3 Too many recipients")
TOO_BIG = say(552, "5.3.4 Message too big for this server")
UNKNOWN_COMMAND = say(500, "5.5.1 Command not recognised")
EMPTY_LINE = say(500, "5.5.2 An empty line is not a command")
NOT_OFFERED = say(502, "5.5.1 Command not offered here")
TOO_LONG = say(500, "5.5.2 Line too long (RFC 5321 section 4.5.3.1)")
BARE_LINE_END = say(500, "5.5.2 CR and LF only stand together (RFC 5321 section 2.3.8)")
BAD_OCTETS = say(500, "5.5.2 Control characters or broken UTF-8 in a command")
NO_ARGUMENT = say(501, "5.5.4 This command takes no argument")
NEEDS_ARGUMENT = say(501, "5.5.4 This command needs an argument")
BAD_NAME = say(501, "5.5.4 Give one domain name or address literal")
BAD_SENDER = say(501, "5.1.7 Bad sender address")
BAD_RECIPIENT = say(501, "5.1.3 Bad recipient address")
NEEDS_SMTPUTF8 = say(553, "5.6.7 A non-ASCII address needs the parameter SMTPUTF8 on MAIL")
BAD_BASE64 = say(501, "5.5.2 Not base64")
CANCELLED = say(501, "5.7.0 Authentication cancelled")
HELLO_FIRST = say(503, "5.5.1 Say EHLO first")
TLS_EXPECTED = say(554, "5.7.0 After STARTTLS comes the TLS handshake, and this is plain text")
HELLO_AGAIN = say(503, "5.5.1 Say EHLO again: TLS forgets what came before (RFC 3207, 4.2)")
MAIL_FIRST = say(503, "5.5.1 Give MAIL first")
NOT_WELCOME = say(503, "5.5.1 No service here: say QUIT")
NESTED_MAIL = say(503, "5.5.1 A transaction is already open")
NOT_IN_DATA = say(503, "5.5.1 A message with BODY=BINARYMIME comes by BDAT (RFC 3030)")
CHUNKS_BEGUN = say(503, "5.5.1 Only BDAT or RSET may follow a chunk (RFC 3030)")
TLS_ALREADY = say(503, "5.5.1 TLS is on already")
LOGGED_IN_ALREADY = say(503, "5.5.1 Logged in already")
UNKNOWN_MECHANISM = say(504, "5.5.4 Mechanism not offered")
LOGIN_FIRST = say(530, "5.7.0 Authentication required")
LOGIN_FAILED = say(535, "5.7.8 User name or password wrong")
TLS_FIRST = say(538, "5.7.11 Encryption required: STARTTLS first")
NO_SUCH_USER = say(550, "5.1.1 No such user here")
NO_SUCH_LIST = say(550, "5.1.1 No such list here")
NO_RECIPIENTS = say(554, "5.5.1 No valid recipients")

# Each of these ends the session: what follows cannot be distinguished from commands.
ENDLESS_LINE = say(421, "4.7.0 The line does not end")
HUGE_CHUNK = say(552, "5.3.4 More bytes than this server will pass over")
BAD_CHUNK = say(521, "5.5.4 Syntax: BDAT count [LAST]; its bytes would pass for commands")
NOT_HTTP = say(521, "5.5.1 This is SMTP, not HTTP")


def bad_path(keyword: str, argument: str = "") -> Reply:
    """Return the reply to `MAIL` or `RCPT` with an argument that is not a path; it says what is
    wrong.
    """
    hint = next(words for is_so, words in _PATH_HINTS if is_so(argument))
    return say(501, f"5.5.4 Syntax: {keyword}:<address>, {hint} (RFC 5321, 3.3)")


ONE_ADDRESS = "one address in each command"

_PATH_HINTS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda text: ":" not in text, "with a colon"),
    (lambda text: ": " in text or " :" in text, "no space at the colon"),
    (lambda text: text.count("@") > 1, ONE_ADDRESS),
    (lambda text: "<" not in text or ">" not in text, "with angle brackets"),
    (lambda text: True, "no space at the colon"),
)


def bad_parameter(keyword: str) -> Reply:
    """Return the reply to a parameter that is known but malformed, or given twice."""
    return say(501, f"5.5.4 Bad parameter {keyword}")


def unknown_parameter(keyword: str) -> Reply:
    """Return the reply to a parameter that no offered extension allows."""
    return say(555, f"5.5.4 Parameter {keyword} not recognised")


@lru_cache(maxsize=512)
def without_enhanced_code(reply: Reply) -> Reply:
    """Return the same reply for a session that was not offered ENHANCEDSTATUSCODES."""
    if not reply.enhanced_code:
        return reply
    return Reply(reply.code, tuple(reply.text.split("\n")))


def on_the_wire(reply: Reply) -> bytes:
    """Return the bytes of a reply."""
    if len(reply.lines) == 1:
        return f"{reply.code} {reply.lines[0]}\r\n".encode()
    return "".join(f"{line}\r\n" for line in reply.wire_lines()).encode()
