"""Handling of a request, without a socket: fault, reply, message store and trail.

Its owner passes bytes to `machine`, asks for the next request with what goes wrong about it, waits
as long as that says, has it answered, and sends what `machine` then has to send.
"""

from __future__ import annotations

from collections.abc import Iterator

from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server.policy import END, GREETING, Request
from smtp_nb.protocol.server.server import ServerProtocol
from smtp_nb.sandbox.faults.fault import Visitor
from smtp_nb.sandbox.faults.table import NO_ACTION, Action
from smtp_nb.sandbox.remarks import (
    AGAIN,
    Remark,
    on_command,
    on_content,
    on_turn,
    refusal_key,
    with_advice,
)
from smtp_nb.sandbox.session import ABANDONED, Session
from smtp_nb.sandbox.shared_state import SharedState

FULL = Reply(452, ("4.3.1 The sandbox is full",))
GUESSING = Reply(421, ("4.7.0 Too many failed logins",))

MAX_REFUSED = 10_000
"""So many refusals are remembered, so that trying again can be remarked upon."""

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
        self._advised: set[str] = set()
        self._refused_now: set[tuple[object, ...]] = set()  # in this transaction
        self._before = "", -1  # stage and group of the last request
        self._ready: list[bytes] = []
        self._late: list[tuple[Reply, bytes]] = []  # replies that come after the next one
        session.unfinished = lambda: self.machine.unfinished

    def next_request(self) -> tuple[Request, Action] | None:
        """The next request and what goes wrong about it, or None until more bytes come."""
        request = self.machine.next_request()
        if request is None:
            return None
        faults = self._shared.faults
        return request, faults.strike(request, self._visitor) if faults else NO_ACTION

    def answer(self, request: Request, action: Action) -> Reply | None:
        """Note the request and answer it; None if the connection is cut before that."""
        remarks = list(self._remarks(request))
        for remark in remarks:
            self.session.blunder(remark.key, remark.text)
        self._note(request)
        refusal = self._shared.door.refusal(self.session, request)
        if action.cut == "before":
            if action.stored:
                self._store(request)
            return None
        reply = self._limited(request, refusal or action.reply or request.reply)
        remarks += self._tried_again(request, reply)
        if reply.code < 300:
            self._store(request)
        given = self.machine.answer(with_advice(reply, [*self._new(remarks), *self._words(reply)]))
        if action.is_late:
            self._late.insert(0, (given, self.machine.data_to_send()))
        else:
            self._say((given, self.machine.data_to_send()), *self._late)
            self._late.clear()
        self.session.hello, self.session.user = self.machine.hello, self.machine.user
        self._shared.door.notice(self.session)
        return given

    def _words(self, reply: Reply) -> Iterator[Remark]:
        """What the door adds to a reply; the trail says so too."""
        if reply.code != 334 and (words := self._shared.door.words(self.session)):
            self.session.remark(words)
            yield Remark("", "", words)

    def _say(self, *replies: tuple[Reply, bytes]) -> None:
        for reply, octets in replies:
            self.session.server(reply)
            self._ready.append(octets)

    def data_to_send(self) -> bytes:
        """Return the replies since the last call; none is late any more."""
        self._say(*self._late)
        data = b"".join(self._ready)
        self._ready.clear()
        self._late.clear()
        return data

    @property
    def _visitor(self) -> Visitor:
        machine, session = self.machine, self.session
        host = session.peer.rpartition(":")[0]
        user = machine.user or self._shared.door.name_of(session)
        return Visitor(host, user, machine.hello, session.number, machine.tls)

    def _limited(self, request: Request, reply: Reply) -> Reply:
        """The reply, unless the client has asked for too much."""
        if request.stage == "AUTH" and reply.code == 535:
            self._failed_logins += 1
            if self._failed_logins == self._shared.limits.logins:
                return GUESSING
        begins = reply.code < 300 and request.stage in _BEGINNINGS
        return FULL if begins and self._shared.is_full else reply

    def _remarks(self, request: Request) -> Iterator[Remark]:
        """What is wrong with a request although it works here, or is answered in few words."""
        service, (before, group) = self._shared.service, self._before
        self._before = request.stage, self.session.group
        is_same = group == self.session.group
        yield from on_turn(before, is_same, "PIPELINING" in self.machine.offered)
        yield from on_command(request, service.hostname)
        yield from on_content(request)

    def _new(self, remarks: list[Remark]) -> list[Remark]:
        """Those to tell the client: each key once, so that thousands of replies stay short."""
        new = [remark for remark in remarks if remark.key not in self._advised]
        self._advised |= {remark.key for remark in new}
        return new

    def _tried_again(self, request: Request, reply: Reply) -> list[Remark]:
        """A remark if this client was refused the very same for good before."""
        visitor, refused = self._visitor, self._shared.refused
        self._forgive(request, reply)
        key = refusal_key(request, reply, (visitor.peer, visitor.hello, visitor.user))
        if key is None:
            return []
        before = refused.get(key)
        if key in self._refused_now or (before is not None and before.by != ABANDONED):
            self.session.blunder(AGAIN.key, AGAIN.text)
            return [AGAIN]
        self._refused_now.add(key)
        has_others = request.stage == "RCPT" and _recipients_of(request) > 0
        if not has_others and len(refused) < MAX_REFUSED:
            refused[key] = self.session
        return []

    def _forgive(self, request: Request, reply: Reply) -> None:
        """Who is refused one recipient of several need not leave him out of the next message."""
        if request.stage in _BEGINNINGS and reply.code < 300:
            self._refused_now.clear()
        elif request.stage == "RCPT" and reply.code < 300:
            for key in self._refused_now:
                self._shared.refused.pop(key, None)

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


def _recipients_of(request: Request) -> int:
    return len(request.transaction.recipients) if request.transaction else 0
