"""Client commands, each built through one guard.

The guard is where data could turn into commands, so it is strict: one line, no control character,
no byte above 127 unless SMTPUTF8 allows it. Arguments have been parsed before they get here; the
guard backs the parsers up, it does not replace them.
"""

from __future__ import annotations

from dataclasses import field
from functools import lru_cache

from smtp_nb.errors import InjectionError, InputError
from smtp_nb.model.address import Mailbox, refuse_controls
from smtp_nb.model.known import value
from smtp_nb.model.secret import HIDDEN

# RFC 4954 section 4: the longest line of an exchange. Without AUTH, RFC 5321 asks for 512 and
# extensions add to it; the mailbox parser keeps MAIL and RCPT far below this.
MAX_COMMAND = 12288

# RFC 2920 section 3.1: these end a group; their replies are awaited before anything follows.
LAST_IN_GROUP = frozenset(
    {"EHLO", "HELO", "STARTTLS", "AUTH", "DATA", "VRFY", "EXPN", "NOOP", "TURN", "QUIT", "HELP"}
)


@value
class Command:
    """One command line.

    Attributes:
        verb: upper case; `BANNER`, `END` (of data) and `ANSWER` (within AUTH) name the other things
            that a reply may answer.
        line: the bytes on the wire, with the CRLF.
        shown: what a trail shows: the line without CRLF, secrets masked.
    """

    verb: str
    line: bytes = field(repr=False)  # that of a login holds the password
    shown: str

    @property
    def is_last_chunk(self) -> bool:
        """True for the BDAT that ends a message."""
        return self.verb == "BDAT" and self.shown.endswith(" LAST")


BANNER = Command("BANNER", b"", "")
END_OF_DATA = Command("END", b"", ".")
RSET = Command("RSET", b"RSET\r\n", "RSET")
DATA = Command("DATA", b"DATA\r\n", "DATA")
QUIT = Command("QUIT", b"QUIT\r\n", "QUIT")
STARTTLS = Command("STARTTLS", b"STARTTLS\r\n", "STARTTLS")


def command(verb: str, *arguments: str, utf8: bool = False) -> Command:
    """Build one command line from a verb and its arguments.

    Raises:
        InjectionError: an argument holds a line break or another control character.
        InputError: it is too long, or not ASCII where SMTPUTF8 is not in use.
    """
    text = " ".join((verb, *filter(None, arguments)))
    refuse_controls(text, f"the argument of {verb}")
    if not (utf8 or text.isascii()):
        raise InputError(
            f"{verb} must be ASCII here: {text!r}",
            remedy="Use another server: this one does not offer SMTPUTF8",
        )
    line = text.encode() + b"\r\n"
    if len(line) > MAX_COMMAND:
        raise InputError(f"{verb} is longer than {MAX_COMMAND} bytes", remedy="Shorten it")
    return Command(verb, line, text)


def single_argument(verb: str, argument: str) -> Command:
    """Return a command whose argument is one word without spaces (EHLO, HELO, LHLO).

    Raises:
        InjectionError: the argument holds a space or a control character, or is empty.
    """
    if not argument or " " in argument:
        raise InjectionError(
            f"the argument of {verb} must be one word, not {argument!r}",
            remedy="Give a domain name or an address literal",
        )
    return command(verb, argument)


def ehlo(name: str) -> Command:
    """Return EHLO with our name."""
    return single_argument("EHLO", name)


def helo(name: str) -> Command:
    """Return HELO with our name, for servers that refuse EHLO."""
    return single_argument("HELO", name)


def mail(
    sender: Mailbox | None, *parameters: str, verb: str = "MAIL", utf8: bool = False
) -> Command:
    """Return MAIL FROM (or SEND, SOML, SAML); None is the null path."""
    path = sender.address if sender else ""
    return command(verb, f"FROM:<{path}>", *parameters, utf8=utf8)


def rcpt(recipient: Mailbox, *parameters: str, utf8: bool = False) -> Command:
    """RCPT TO."""
    return command("RCPT", f"TO:<{recipient.address}>", *parameters, utf8=utf8)


@lru_cache(maxsize=256)  # in a mailing sizes repeat
def bdat(octets: int, *, last: bool) -> Command:
    """Return BDAT (RFC 3030); the bytes follow it."""
    return command("BDAT", str(octets), "LAST" if last else "")


def auth(mechanism: str, initial_response: bytes | None) -> Command:
    """Return AUTH with an initial response in base64, which no trail shows."""
    if initial_response is None:
        return command("AUTH", mechanism)
    import base64

    # RFC 4954 section 4: an empty response is written as "=" here, and as an empty line later.
    encoded = base64.b64encode(initial_response).decode("ascii") or "="
    built = command("AUTH", mechanism, encoded)
    return Command("AUTH", built.line, f"AUTH {mechanism} {HIDDEN}")


def auth_answer(answer: bytes) -> Command:
    """Return a response to a challenge, in base64, which no trail shows."""
    import base64

    return Command("ANSWER", base64.b64encode(answer) + b"\r\n", HIDDEN if answer else "")


AUTH_CANCEL = Command("ANSWER", b"*\r\n", "*")
