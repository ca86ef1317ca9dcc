"""Handling of a request, without a socket: fault, reply, message store and trail.

Its owner gives octets to `machine`, asks for the next request with what goes wrong about it, waits
as long as that says, has it answered, and sends what `machine` then has to send.
"""

from __future__ import annotations

from smtp_nb.model.reply import Reply
from smtp_nb.protocol.commands import LAST_IN_GROUP
from smtp_nb.protocol.server.policy import END, GREETING, Request
from smtp_nb.protocol.server.replies import BARE_LINE_END
from smtp_nb.protocol.server.server import ServerProtocol
from smtp_nb.sandbox.faults import NO_ACTION, Action, Visitor
from smtp_nb.sandbox.session import Session
from smtp_nb.sandbox.shared_state import SharedState

FULL = Reply(452, ("4.3.1 The sandbox is full",))
GUESSING = Reply(421, ("4.7.0 Too many failed logins",))

_BEGINNINGS = frozenset({"MAIL", "SEND", "SOML", "SAML"})


class Reception:
    """Serves one client.

    Attributes:
        machine: the rules of the protocol.
        session: what is kept of the conversation.
    """

    def __init__(self, shared: SharedState, session: Session) -> None:
        self._shared = shared
        self.machine = ServerProtocol(shared.service, tls=shared.implicit_tls)
        self.session = session
        self._failed_logins = 0
        self._before = "", -1  # stage and group of the last request

    def next_request(self) -> tuple[Request, Action] | None:
        """The next request and what goes wrong about it, or None until more octets come."""
        request = self.machine.next_request()
        if request is None:
            return None
        faults = self._shared.faults
        return request, faults.strike(request, self._visitor) if faults else NO_ACTION

    def answer(self, request: Request, action: Action) -> None:
        """Note the request and answer it, unless the connection is cut before that."""
        self._judge(request)
        self._note(request)
        if action.cut == "before":
            if action.stored:
                self._store(request)
            return
        reply = self._limited(request, action.reply or request.reply)
        if reply.code < 300:
            self._store(request)
        self.session.server(self.machine.answer(reply))
        self.session.hello, self.session.user = self.machine.hello, self.machine.user

    @property
    def _visitor(self) -> Visitor:
        machine, session = self.machine, self.session
        host = session.peer.rpartition(":")[0]
        return Visitor(host, machine.user or "", machine.hello, session.number)

    def _limited(self, request: Request, reply: Reply) -> Reply:
        """The reply, unless the client has asked for too much."""
        if request.stage == "AUTH" and reply.code == 535:
            self._failed_logins += 1
            if self._failed_logins == self._shared.limits.logins:
                return GUESSING
        begins = reply.code < 300 and request.stage in _BEGINNINGS
        return FULL if begins and self._shared.is_full else reply

    def _judge(self, request: Request) -> None:
        """Remark on what is wrong although it works here, or is answered without its name."""
        session, group = self.session, self.session.group
        before, self._before = self._before, (request.stage, group)
        offers_groups = "PIPELINING" in self._shared.service.extensions
        if before[1] == group and (before[0] in LAST_IN_GROUP or not offers_groups):
            session.blunder("out-of-turn", f"sent before the reply to {before[0]}")
        if request.reply is BARE_LINE_END:
            session.blunder("bare-lf", "a line feed without its carriage return in a command")
        content = (
            request.transaction.content if request.shown == "." and request.transaction else b""
        )
        if bare := content.count(b"\n") - content.count(b"\r\n"):
            session.blunder("bare-lf", f"{bare} line feeds without carriage return in the content")

    def _note(self, request: Request) -> None:
        if request.stage == GREETING:
            return
        if request.transaction is not None and request.shown == ".":
            self.session.remark(f"{request.transaction.size} bytes of content", came=True)
        self.session.client(request.shown, request.credential)

    def _store(self, request: Request) -> None:
        """Keep the message, if this is the end of one that the rules allow."""
        transaction = request.transaction
        if request.stage == END and transaction is not None and request.reply.code < 300:
            self._shared.store(transaction, self.session)
