"""Windows: several messages in flight at once, on one connection.

Without CHUNKING the end of message n and the envelope of n+1 share a group (RFC 2920 section 3.1):
one round trip a message, and at most one message in doubt. With CHUNKING whole messages follow each
other (RFC 3030): one round trip a window, and a window of messages in doubt.

The law that makes it safe: a MAIL that is written before the previous transaction is known to have
succeeded has RSET before it in the same group. Without it a server may keep the sender of
a message whose recipient it refused, and deliver the next message under that name; Exim does.
And whether a message was sent is decided by the reply to its own end alone.

A server that stumbles gets no windows from then on, and the trail says so. One that announces its
close in the middle has not processed what follows, which is sent over another connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from smtp_nb.errors import LinkError, SMTPTimeout
from smtp_nb.flows.delivering.content import CHUNK, stuffed, whole
from smtp_nb.flows.delivering.envelope import envelope_commands, must_look_first, note_reply
from smtp_nb.flows.delivering.server_close import drain_replies
from smtp_nb.flows.delivering.transaction import Transaction
from smtp_nb.flows.intents import Flow, Prefetch
from smtp_nb.flows.session import QUIT_TIMEOUT, ClientSession
from smtp_nb.model.envelope import DeliveryJob
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.client import ClientState
from smtp_nb.protocol.commands import DATA, END_OF_DATA, RSET, Command, bdat
from smtp_nb.protocol.dots import TERMINATOR

# Larger messages go alone: a window is bounded in bytes, and their round trips matter less.
MAX_WINDOWED = 256 * 1024
# 503 and its like after a group: the server did not expect commands there.
_OUT_OF_STEP = frozenset({500, 501, 502, 503, 504})


class Window(Protocol):
    """The transactions that are in flight together, and those that may follow; see `Batch`."""

    @property
    def transactions(self) -> Sequence[Transaction]: ...

    def waited(self, seconds: float) -> None:
        """Note how long nothing came from the server while all was written."""

    def follow(self, in_flight: int) -> Flow[Sequence[Transaction]]:
        """With CHUNKING: what may be written now, while so many are in flight."""

    def follow_last(self) -> Flow[Sequence[Transaction]]:
        """Without CHUNKING: what follows the last one, which is about to be written."""


def may_overlap(session: ClientSession) -> bool:
    """True if messages may be in flight together on this connection."""
    return session.may_overlap and session.settings.send_rset


def fits_window(job: DeliveryJob) -> bool:
    """True if this message may be in flight together with others."""
    envelope = job.envelope
    return 0 <= job.content.size <= MAX_WINDOWED and not must_look_first(
        envelope.recipients, envelope.stop_on
    )


def run_window(session: ClientSession, window: Window) -> Flow[None]:
    """Run the transactions of a window and those that follow; each then knows its outcome.

    Raises:
        SMTPError: the session ended.
    """
    if "CHUNKING" in session.extensions:
        yield from _stream(session, window)
    else:
        yield from _overlap(session, window)
    for transaction in window.transactions:
        if transaction.contradicts_itself:
            raise LinkError("the server accepted a message whose sender it had refused")
    if any(map(is_out_of_step, window.transactions)):
        session.fall_back("the server does not accept commands after the end of a message")


def is_out_of_step(transaction: Transaction) -> bool:
    """True if the server refused the envelope only because it came too early: nothing was
    delivered, and the message may be accepted when sent by itself."""
    mail, final = transaction.mail, transaction.final
    refused = mail is not None and mail.code in _OUT_OF_STEP
    return refused and (final is None or not final.is_success)


# -- with CHUNKING ----------------------------------------------------------------------------


def _stream(session: ClientSession, window: Window) -> Flow[None]:
    """Send whole messages one after the other, and others as soon as replies have come."""
    fresh: Sequence[Transaction] = window.transactions[:]
    in_flight: deque[Transaction] = deque()
    timeout_s = session.settings.final_timeout_s
    while fresh or in_flight:
        in_flight += fresh
        if fresh:
            try:
                yield from _write_all(session, fresh)
            except LinkError as error:
                yield from _hear_out(session, window, in_flight, error)
                raise
            yield Prefetch(_ahead(session, window))
        else:
            yield from _take_some(session, window, in_flight, timeout_s)
        fresh = yield from window.follow(len(in_flight))


def _write_all(session: ClientSession, transactions: Sequence[Transaction]) -> Flow[None]:
    group: dict[Transaction, bytes] = {}
    size = 0
    for transaction in transactions:
        group[transaction] = content = whole(transaction)
        size += len(content)
        if size >= CHUNK:
            yield from _write(session, group)
            group, size = {}, 0
    yield from _write(session, group)


def _ahead(session: ClientSession, window: Window) -> int:
    """How many messages the next window may have."""
    return min(2 * len(window.transactions), session.settings.window)


def _hear_out(
    session: ClientSession, window: Window, in_flight: deque[Transaction], error: LinkError
) -> Flow[None]:
    """Read what a server said before it closed: it may tell what it did not process.

    Raises:
        LinkError: the end of what it said.
    """
    while in_flight and not isinstance(error, SMTPTimeout):
        yield from _take_some(session, window, in_flight, QUIT_TIMEOUT)


def _take_some(
    session: ClientSession, window: Window, in_flight: deque[Transaction], timeout_s: float | None
) -> Flow[None]:
    """Read the replies that have arrived, or wait for one; transactions that have ended leave."""
    began = session.clock()
    try:
        found = yield from session.next_replies(timeout_s)
        for command, reply in found:
            note_reply(in_flight[0], command, reply)
            if command.verb == "BDAT":
                in_flight.popleft()
    except LinkError as error:
        yield from drain_replies(session, in_flight, error)
        raise
    window.waited(session.clock() - began)


def _write(session: ClientSession, group: dict[Transaction, bytes]) -> Flow[None]:
    """Write whole messages; none of their bytes has been written before."""
    if not group:
        return
    envelopes: list[Sequence[Command]] = []
    for transaction, content in group.items():
        envelope = _envelope(session, transaction, is_next=bool(envelopes))
        envelopes.append((*envelope, bdat(len(content), last=True)))
    pieces: list[bytes] = []
    for head, content in zip(session.prepare_each(envelopes), group.values(), strict=True):
        pieces += (head, content)
    for transaction in group:
        transaction.is_committed = True
    yield from session.write(b"".join(pieces))


# -- without CHUNKING -------------------------------------------------------------------------


def _overlap(session: ClientSession, window: Window) -> Flow[None]:
    """Send the end of each message together with the envelope of the next."""
    first, *rest = window.transactions
    queue, replies = deque(rest), _Replies(session)
    yield from session.write(session.prepare(*_envelope(session, first), DATA))
    transaction: Transaction | None = first
    content = _Content(first)
    while transaction is not None:
        while not replies.note(transaction, "DATA"):
            yield from replies.wait()
        body = _body(transaction, content)
        if not queue and body and not transaction.is_void:
            queue += yield from window.follow_last()
        following = queue.popleft() if queue else None
        if body or following is not None:
            yield from _write_end(session, transaction, body, following)
            # While the server is at work.
            yield Prefetch(_ahead(session, window) - len(queue))
            if following is not None:
                content = _Content(following)
        if session.protocol.awaits(END_OF_DATA):
            while not replies.note(transaction, "END"):
                yield from replies.wait()
        transaction = following


def _write_end(
    session: ClientSession, transaction: Transaction, body: bytes, following: Transaction | None
) -> Flow[None]:
    groups: list[Sequence[Command]] = [(END_OF_DATA,)] if body else []
    if following is not None:
        groups.append((*_envelope(session, following, is_next=bool(body)), DATA))
    data = body + b"".join(session.prepare_each(groups))
    if body and not transaction.is_void:
        transaction.data = None
        transaction.is_committed = True
    yield from session.write(data)


class _Replies:
    """Replies one by one, of which all that answer one write arrive together as a rule."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session
        self._found: deque[tuple[Command, Reply]] = deque()

    def note(self, transaction: Transaction, last: str) -> bool:
        """Note those of one transaction that are there; True once that of its command `last` is
        among them."""
        while self._found:
            if note_reply(transaction, *self._found.popleft()) == last:
                return True
        return False

    def wait(self) -> Flow[None]:
        """Wait for more."""
        timeout_s = self._session.settings.final_timeout_s
        self._found += yield from self._session.next_replies(timeout_s)


