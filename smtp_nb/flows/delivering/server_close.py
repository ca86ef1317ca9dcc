"""A server that takes its leave while messages are under way, in words or without.

It says so by 421 (RFC 5321 section 3.8), or by a no to RSET, which nobody may say who stays
(section 4.1.1.5); Exim does after ten refused messages. Commands are answered in their order, so
what has no answer when the connection ends behind such words was not looked at: it is not in doubt.
Some say 421 and stay to refuse the rest of what was written one by one; they are heard to the end.

Without a word, whatever was written whole is in doubt. So the connection is looked at before, and a
server that goes behind its first message is not written to in one piece any more.
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
    """Take what the server still says, and withdraw what it did not look at.

    Args:
        transactions: those whose end has no reply yet; `error` came with the first of them.

    Raises:
        ConnectionClosed: in place of `error`, where the server's words for its leave are a no.
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
    """Make sure that the connection still stands, where messages leave in one piece with their
    envelope.

    Raises:
        ConnectionClosed: the server has gone since its last reply; nothing was written.
    """
    is_in_one_piece = session.may_group and "CHUNKING" in session.extensions
    if is_in_one_piece and session.batches and (yield from session.is_stale()):
        session.trail.remark("the server hung up behind the last message")
        yield from session.abort()
        raise ConnectionClosed("the server hung up behind the last message")


def downgrade(
    session: ClientSession, transactions: Sequence[Transaction], error: LinkError
) -> None:
    """Be more careful with a server that does not keep what it offers."""
    if isinstance(error, SMTPTimeout):
        if session.protocol.waiting > 1:
            session.fall_back("the server did not answer every command of a group", group=False)
            error.fell_back = True
        return
    is_unheard = all(t.is_committed and not (t.reset or t.mail) for t in transactions)
    if is_unheard and session.batches == 1 and session.may_group:
        session.fall_back("the server hung up behind its first message", group=False)
        error.fell_back = True
