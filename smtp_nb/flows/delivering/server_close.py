"""Server closes while messages are in flight, announced or not.

It announces the close by 421 (RFC 5321 section 3.8), or by refusing RSET, which a server that stays
may not do (section 4.1.1.5); Exim does after ten refused messages. Commands are answered in order,
so what has no answer when the connection ends after such a reply was not processed: it is not in
doubt. Some send 421 and stay to refuse the rest of what was written one by one; their replies are
read to the end.

After an unannounced close, whatever was written whole is in doubt. So the connection is checked
first, and a server that closes after its first message is no longer written to in one piece.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from smtp_nb.errors import ConnectionClosed, LinkError, MalformedReply, SMTPTimeout, TLSError
from smtp_nb.flows.delivering.envelope import hung_up
from smtp_nb.flows.delivering.transaction import Transaction
from smtp_nb.flows.intents import Flow
from smtp_nb.flows.session import QUIT_TIMEOUT, ClientSession


def drain_replies(
    session: ClientSession, transactions: Sequence[Transaction], error: LinkError
) -> Flow[None]:
    """Read what the server still sends, and withdraw what it did not process.

    Args:
        transactions: those whose end has no reply yet; `error` belongs to the first of them.

    Raises:
        ConnectionClosed: in place of `error`, where the server announced the close by a refusal.
    """
    last = session.last_reply
    if transactions[0].is_reset_refused and not isinstance(error, SMTPTimeout | MalformedReply):
        _withdraw(transactions)
        raise hung_up(last.text if last else "", last) from error
    if last is not None and last.code == 421:
        yield from _take_the_rest(session, transactions)


def _take_the_rest(session: ClientSession, transactions: Sequence[Transaction]) -> Flow[None]:
    waiting = deque(t for t in transactions if t.final is None)
    stays = False
    try:
        while waiting:
            command, reply = yield from session.next_reply(QUIT_TIMEOUT, "the server to hang up")
            waiting[0].take(command, reply)
            stays |= reply.is_success and command.verb != "RSET"
            if command.is_last_chunk:
                waiting.popleft()
    except (SMTPTimeout, MalformedReply):
        return
    except (LinkError, TLSError):
        if not stays:
            _withdraw(waiting)


def _withdraw(transactions: Iterable[Transaction]) -> None:
    for transaction in transactions:
        transaction.withdraw()


def check_alive(session: ClientSession) -> Flow[None]:
    """Check that the connection is still open, where messages leave in one piece with their
    envelope.

    Raises:
        ConnectionClosed: the server closed after its last reply; nothing was written.
    """
    is_in_one_piece = session.may_group and "CHUNKING" in session.extensions
    if is_in_one_piece and session.batches and (yield from session.is_stale()):
        session.trail.remark("the server hung up after the last message")
        yield from session.abort()
        raise ConnectionClosed("the server hung up after the last message")


def downgrade(
    session: ClientSession, transactions: Sequence[Transaction], error: LinkError
) -> None:
    """Be more careful with a server that does not honour what it offers."""
    if isinstance(error, SMTPTimeout):
        if session.protocol.waiting > 1:
            session.fall_back("the server did not answer every command of a group", group=False)
            error.fell_back = True
        return
    is_unheard = all(t.is_committed and not (t.reset or t.mail) for t in transactions)
    if is_unheard and session.batches == 1 and session.may_group:
        session.fall_back("the server hung up after its first message", group=False)
        error.fell_back = True
