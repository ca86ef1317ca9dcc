"""Server policy: what a server offers, asks for and refuses, and its machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count

from smtp_nb.model.reply import Reply
from smtp_nb.protocol.dots import Unstuffer
from smtp_nb.protocol.server import replies
from smtp_nb.protocol.server.auth import Mechanism
from smtp_nb.protocol.server.replies import Refused, say

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
"""The keywords in the reply to EHLO, in order."""
# A server that accepts bare line ends is not the place to learn that they do harm.
ON_REQUEST = ("BINARYMIME",)
"""Keywords that are offered only on request."""

# The moments at which a server answers, beside the commands' own names.
GREETING = "GREETING"
END = "END"
UNKNOWN = "UNKNOWN"


def _ids() -> Callable[[], str]:
    """Queue ids, each returned once."""
    return map("{:06X}".format, count(1)).__next__


def _no_login(name: str, certificate: str) -> Mechanism:
    raise LookupError(name)


def _no_fault(name: str, response: bytes) -> str:
    return ""


@dataclass(frozen=True)
class Service:
    """What a server offers and requires.

    Attributes:
        extensions: keywords out of `EXTENSIONS` and `ON_REQUEST`. STARTTLS is offered only before
            TLS.
        max_size: bytes that a message may have.
        max_recipients: of one message; RFC 5321 section 4.5.3.1.8 asks for 100.
        mechanisms: names for the AUTH line.
        begin_login: starts the server's side of a mechanism, given its name and that of the client
            certificate inside TLS, if there was one.
        response_fault: what is wrong with the form of a response, given the mechanism's name and
            the bytes; empty if it may be checked.
        known_mechanisms: further names that a trail may show; they are no secrets.
        login_needs_tls: AUTH is offered only inside TLS.
        needs_login: MAIL is refused before a login.
        users: local parts that VRFY knows.
        lists: mailing lists for EXPN: a list's name and its members' addresses.
        greeting: what the server says of itself after its name.
        is_lenient: a bare LF ends a line too, in commands and in content: what smuggling needs.
        is_careless: a dot that a bare LF follows is content like any other, and is not unstuffed.
        new_id: makes the queue id of a message that is taken.
    """

    hostname: str
    extensions: tuple[str, ...] = EXTENSIONS
    max_size: int = 64 * 1024 * 1024
    max_recipients: int = 1000
    mechanisms: tuple[str, ...] = ()
    begin_login: Callable[[str, str], Mechanism] = field(default=_no_login, repr=False)
    known_mechanisms: frozenset[str] = frozenset()
    login_needs_tls: bool = False
    needs_login: bool = False
    users: frozenset[str] = frozenset()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_lenient: bool = False
    is_careless: bool = False
    greeting: str = "smtp_nb sandbox"
    response_fault: Callable[[str, bytes], str] = field(default=_no_fault, repr=False)
    new_id: Callable[[], str] = field(default_factory=_ids, repr=False)

    @cached_property
    def known_names(self) -> frozenset[str]:
        """The names that may stand after AUTH in a trail."""
        return self.known_mechanisms.union(self.mechanisms)

    def keywords(self, *, tls: bool) -> list[str]:
        """Return what the reply to EHLO lists, with parameters, inside or outside TLS."""
        lines = {name: name for name in self.extensions}
        lines["SIZE"] = f"SIZE {self.max_size}"
        lines["AUTH"] = f"AUTH {' '.join(self.mechanisms)}"
        hidden = {"STARTTLS"} if tls else set()
        if not self.mechanisms or (self.login_needs_tls and not tls):
            hidden.add("AUTH")
        return [lines[name] for name in self.extensions if name not in hidden]

    def verify(self, name: str) -> Reply:
        """Return the reply to VRFY (RFC 5321 section 3.5.3): definite for a user, open for an
        address.
        """
        if name in self.users:
            return say(250, f"2.1.5 <{name}@{self.hostname}>")
        return replies.TAKES_ANY if "@" in name else replies.NO_SUCH_USER

    def expand(self, name: str) -> Reply:
        """Return the reply to EXPN: a line for each member."""
        members = self.lists.get(name)
        if not members:
            return replies.NO_SUCH_LIST
        return Reply(250, tuple(f"2.1.5 <{member}>" for member in members))

    def check_login(self, mechanism: str, *, tls: bool, user: str | None) -> None:
        """Let AUTH pass (RFC 4954 section 4).

        Args:
            mechanism: its name, in capitals.
            tls: True inside TLS.
            user: who has logged in already, or None.

        Raises:
            Refused: it is not offered here or now.
        """
        if not self.mechanisms:
            raise Refused(replies.NOT_OFFERED)
        if self.login_needs_tls and not tls:
            raise Refused(replies.TLS_FIRST)
        if user is not None:
            raise Refused(replies.LOGGED_IN_ALREADY)
        if mechanism not in self.mechanisms:
            raise Refused(replies.UNKNOWN_MECHANISM)

    def check_sender(self, sender: str, parameters: Mapping[str, str]) -> None:
        """Let MAIL pass with this sender and these parameters.

        Raises:
            Refused: the address or the announced size is more than was offered.
        """
        if not sender.isascii() and "SMTPUTF8" not in parameters:
            raise Refused(replies.NEEDS_SMTPUTF8)
        if int(parameters.get("SIZE", "0")) > self.max_size:
            raise Refused(replies.TOO_BIG)

    def refuse_chunk(self, transaction: ReceivedTransaction | None) -> Reply | None:
        """The reply to a chunk that is out of order; None for one that may come."""
        if "CHUNKING" not in self.extensions:
            return replies.NOT_OFFERED
        if transaction is None:
            return replies.MAIL_FIRST
        return None if transaction.recipients else replies.NO_RECIPIENTS

    def judge(self, transaction: ReceivedTransaction) -> Reply:
        """The reply to a whole message."""
        if not transaction.recipients:
            return replies.NO_RECIPIENTS
        if transaction.size > self.max_size:
            return replies.TOO_BIG
        transaction.queue_id = self.new_id()
        return say(250, f"2.0.0 Ok: queued as {transaction.queue_id}")


@dataclass(slots=True)
class ReceivedTransaction:
    """An incoming message: MAIL to the end of the data.

    Attributes:
        verb: MAIL, or SEND, SOML, SAML.
        parameters: of MAIL, names in capitals, xtext decoded.
        recipients: those that were accepted, with the parameters of their RCPT.
        content: bytes as received, dots removed; complete once the message is.
        size: bytes so far, including those dropped because there were too many.
        is_chunked: BDAT has begun.
        bare_line_feeds: of the content of DATA, those without their carriage return.
        lost_dots: dots that unstuffing took although the client had not stuffed them.
        queue_id: once it is whole and taken.
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
    queue_id: str = ""

    @property
    def is_binary(self) -> bool:
        """True if its content is binary, so that only BDAT can carry it (RFC 3030)."""
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
        """Take a piece of content; bytes beyond `limit` are only counted."""
        self.size += len(piece)
        if self.size > limit:
            self.pieces.clear()
        elif piece:
            self.pieces.append(piece)


@dataclass(slots=True)
class Request:
    """A request to the server, and the reply that the rules give.

    Attributes:
        stage: the command's name, or GREETING, END (of the data) or UNKNOWN.
        reply: the server's reply, unless its owner overrides it.
        effect: what a 2yz or 3yz reply does to the state machine.
        address: the path of MAIL, RCPT, VRFY or EXPN.
        transaction: the message that the request belongs to.
        shown: the client's line for a trail; what could be a secret is masked.
        credential: a line of AUTH as received, never to be shown unasked.
        is_final: the session ends with the reply, whatever its code.
    """

    stage: str
    reply: Reply
    effect: Callable[[], None] | None = field(default=None, repr=False)
    address: str = ""
    transaction: ReceivedTransaction | None = None
    shown: str = ""
    credential: str = field(default="", repr=False)
    is_final: bool = False