class _Content:
    """A message's content as it goes on the wire, made before its turn comes."""

    def __init__(self, transaction: Transaction) -> None:
        self._octets = b""
        self._error: Exception | None = None
        try:
            self._octets = stuffed(transaction)
        except Exception as error:
            self._error = error

    def take(self) -> bytes:
        """Return it.

        Raises:
            Exception: it could not be read, which is said when its turn comes: what is in flight
                before it comes to its own end.
        """
        if self._error is not None:
            raise self._error
        return self._octets


def _body(transaction: Transaction, content: _Content) -> bytes:
    """What follows DATA: the content, a lone dot if it has no recipient left, or nothing."""
    if transaction.data is None or transaction.data.code != 354:
        return b""
    transaction.is_void = not transaction.has_recipient
    return TERMINATOR if transaction.is_void else content.take()


def _envelope(
    session: ClientSession, transaction: Transaction, *, is_next: bool = False
) -> tuple[Command, ...]:
    """MAIL and RCPTs, preceded by RSET unless the session is known to be clean.

    Args:
        is_next: what it follows is about to be written before it.
    """
    commands = tuple(envelope_commands(session, transaction))
    is_open = is_next or session.protocol.waiting or session.protocol.state is not ClientState.READY
    return (RSET, *commands) if is_open else commands
