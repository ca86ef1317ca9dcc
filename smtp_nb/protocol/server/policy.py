"""What a server offers and asks for, and what passes between it and its machine: values only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

from smtp_nb.model.reply import Reply
from smtp_nb.protocol.dots import Unstuffer
from smtp_nb.protocol.server import replies
from smtp_nb.protocol.server.auth import Mechanism
from smtp_nb.protocol.server.replies import say

EXTENSIONS = (
    "PIPELINING",
    "SIZE",
    "8BITMIME",
    "SMTPUTF8",
    "CHUNKING",
    "DSN",
    "ENHANCEDSTATUSCODES",
    "STARTTLS",
    "AUTH",
    "VRFY",
    "EXPN",
    "HELP",
    "SEND",
    "SOML",
    "SAML",
)
"""The keywords that the reply to EHLO shows, in its order."""
# A server that takes bare line ends is no good place to learn that they do harm.
ON_REQUEST = ("BINARYMIME",)
"""Keywords that it shows only where they were asked for."""

# The moments at which a server answers, beside the commands' own names.
GREETING = "GREETING"
END = "END"
UNKNOWN = "UNKNOWN"


_numbers = count(1)


def _new_id() -> str:
    """A queue id, unique within the process."""
    return f"{next(_numbers):06X}"


def _no_login(name: str, certificate: str) -> Mechanism:
    raise LookupError(name)


@dataclass(frozen=True)
class Service:
    """What a server offers and asks for.

    Attributes:
        extensions: keywords out of `EXTENSIONS` and `ON_REQUEST`. STARTTLS shows before TLS only.
        max_size: octets that a message may have.
        max_recipients: of one message; RFC 5321 section 4.5.3.1.8 asks for 100.
        mechanisms: names for the AUTH line.
        begin_login: starts the server's side of a mechanism, given its name and that of the
            certificate which the client showed inside TLS, if it did.
        login_needs_tls: AUTH is offered inside TLS only.
        needs_login: MAIL is refused before a login.
        users: local parts that VRFY knows.
        lists: what EXPN knows: a list's name and its members' addresses.
        is_lenient: a bare LF ends a line too, in commands and in content: what smuggling needs.
    """

    hostname: str
    extensions: tuple[str, ...] = EXTENSIONS
    max_size: int = 64 * 1024 * 1024
    max_recipients: int = 1000
    mechanisms: tuple[str, ...] = ()
    begin_login: Callable[[str, str], Mechanism] = field(default=_no_login, repr=False)
    login_needs_tls: bool = False
    needs_login: bool = False
    users: frozenset[str] = frozenset()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_lenient: bool = False

    def keywords(self, *, tls: bool) -> list[str]:
        """What the reply to EHLO lists, with its parameters, inside or outside TLS."""
        lines = {name: name for name in self.extensions}
        lines["SIZE"] = f"SIZE {self.max_size}"
        lines["AUTH"] = f"AUTH {' '.join(self.mechanisms)}"
        hidden = {"STARTTLS"} if tls else set()
        if not self.mechanisms or (self.login_needs_tls and not tls):
            hidden.add("AUTH")
        return [lines[name] for name in self.extensions if name not in hidden]

    def verify(self, name: str) -> Reply:
        """The reply to VRFY (RFC 5321 section 3.5.3): sure of a user, open about an address."""
        if name in self.users:
            return say(250, f"2.1.5 <{name}@{self.hostname}>")
        return replies.TAKES_ANY if "@" in name else replies.NO_SUCH_USER

    def expand(self, name: str) -> Reply:
        """The reply to EXPN: a line for each member."""
        members = self.lists.get(name)
        if not members:
            return replies.NO_SUCH_LIST
        return Reply(250, tuple(f"2.1.5 <{member}>" for member in members))


@dataclass(slots=True)
class ReceivedTransaction:
    """A message on its way in: MAIL to the end of the data.

    Attributes:
        verb: MAIL, or SEND, SOML, SAML.
        parameters: of MAIL, names in capitals, xtext decoded.
        recipients: those that were accepted, with the parameters of their RCPT.
        content: octets as they came, dots taken out; whole once the message is.
        size: octets so far, also those that were let go because there were too many.
        is_chunked: BDAT has begun.
        bare_line_feeds: of the content of DATA, those without their carriage return.
        lost_dots: dots that unstuffing took although the client had not stuffed them.
    """

    verb: str
    sender: str
    parameters: dict[str, str]
    recipients: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list, repr=False)
    size: int = 0
    is_chunked: bool = False
    bare_line_feeds: int = 0
    lost_dots: int = 0
    queue_id: str = field(default_factory=_new_id)

    @property
    def is_binary(self) -> bool:
        """True if its octets are no lines, so that only BDAT can carry them (RFC 3030)."""
        return self.parameters.get("BODY", "").upper() == "BINARYMIME"

    @property
    def content(self) -> bytes:
        if len(self.pieces) != 1:
            self.pieces[:] = [b"".join(self.pieces)]
        return self.pieces[0]

    def add_lines(self, unstuffer: Unstuffer, data: bytes, limit: int) -> None:
        """Take lines of DATA as they came, and note what is wrong with them."""
        piece = unstuffer.feed(data)  # which never parts a CR from its LF
        self.add(piece, limit)
        self.bare_line_feeds += piece.count(b"\n") - piece.count(b"\r\n")
        self.lost_dots = unstuffer.lost_dots

    def add(self, piece: bytes, limit: int) -> None:
        """Take a piece of content; beyond `limit` octets only count."""
        self.size += len(piece)
        if self.size > limit:
            self.pieces.clear()
        elif piece:
            self.pieces.append(piece)


@dataclass(slots=True)
class Request:
    """A moment at which the server answers, and the answer that the rules give.

    Attributes:
        stage: the command's name, or GREETING, END (of the data) or UNKNOWN.
        reply: what the server says, unless its owner knows better.
        effect: what a 2yz or 3yz reply does to the machine.
        address: the path of MAIL, RCPT, VRFY or EXPN.
        transaction: the message that the request belongs to.
        shown: the client's line for a trail; what could be a secret is masked.
        credential: a line of AUTH as it came, never to be shown unasked.
        is_final: the session ends with the answer, whatever its code.
    """

    stage: str
    reply: Reply
    effect: Callable[[], None] | None = field(default=None, repr=False)
    address: str = ""
    transaction: ReceivedTransaction | None = None
    shown: str = ""
    credential: str = field(default="", repr=False)
    is_final: bool = False
