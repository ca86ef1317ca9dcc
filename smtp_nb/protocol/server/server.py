"""Server state machine, without a socket: bytes in, one request at a time out.

Each request carries the reply that the rules give (RFC 5321, and 1870, 2034, 2920, 3030, 3207,
3461, 4954, 6152, 6531). The owner confirms it or replaces it, and only then does the machine move:
its state follows the reply that was sent. So a fault, a lesson or a policy is a different reply,
never a different machine.

Laws: only CRLF ends a line and only CRLF dot CRLF ends the data; lines, messages and the wait for a
line end are bounded; what came in clear after STARTTLS is discarded (RFC 3207 section 4.2); the
bytes of a chunk are never read as commands, even when the chunk was refused (RFC 3030 section 2).
What could be a password is in `Request.credential` and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from smtp_nb.errors import StateError
from smtp_nb.model.reply import Reply
from smtp_nb.model.secret import HIDDEN
from smtp_nb.protocol.commands import MAX_COMMAND
from smtp_nb.protocol.dots import Unstuffer
from smtp_nb.protocol.server import replies
from smtp_nb.protocol.server.arguments import MAIL, RCPT, Chunk, read_chunk, read_path
from smtp_nb.protocol.server.auth import LoginExchange, shown_line
from smtp_nb.protocol.server.command_table import FIXED, RULES
from smtp_nb.protocol.server.input_buffer import (
    LINE_LIMIT,
    LINE_LIMITS,
    PATIENCE,
    InputBuffer,
    read_text,
)
from smtp_nb.protocol.server.policy import (
    END,
    GREETING,
    UNKNOWN,
    ReceivedTransaction,
    Request,
    Service,
)
from smtp_nb.protocol.server.replies import Refused, say
from smtp_nb.protocol.server.states import ServerState, unfinished, waiting_for

_HELLO_NAME = re.compile(r"[^\s<>()@\\\",;]{1,255}\Z")
_CLOSING = frozenset({221, 421, 521})
_NO_COMMANDS = {"": replies.EMPTY_LINE} | dict.fromkeys(
    ("GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT"), replies.NOT_HTTP
)


class ServerProtocol:
    """One session, seen from the server.

    Call `receive_data`, then `next_request` and `answer` in turn until there is no request, then
    send what `data_to_send` returns. The first request, the greeting, needs no bytes.

    Attributes:
        state: what the next bytes are.
        tls: True inside TLS.
        hello: the name in the client's EHLO; empty before it.
        offered: the keywords in the reply to EHLO; none after HELO.
        user: the user who logged in.
        certificate: the name in the client certificate inside TLS, or empty.
        discarded: what came in clear after STARTTLS.
    """

    def __init__(self, service: Service, *, tls: bool = False) -> None:
        self.service = service
        self.state = ServerState.GREETING
        self.tls = tls
        self.hello = ""
        self.user: str | None = None
        self.certificate = ""
        self.discarded = b""
        self._is_welcome = self._has_forgotten = False
        self._intake = InputBuffer(service.is_lenient)
        self._outgoing: list[bytes] = []
        self._request: Request | None = None
        self.offered: frozenset[str] = frozenset()
        self._transaction: ReceivedTransaction | None = None
        self._unstuffer = Unstuffer()
        self._chunk = Chunk(0, is_last=False, left=0)
        self._login: LoginExchange | None = None
        self._login_tried = False

    def receive_data(self, data: bytes) -> None:
        """Take in bytes from the client, with TLS removed."""
        if self.state is not ServerState.CLOSED:
            self._intake.feed(data)

    @property
    def is_midway(self) -> bool:
        """True if a line, the content or a chunk has begun and has not ended."""
        if self.state is ServerState.DATA:
            return self._transaction is not None and self._transaction.size > 0
        return self.state is ServerState.CHUNK or len(self._intake) > 0

    @property
    def unfinished(self) -> str:
        """What the client has begun and not ended, as the key of a remark; empty for nothing."""
        return unfinished(self.state, self._intake.unended, self._transaction)

    @property
    def waiting(self) -> str:
        """What the session waits for, or what blocks it, in words."""
        return waiting_for(self.state, len(self._intake), self._transaction, self._chunk.left)

    def data_to_send(self) -> bytes:
        """Return the replies since the last call."""
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        return data

    def next_request(self) -> Request | None:
        """Return the next request, or None until more bytes arrive."""
        if self._request is not None:
            raise StateError("the previous request has not been answered yet")
        self._request = _READERS[self.state](self)
        return self._request

    def answer(self, reply: Reply | None = None) -> Reply:
        """Answer the current request, with `reply` in place of its own if given.

        Returns:
            The reply as sent: without enhanced code where none was offered.
        """
        request, self._request = self._request, None
        if request is None:
            raise StateError("no request is waiting for an answer")
        given = reply or request.reply
        if "ENHANCEDSTATUSCODES" not in self.offered:
            given = replies.without_enhanced_code(given)
        self._outgoing.append(replies.on_the_wire(given))
        if given.code < 400 and request.effect is not None:
            request.effect()
        if given.code in _CLOSING or request.is_final:
            self.state = ServerState.CLOSED
        return given

    def secured(self) -> None:
        """Note that TLS is established: what was learnt in clear is forgotten (RFC 3207 section
        4.2).
        """
        self.tls, self.state = True, ServerState.COMMANDS
        self._has_forgotten = bool(self.hello)
        self._forget()

    def _forget(self) -> None:
        self.hello, self.user = "", None
        self.offered, self._transaction = frozenset(), None

    # Readers: one for each state

    def _greet(self) -> Request:
        manner = ", lenient: a bare LF ends a line" if self.service.is_lenient else ""
        manner = ", careless: bare CR and LF pass" if self.service.is_careless else manner
        reply = say(220, f"{self.service.hostname} ESMTP {self.service.greeting}{manner}")
        self.state = ServerState.COMMANDS
        return Request(GREETING, reply, self._welcome)

    def _welcome(self) -> None:
        self._is_welcome = True

    def _read_nothing(self) -> None:
        """TLS is being established, or the session is over."""

    def _read_command(self) -> Request | None:
        try:
            line = self._intake.next_line()
        except Refused as refused:
            return Request(UNKNOWN, refused.reply, shown="…")
        if line is None:
            return None
        verb = line.partition(b" ")[0].decode("latin-1").upper()
        try:
            text = read_text(line, LINE_LIMITS.get(verb, LINE_LIMIT))
            return self._dispatch(verb, text)
        except Refused as refused:
            text = line[:LINE_LIMIT].decode("utf-8", "backslashreplace")
            stage = verb if verb in RULES else UNKNOWN
            text = shown_line(text, self.service.known_names, self._is_stray(verb))
            return Request(stage, refused.reply, shown=text, is_final=refused.is_final)

    def _read_response(self) -> Request | None:
        """A line inside AUTH."""
        exchange, text = self._login, ""
        assert exchange is not None
        try:
            line = self._intake.next_line()
            if line is None:
                return None
            text = read_text(line, MAX_COMMAND)
            if text in self.service.users:  # its name in clear may happen to look like base64
                raise Refused(replies.BAD_BASE64)
            request = self._login_request(exchange, exchange.step(text))
        except Refused as refused:
            request = Request("AUTH", refused.reply)
        self.state, self._login = ServerState.COMMANDS, None
        request.shown = "*" if text == "*" else HIDDEN
        request.credential = text
        return request

    def _read_data(self) -> Request | None:
        transaction = self._transaction
        assert transaction is not None
        transaction.add_lines(self._unstuffer, self._intake.take_lines(), self.service.max_size)
        if not self._unstuffer.finished:
            return None
        self._intake.put_back(self._unstuffer.rest)
        self.state, self._transaction = ServerState.COMMANDS, None
        return self._finish(transaction)

    def _read_chunk(self) -> Request | None:
        chunk, transaction = self._chunk, self._transaction
        piece = self._intake.take(chunk.left)
        chunk.left -= len(piece)
        if transaction is not None:
            transaction.add(piece, self.service.max_size)
        if chunk.left:
            return None
        # Unless the answer resumes it, the transaction is over: a refused chunk ends it.
        self.state, self._transaction = ServerState.COMMANDS, None
        if transaction is None or chunk.refusal is not None:
            request = Request("BDAT", chunk.refusal or replies.MAIL_FIRST)
        elif chunk.is_last:
            request = self._finish(transaction)
        else:
            request = self._continue(transaction)
        request.shown = f"BDAT {chunk.size}{' LAST' if chunk.is_last else ''}"
        return request

    # Commands

    def _dispatch(self, verb: str, text: str) -> Request | None:
        rule = RULES.get(verb)
        if rule is None:
            raise Refused(_NO_COMMANDS.get(verb, replies.UNKNOWN_COMMAND))
        # RFC 5321 section 3.1: after a greeting with 554 the client may only say QUIT.
        if not self._is_welcome and verb != "QUIT":
            raise Refused(replies.NOT_WELCOME)
        if rule.needs_hello and not self.hello and self._has_forgotten:
            raise Refused(replies.HELLO_AGAIN)
        argument = text[len(verb) :].strip(" ")
        rule.check(argument, self.service, self.hello, self._transaction)
        request = _HANDLERS[verb](self, verb, argument)
        if request is not None:
            request.shown = shown_line(text, self.service.known_names)
        return request

    def _is_stray(self, verb: str) -> bool:
        return self._login_tried and verb not in RULES

    def _hello(self, verb: str, argument: str) -> Request:
        if not _HELLO_NAME.match(argument):
            raise Refused(replies.BAD_NAME)
        offered = self.service.keywords(tls=self.tls) if verb == "EHLO" else []
        lines = (f"{self.service.hostname} greets {argument}", *offered)
        return Request(verb, Reply(250, lines), partial(self._greeted, argument, offered))

    def _greeted(self, name: str, offered: list[str]) -> None:
        user = self.user
        self._forget()
        self.hello, self.user = name, user
        self.offered = frozenset(line.partition(" ")[0] for line in offered)

    def _mail(self, verb: str, argument: str) -> Request:
        if self.service.needs_login and self.user is None:
            raise Refused(replies.LOGIN_FIRST)
        sender, parameters = read_path(argument, MAIL, self.offered)
        self.service.check_sender(sender, parameters)
        begun = ReceivedTransaction(verb, sender, parameters)
        return Request(verb, replies.SENDER_OK, partial(self._resume, begun), sender, begun)

    def _rcpt(self, verb: str, argument: str) -> Request:
        transaction = self._transaction
        assert transaction is not None
        if len(transaction.recipients) >= self.service.max_recipients:
            raise Refused(replies.TOO_MANY)
        recipient, parameters = read_path(argument, RCPT, self.offered)
        if not recipient.isascii() and "SMTPUTF8" not in transaction.parameters:
            raise Refused(replies.NEEDS_SMTPUTF8)
        effect = partial(transaction.recipients.append, (recipient, parameters))
        return Request(verb, replies.RECIPIENT_OK, effect, recipient, transaction)

    def _data(self, verb: str, argument: str) -> Request:
        transaction = self._transaction
        assert transaction is not None
        if transaction.is_binary:
            raise Refused(replies.NOT_IN_DATA)
        # RFC 2920 section 3.1: a server may answer 354 all the same, so DATA begins then too.
        reply = replies.GO_AHEAD if transaction.recipients else replies.NO_RECIPIENTS
        return Request(verb, reply, self._open_data, transaction=transaction)

    def _open_data(self) -> None:
        self.state, self._unstuffer = ServerState.DATA, Unstuffer(self.service.is_careless)

    def _bdat(self, verb: str, argument: str) -> Request | None:
        """The bytes come whatever the reply, so they are taken before it."""
        chunk, transaction = read_chunk(argument), self._transaction
        # A refused chunk's bytes are skipped: a count without bound would swallow all else.
        if chunk.size > self.service.max_size + PATIENCE:
            raise Refused(replies.HUGE_CHUNK, is_final=True)
        chunk.refusal = self.service.refuse_chunk(transaction)
        if transaction is not None and chunk.refusal is None:
            transaction.is_chunked = True
        self._chunk, self.state = chunk, ServerState.CHUNK
        return self._read_chunk()

    def _continue(self, transaction: ReceivedTransaction) -> Request:
        """A chunk that is not the last."""
        if transaction.size > self.service.max_size:
            return Request("BDAT", replies.TOO_BIG, transaction=transaction)
        reply = say(250, f"2.0.0 {self._chunk.size} bytes received")
        effect = partial(self._resume, transaction)
        return Request("BDAT", reply, effect, transaction=transaction)

    def _finish(self, transaction: ReceivedTransaction) -> Request:
        """The message is whole."""
        return Request(END, self.service.judge(transaction), transaction=transaction, shown=".")

    def _resume(self, transaction: ReceivedTransaction | None) -> None:
        self._transaction = transaction

    def _rset(self, verb: str, argument: str) -> Request:
        return Request(verb, replies.OK, partial(self._resume, None))

    def _fixed(self, verb: str, argument: str) -> Request:
        return Request(verb, FIXED[verb])

    def _vrfy(self, verb: str, argument: str) -> Request:
        name = argument.removesuffix(" SMTPUTF8").strip("<>")
        return Request(verb, self.service.verify(name), address=name)

    def _expn(self, verb: str, argument: str) -> Request:
        name = argument.removesuffix(" SMTPUTF8")
        return Request(verb, self.service.expand(name), address=name)

    # TLS and logins

    def _starttls(self, verb: str, argument: str) -> Request:
        if self.tls:
            raise Refused(replies.TLS_ALREADY)
        return Request(verb, replies.START_TLS, self._begin_tls)

    def _begin_tls(self) -> None:
        self.state, self.discarded = ServerState.HANDSHAKE, self._intake.take_all()

    def _auth(self, verb: str, argument: str) -> Request:
        self._login_tried = True
        name, _, initial = argument.partition(" ")
        self.service.check_login(name.upper(), tls=self.tls, user=self.user)
        mechanism = self.service.begin_login(name.upper(), self.certificate)
        exchange = LoginExchange(mechanism, partial(self.service.response_fault, name.upper()))
        request = self._login_request(exchange, exchange.begin(initial))
        request.credential = argument
        return request

    def _login_request(self, exchange: LoginExchange, reply: Reply) -> Request:
        effect = self._await_response if reply.code == 334 else self._log_in
        return Request("AUTH", reply, partial(effect, exchange))

    def _await_response(self, exchange: LoginExchange) -> None:
        self.state, self._login = ServerState.LOGIN, exchange

    def _log_in(self, exchange: LoginExchange) -> None:
        self.user = exchange.user


_HANDLERS: dict[str, Callable[[ServerProtocol, str, str], Request | None]] = {
    "EHLO": ServerProtocol._hello,
    "HELO": ServerProtocol._hello,
    "MAIL": ServerProtocol._mail,
    "SEND": ServerProtocol._mail,
    "SOML": ServerProtocol._mail,
    "SAML": ServerProtocol._mail,
    "RCPT": ServerProtocol._rcpt,
    "DATA": ServerProtocol._data,
    "BDAT": ServerProtocol._bdat,
    "RSET": ServerProtocol._rset,
    "NOOP": ServerProtocol._fixed,
    "VRFY": ServerProtocol._vrfy,
    "EXPN": ServerProtocol._expn,
    "HELP": ServerProtocol._fixed,
    "QUIT": ServerProtocol._fixed,
    "STARTTLS": ServerProtocol._starttls,
    "AUTH": ServerProtocol._auth,
}

_READERS: dict[ServerState, Callable[[ServerProtocol], Request | None]] = {
    ServerState.GREETING: ServerProtocol._greet,
    ServerState.COMMANDS: ServerProtocol._read_command,
    ServerState.LOGIN: ServerProtocol._read_response,
    ServerState.DATA: ServerProtocol._read_data,
    ServerState.CHUNK: ServerProtocol._read_chunk,
    ServerState.HANDSHAKE: ServerProtocol._read_nothing,
    ServerState.CLOSED: ServerProtocol._read_nothing,
}
