"""The server's role as a machine without a socket: octets in, one request at a time out.

Each request brings the answer that the rules give (RFC 5321, and 1870, 2034, 2920, 3030, 3207,
3461, 4954, 6152, 6531). The owner confirms it or puts another in its place, and only then does the
machine move: its state follows the answer that was given. So a fault, a lesson or a policy is a
different answer, never a different machine.

Laws: only CRLF ends a line and only CRLF dot CRLF ends the data; lines, messages and the wait for
a line end are bounded; what came in clear behind STARTTLS is thrown away (RFC 3207 section 4.2);
the octets of a chunk are never read as commands, also when the chunk was refused (RFC 3030
section 2). What could be a password is in `Request.credential` and nowhere else.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial

from smtp_nb.errors import StateError
from smtp_nb.model.reply import Reply
from smtp_nb.model.secret import HIDDEN
from smtp_nb.protocol import answers
from smtp_nb.protocol.answers import Refused, say
from smtp_nb.protocol.arguments import MAIL, RCPT, Chunk, read_chunk, read_path
from smtp_nb.protocol.commands import MAX_COMMAND
from smtp_nb.protocol.dots import Unstuffer
from smtp_nb.protocol.intake import Intake, read_text
from smtp_nb.protocol.service import END, GREETING, UNKNOWN, Login, Request, Service, Transaction

# RFC 5321 section 4.5.3.1.4, and what extensions add: SIZE 26, BODY 17, SMTPUTF8 10, RET and ENVID
# 115, AUTH 500 to MAIL; NOTIFY 28 and ORCPT 509 to RCPT (RFC 1870, 6152, 6531, 3461, 4954).
_LINE_LIMITS = {"MAIL": 1180, "RCPT": 1049, "AUTH": MAX_COMMAND}
_LINE_LIMIT = 512

_HELLO_NAME = re.compile(r"[^\s<>()@\\\",;]{1,255}\Z")
_CLOSING = frozenset({221, 421, 521})
_HTTP = frozenset({"GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT"})
# Only a known name is shown behind AUTH: anything else there may be a password.
_MECHANISM = re.compile(
    r"(?i)(PLAIN|LOGIN|CRAM-MD5|DIGEST-MD5|SCRAM-SHA-\d{1,3}(?:-PLUS)?|NTLM|GSSAPI"
    r"|XOAUTH2|OAUTHBEARER|EXTERNAL)\Z"
)


class State(Enum):
    """What the next octets are."""

    GREETING = auto()
    COMMANDS = auto()
    LOGIN = auto()
    DATA = auto()
    CHUNK = auto()
    HANDSHAKE = auto()
    """TLS; the owner calls `secured()` when it is up."""
    CLOSED = auto()


class ServerProtocol:
    """One session, seen from the server.

    Call `receive_data`, then `next_request` and `answer` in turn until there is no request, then
    send what `data_to_send` gives. The first request, the greeting, needs no octets.

    Attributes:
        state: what the next octets are.
        tls: True inside TLS.
        hello: the name that the client gave; empty before EHLO.
        user: who logged in.
        discarded: what stood in clear behind STARTTLS.
    """

    def __init__(self, service: Service, *, tls: bool = False) -> None:
        self.service = service
        self.state = State.GREETING
        self.tls = tls
        self.hello = ""
        self.user: str | None = None
        self.discarded = b""
        self._intake = Intake()
        self._outgoing: list[bytes] = []
        self._request: Request | None = None
        self._extensions: frozenset[str] = frozenset()
        self._transaction: Transaction | None = None
        self._unstuffer = Unstuffer()
        self._chunk = Chunk(0, False, 0)
        self._chunk_refusal: Reply | None = None
        self._login: Login | None = None
        self._login_tried = False

    def receive_data(self, data: bytes) -> None:
        """Take octets from the client, TLS taken off."""
        if self.state is not State.CLOSED:
            self._intake.feed(data)

    def data_to_send(self) -> bytes:
        """The replies since the last call."""
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        return data

    def next_request(self) -> Request | None:
        """The next thing to answer, or None until more octets come."""
        if self._request is not None:
            raise StateError("the request before was not answered yet")
        self._request = _READERS[self.state](self)
        return self._request

    def answer(self, reply: Reply | None = None) -> Reply:
        """Answer the request at hand, with `reply` in place of its own if given.

        Returns:
            The reply as it goes on the wire: without enhanced code where none was offered.
        """
        request, self._request = self._request, None
        if request is None:
            raise StateError("there is no request to answer")
        given = reply or request.reply
        if "ENHANCEDSTATUSCODES" not in self._extensions:
            given = answers.without_enhanced_code(given)
        self._outgoing.append(answers.on_the_wire(given))
        if given.code < 400 and request.effect is not None:
            request.effect()
        if given.code in _CLOSING:
            self.state = State.CLOSED
        return given

    def secured(self) -> None:
        """TLS is up: what was learnt in clear is forgotten (RFC 3207 section 4.2)."""
        self.tls, self.state = True, State.COMMANDS
        self._forget()

    def _forget(self) -> None:
        self.hello, self.user = "", None
        self._extensions, self._transaction = frozenset(), None

    # Readers: one for each state

    def _greet(self) -> Request:
        reply = say(220, f"{self.service.hostname} ESMTP smtp_nb sandbox")
        return Request(GREETING, "", reply, self._listen)

    def _listen(self) -> None:
        self.state = State.COMMANDS

    def _read_nothing(self) -> None:
        """TLS is coming up, or the session is over."""

    def _read_command(self) -> Request | None:
        try:
            line = self._intake.next_line()
        except Refused as refused:
            return Request(UNKNOWN, "…", refused.reply)
        if line is None:
            return None
        verb = line.partition(b" ")[0].decode("latin-1").upper()
        try:
            text = read_text(line, _LINE_LIMITS.get(verb, _LINE_LIMIT))
            return self._dispatch(verb, text)
        except Refused as refused:
            text = line[:_LINE_LIMIT].decode("utf-8", "backslashreplace")
            return Request(verb if verb in _RULES else UNKNOWN, self._shown(text), refused.reply)

    def _read_response(self) -> Request | None:
        """A line inside AUTH."""
        try:
            line = self._intake.next_line()
            if line is None:
                return None
            text = read_text(line, MAX_COMMAND)
            request = self._step(text)
        except Refused as refused:
            text, request = "", Request("AUTH", "", refused.reply)
        self.state = State.COMMANDS
        request.shown = "*" if text == "*" else HIDDEN
        request.credential = text
        return request

    def _read_data(self) -> Request | None:
        transaction = self._transaction
        assert transaction is not None
        transaction.add(self._unstuffer.feed(self._intake.take_all()), self.service.max_size)
        if not self._unstuffer.finished:
            return None
        self._intake.put_back(self._unstuffer.rest)
        return self._finish(transaction, ".")

    def _read_chunk(self) -> Request | None:
        chunk, transaction = self._chunk, self._transaction
        piece = self._intake.take(chunk.left)
        chunk.left -= len(piece)
        if transaction is not None:
            transaction.add(piece, self.service.max_size)
        if chunk.left:
            return None
        shown = f"BDAT {chunk.size}{' LAST' if chunk.is_last else ''}"
        if transaction is None:
            self.state = State.COMMANDS
            return Request("BDAT", shown, self._chunk_refusal or answers.MAIL_FIRST)
        if chunk.is_last:
            return self._finish(transaction, shown)
        return self._continue(transaction, shown)

    # Commands

    def _dispatch(self, verb: str, text: str) -> Request | None:
        rule = _RULES.get(verb)
        if rule is None:
            raise Refused(answers.NOT_HTTP if verb in _HTTP else answers.UNKNOWN_COMMAND)
        argument = text[len(verb) :].strip(" ")
        if verb == "BDAT":
            return self._bdat(argument)
        self._check(rule, argument)
        request = rule.read(self, verb, argument)
        request.shown = self._shown(text)
        return request

    def _check(self, rule: _Rule, argument: str) -> None:
        if rule.extension and rule.extension not in self.service.extensions:
            raise Refused(answers.NOT_OFFERED)
        if rule.argument is not None and rule.argument is not bool(argument):
            raise Refused(answers.NEEDS_ARGUMENT if rule.argument else answers.NO_ARGUMENT)
        if rule.needs_hello and not self.hello:
            raise Refused(answers.HELLO_FIRST)
        if rule.in_mail is False and self._transaction is not None:
            raise Refused(answers.NESTED_MAIL)
        if rule.in_mail is True and self._transaction is None:
            raise Refused(answers.MAIL_FIRST)

    def _shown(self, text: str) -> str:
        """The line for a trail, without what could be a password."""
        if text[:4].upper() == "AUTH":
            words = text.split(" ")[1:]
            name = [words[0]] if words and _MECHANISM.match(words[0]) else []
            return " ".join(["AUTH", *name, *([HIDDEN] if len(words) > len(name) else [])])
        # After a refused AUTH a client may send its secrets as if they had been asked for.
        if self._login_tried and text.partition(" ")[0].upper() not in _RULES:
            return HIDDEN
        return text

    def _hello(self, verb: str, argument: str) -> Request:
        if not _HELLO_NAME.match(argument):
            raise Refused(answers.BAD_NAME)
        offered = self._offered() if verb == "EHLO" else []
        lines = (f"{self.service.hostname} greets {argument}", *offered)
        return Request(verb, "", Reply(250, lines), partial(self._greeted, argument, offered))

    def _greeted(self, name: str, offered: list[str]) -> None:
        user = self.user
        self._forget()
        self.hello, self.user = name, user
        self._extensions = frozenset(line.partition(" ")[0] for line in offered)

    def _offered(self) -> list[str]:
        """The lines of the reply to EHLO, at this moment."""
        lines = {name: name for name in self.service.extensions}
        lines["SIZE"] = f"SIZE {self.service.max_size}"
        lines["AUTH"] = f"AUTH {' '.join(self.service.mechanisms)}"
        hidden = {"STARTTLS"} if self.tls else set()
        if not self.service.mechanisms or (self.service.login_needs_tls and not self.tls):
            hidden.add("AUTH")
        return [lines[name] for name in self.service.extensions if name not in hidden]

    def _mail(self, verb: str, argument: str) -> Request:
        if self.service.needs_login and self.user is None:
            raise Refused(answers.LOGIN_FIRST)
        sender, parameters = read_path(argument, MAIL, self._extensions)
        if not sender.isascii() and "SMTPUTF8" not in parameters:
            raise Refused(answers.NEEDS_SMTPUTF8)
        if int(parameters.get("SIZE", "0")) > self.service.max_size:
            raise Refused(answers.TOO_BIG)
        begun = Transaction(verb, sender, parameters)
        return Request(verb, "", answers.SENDER_OK, partial(self._resume, begun), sender, begun)

    def _rcpt(self, verb: str, argument: str) -> Request:
        transaction = self._transaction
        assert transaction is not None
        if transaction.is_chunked:
            raise Refused(answers.CHUNKS_BEGUN)
        recipient, parameters = read_path(argument, RCPT, self._extensions)
        if not recipient.isascii() and "SMTPUTF8" not in transaction.parameters:
            raise Refused(answers.NEEDS_SMTPUTF8)
        effect = partial(transaction.recipients.append, (recipient, parameters))
        return Request(verb, "", answers.RECIPIENT_OK, effect, recipient, transaction)

    def _data(self, verb: str, argument: str) -> Request:
        transaction = self._transaction
        assert transaction is not None
        if transaction.is_chunked:
            raise Refused(answers.CHUNKS_BEGUN)
        # RFC 2920 section 3.1: a server may answer 354 all the same, so the door opens then too.
        reply = answers.GO_AHEAD if transaction.recipients else answers.NO_RECIPIENTS
        return Request(verb, "", reply, self._open_data, transaction=transaction)

    def _open_data(self) -> None:
        self.state, self._unstuffer = State.DATA, Unstuffer()

    def _bdat(self, argument: str) -> Request | None:
        """The octets come whatever is said to them, so they are taken before the answer."""
        self._chunk, self.state = read_chunk(argument), State.CHUNK
        self._chunk_refusal = None
        transaction = self._transaction
        if "CHUNKING" not in self.service.extensions:
            self._transaction, self._chunk_refusal = None, answers.NOT_OFFERED
        elif transaction is not None and not transaction.recipients:
            self._transaction, self._chunk_refusal = None, answers.NO_RECIPIENTS
        elif transaction is not None:
            transaction.is_chunked = True
        return self._read_chunk()

    def _continue(self, transaction: Transaction, shown: str) -> Request:
        """A chunk that is not the last: unless it is refused, the transaction goes on."""
        self.state, self._transaction = State.COMMANDS, None
        if transaction.size > self.service.max_size:
            return Request("BDAT", shown, answers.TOO_BIG, transaction=transaction)
        reply = say(250, f"2.0.0 {self._chunk.size} octets received")
        return Request(
            "BDAT", shown, reply, partial(self._resume, transaction), transaction=transaction
        )

    def _finish(self, transaction: Transaction, shown: str) -> Request:
        """The message is whole; whatever the answer, the transaction is over."""
        self.state, self._transaction = State.COMMANDS, None
        if not transaction.recipients:
            reply = answers.NO_RECIPIENTS
        elif transaction.size > self.service.max_size:
            reply = answers.TOO_BIG
        else:
            reply = say(250, f"2.0.0 Ok: queued as {transaction.queue_id}")
        return Request(END, shown, reply, transaction=transaction)

    def _resume(self, transaction: Transaction | None) -> None:
        self._transaction = transaction

    def _rset(self, verb: str, argument: str) -> Request:
        return Request(verb, "", answers.OK, partial(self._resume, None))

    def _noop(self, verb: str, argument: str) -> Request:
        return Request(verb, "", answers.OK)

    def _quit(self, verb: str, argument: str) -> Request:
        return Request(verb, "", answers.GOODBYE)

    def _help(self, verb: str, argument: str) -> Request:
        names = " ".join(_RULES)
        return Request(verb, "", Reply(214, (f"2.0.0 Commands: {names}", "2.0.0 See RFC 5321")))

    def _vrfy(self, verb: str, argument: str) -> Request:
        name = argument.removesuffix(" SMTPUTF8").strip("<>")
        if name in self.service.users:
            reply = say(250, f"2.1.5 <{name}@{self.service.hostname}>")
        else:
            reply = answers.TAKES_ANY if "@" in name else answers.NO_SUCH_USER
        return Request(verb, "", reply, address=name)

    def _expn(self, verb: str, argument: str) -> Request:
        members = self.service.lists.get(argument)
        if not members:
            return Request(verb, "", answers.NO_SUCH_LIST, address=argument)
        reply = Reply(250, tuple(f"2.1.5 <{member}>" for member in members))
        return Request(verb, "", reply, address=argument)

    # TLS and logins

    def _starttls(self, verb: str, argument: str) -> Request:
        if self.tls:
            raise Refused(answers.TLS_ALREADY)
        return Request(verb, "", answers.START_TLS, self._begin_tls)

    def _begin_tls(self) -> None:
        self.state, self.discarded = State.HANDSHAKE, self._intake.take_all()

    def _auth(self, verb: str, argument: str) -> Request:
        self._login_tried = True
        name, _, initial = argument.partition(" ")
        if not self.service.mechanisms:
            raise Refused(answers.NOT_OFFERED)
        if self.service.login_needs_tls and not self.tls:
            raise Refused(answers.TLS_FIRST)
        if self.user is not None:
            raise Refused(answers.LOGGED_IN_ALREADY)
        if name.upper() not in self.service.mechanisms:
            raise Refused(answers.UNKNOWN_MECHANISM)
        self._login = self.service.begin_login(name.upper())
        request = self._challenge(next(self._login))
        if initial:
            request = self._step("" if initial == "=" else initial)
        request.credential = argument
        return request

    def _step(self, text: str) -> Request:
        """Take a response in base64 and go on with the mechanism."""
        login, self._login = self._login, None
        assert login is not None
        if text == "*":
            raise Refused(answers.CANCELLED)
        try:
            challenge = login.send(b64decode(text, validate=True))
        except ValueError:
            raise Refused(answers.BAD_BASE64) from None
        except StopIteration as end:
            return self._judge(end.value)
        self._login = login
        return self._challenge(challenge)

    def _challenge(self, challenge: bytes) -> Request:
        return Request("AUTH", "", say(334, b64encode(challenge).decode()), self._await_response)

    def _await_response(self) -> None:
        self.state = State.LOGIN

    def _judge(self, user: str | None) -> Request:
        if user is None:
            return Request("AUTH", "", answers.LOGIN_FAILED)
        return Request("AUTH", "", answers.LOGGED_IN, partial(self._log_in, user))

    def _log_in(self, user: str) -> None:
        self.user = user


@dataclass(frozen=True, slots=True)
class _Rule:
    """When a command is in order, and who reads it.

    Attributes:
        argument: True it has one, False it has none, None it may.
        extension: the keyword that has to be offered.
        in_mail: True only inside a transaction, False only outside, None both.
    """

    read: Callable[[ServerProtocol, str, str], Request]
    argument: bool | None = None
    extension: str = ""
    needs_hello: bool = False
    in_mail: bool | None = None


_RULES: dict[str, _Rule] = {
    "EHLO": _Rule(ServerProtocol._hello, argument=True),
    "HELO": _Rule(ServerProtocol._hello, argument=True),
    **{
        verb: _Rule(ServerProtocol._mail, True, extension, needs_hello=True, in_mail=False)
        for verb, extension in {"MAIL": "", "SEND": "SEND", "SOML": "SOML", "SAML": "SAML"}.items()
    },
    "RCPT": _Rule(ServerProtocol._rcpt, argument=True, in_mail=True),
    "DATA": _Rule(ServerProtocol._data, argument=False, in_mail=True),
    "BDAT": _Rule(ServerProtocol._noop),  # read before the rules, for its octets come anyway
    "RSET": _Rule(ServerProtocol._rset, argument=False),
    "NOOP": _Rule(ServerProtocol._noop),
    "VRFY": _Rule(ServerProtocol._vrfy, argument=True, extension="VRFY"),
    "EXPN": _Rule(ServerProtocol._expn, argument=True, extension="EXPN"),
    "HELP": _Rule(ServerProtocol._help, extension="HELP"),
    "QUIT": _Rule(ServerProtocol._quit, argument=False),
    "STARTTLS": _Rule(ServerProtocol._starttls, False, "STARTTLS", True, in_mail=False),
    "AUTH": _Rule(ServerProtocol._auth, True, needs_hello=True, in_mail=False),
}

_READERS: dict[State, Callable[[ServerProtocol], Request | None]] = {
    State.GREETING: ServerProtocol._greet,
    State.COMMANDS: ServerProtocol._read_command,
    State.LOGIN: ServerProtocol._read_response,
    State.DATA: ServerProtocol._read_data,
    State.CHUNK: ServerProtocol._read_chunk,
    State.HANDSHAKE: ServerProtocol._read_nothing,
    State.CLOSED: ServerProtocol._read_nothing,
}
