"""Message content: after DATA with dot-stuffing, or in BDAT chunks.

One moment matters here: the first byte of the write that holds the terminator. From then on the
message may have been delivered, whatever happens to the connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from smtp_nb.errors import SMTPError
from smtp_nb.flows.delivering.envelope import take_reply
from smtp_nb.flows.delivering.transaction import Transaction
from smtp_nb.flows.intents import Call, Flow
from smtp_nb.flows.session import ClientSession
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.envelope import Content
from smtp_nb.model.events import EndTransferEvent, Event, StartTransferEvent, TransferEvent
from smtp_nb.protocol.commands import END_OF_DATA, Command, bdat
from smtp_nb.protocol.dots import TERMINATOR, Stuffer

# Messages up to this size leave in one write; longer ones in pieces of this size.
PIECE = 64 * 1024
# Only the last chunk can be in doubt, and a refused chunk is noticed one chunk later.
CHUNK = 1024 * 1024
STREAM = "the stream of the message"


def send_content(
    session: ClientSession, transaction: Transaction, before: tuple[Command, ...]
) -> Flow[None]:
    """Send the content, after DATA's 354 or as BDAT, and note the final reply.

    Args:
        before: envelope commands that share the first write with the first chunk (BDAT only).
    """
    _start(session, transaction)
    if before or "CHUNKING" in session.extensions:
        yield from _send_chunks(session, transaction, before)
    else:
        yield from _send_data(session, transaction)
    _end(session, transaction)
    yield from _final_reply(session, transaction)


def send_lone_dot(session: ClientSession) -> Flow[None]:
    """End a DATA that was accepted although no recipient was; nothing is delivered."""
    session.protocol.end_of_data()
    session.trail.show_commands((END_OF_DATA,))
    yield from session.write(TERMINATOR)
    yield from session.next_reply(session.settings.final_timeout_s, "the reply to a lone dot")


def _send_data(session: ClientSession, transaction: Transaction) -> Flow[None]:
    stuffer, sent = Stuffer(), 0
    held = b""
    pieces = _pieces(transaction, PIECE)
    while (piece := (yield from next_piece(transaction.job.content, pieces, session))) is not None:
        if held:
            yield from session.write(stuffer.feed(held))
            sent = _progress(session, transaction, held, sent)
        held = piece
    session.protocol.end_of_data()
    transaction.is_committed = True
    session.trail.show_commands((END_OF_DATA,))
    yield from session.write(stuffer.feed(held) + stuffer.end())
    _progress(session, transaction, held, sent)


def _send_chunks(
    session: ClientSession, transaction: Transaction, before: tuple[Command, ...]
) -> Flow[None]:
    sent, held = 0, b""
    pieces = _pieces(transaction, CHUNK)
    while (piece := (yield from next_piece(transaction.job.content, pieces, session))) is not None:
        if held:
            yield from session.send(*before, bdat(len(held), last=False), content=held)
            sent, before = _progress(session, transaction, held, sent), ()
            if not (yield from _chunk_was_taken(session, transaction)):
                return
        held = piece
    transaction.is_committed = True
    yield from session.send(*before, bdat(len(held), last=True), content=held)
    _progress(session, transaction, held, sent)


def _chunk_was_taken(session: ClientSession, transaction: Transaction) -> Flow[bool]:
    """Read replies up to that of the chunk; after a refusal no further byte is sent."""
    while session.protocol.waiting:
        yield from take_reply(session, transaction)
    if transaction.data and transaction.data.is_success:
        transaction.data = None
    return transaction.data is None


def _final_reply(session: ClientSession, transaction: Transaction) -> Flow[None]:
    """Wait for the final reply. Envelope replies of a shared group come before it."""
    while session.protocol.waiting > 1:
        yield from take_reply(session, transaction)
    if session.protocol.waiting:
        session.trail.remark("waiting for the server to accept the message")
        yield from take_reply(session, transaction, session.settings.final_timeout_s)


def next_piece(
    content: Content, pieces: Iterator[bytes], session: ClientSession | None = None
) -> Flow[bytes | None]:
    """Return the next piece of a content, None at the end.

    A source of unknown size, such as a pipe, may also be slow.

    Args:
        session: reports a long wait in its trail.
    """
    if content.size >= 0:
        return next(pieces, None)
    notice = session.trail.notice(STREAM, None) if session else None
    piece: bytes | None = yield Call(partial(next, pieces, None), STREAM, notice=notice)
    return piece


def whole(transaction: Transaction) -> bytes:
    """The content in one piece, for messages that are small enough."""
    with _READABLE:
        return b"".join(transaction.job.content.chunks())


def stuffed(transaction: Transaction) -> bytes:
    """The content in one piece with its dots and the terminator."""
    stuffer = Stuffer()
    return stuffer.feed(whole(transaction)) + stuffer.end()


def _pieces(transaction: Transaction, size: int) -> Iterator[bytes]:
    """The content in pieces of at least `size`, the last one apart; at least one piece."""
    held: list[bytes] = []
    length = 0
    with _READABLE:
        for chunk in transaction.job.content.chunks():
            held.append(chunk)
            length += len(chunk)
            if length >= size:
                yield b"".join(held)
                held, length = [], 0
    yield b"".join(held)


class _Readable:
    """Report an error inside as content that could not be read, which ends the session."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, SMTPError):
            error.connection_survives = False
        elif isinstance(error, OSError | ValueError):
            raise SMTPError(
                f"the content could not be read: {error}",
                remedy="Nothing was delivered; the connection was dropped mid-message",
            ) from error


_READABLE = _Readable()


# -- events: nothing is computed without a listener -----------------------------------------


def _is_told(session: ClientSession, transaction: Transaction, kind: type[Event]) -> bool:
    return transaction.job.has_text and session.observer.wants(kind)


def _start(session: ClientSession, transaction: Transaction) -> None:
    if _is_told(session, transaction, StartTransferEvent):
        session.observer.emit(StartTransferEvent())


def _progress(session: ClientSession, transaction: Transaction, piece: bytes, sent: int) -> int:
    sent += len(piece)
    if _is_told(session, transaction, TransferEvent):
        size = transaction.job.content.size
        percent = -1 if size < 0 else min(100, sent * 100 // size) if size else 100
        session.observer.emit(TransferEvent(TrailDirection.CLIENT, sent, percent, piece))
    return sent


def _end(session: ClientSession, transaction: Transaction) -> None:
    if _is_told(session, transaction, EndTransferEvent):
        session.observer.emit(EndTransferEvent())
