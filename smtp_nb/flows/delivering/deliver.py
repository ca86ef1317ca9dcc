"""Delivery of a stream of jobs over one session.

Jobs come in batches from the runner of the flow, and every job taken comes back with a receipt,
even when the connection breaks, the user interrupts or the source itself fails.
"""

from __future__ import annotations

from collections.abc import Sequence

from smtp_nb.errors import LinkError, SMTPError
from smtp_nb.flows.delivering.batch import Batch
from smtp_nb.flows.delivering.content import send_content, send_lone_dot
from smtp_nb.flows.delivering.delivery import DeliveryState
from smtp_nb.flows.delivering.envelope import (
    clear,
    envelope_commands,
    must_look_first,
    send_envelope,
    take_reply,
)
from smtp_nb.flows.delivering.parameters import check_offers
from smtp_nb.flows.delivering.server_close import check_alive, downgrade
from smtp_nb.flows.delivering.transaction import Transaction
from smtp_nb.flows.delivering.windows import (
    is_out_of_step,
    may_overlap,
    run_window,
)
from smtp_nb.flows.intents import Flow
from smtp_nb.flows.session import ClientSession
from smtp_nb.model.envelope import DeliveryJob
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt, RecipientResult
from smtp_nb.protocol.commands import DATA


def deliver(session: ClientSession, is_alone: bool = True) -> Flow[bool]:
    """Deliver jobs until there are none for now, with a receipt for each.

    Args:
        is_alone: no other session is at work while this one waits.

    Returns:
        False if no further job is wanted, whatever the source may have. True if the session is used
        up (RFC 9422, MAILMAX): continue over another one.

    Raises:
        SMTPError: the session ended: 421, a broken connection, an interruption. All jobs taken were
            returned first.
    """
    batch = Batch(session, is_alone)
    while not session.is_used_up and (yield from batch.take()):
        yield from _batch(session, batch)
    return batch.is_wanted


def deliver_one(session: ClientSession, job: DeliveryJob) -> Flow[Receipt]:
    """Deliver one message.

    Raises:
        ExtensionError: the server lacks what it needs; nothing was written, the session goes on.
        SMTPError: the session ended; its `.receipt` holds what is known.
    """
    delivery = DeliveryState(session, job)
    if job.remark:
        session.trail.remark(job.remark)
    try:
        check_offers(session, job)
        yield from _finish(session, delivery)
    except SMTPError as error:
        error.receipt = delivery.receipt()
        raise
    delivery.tell_refusals()
    return delivery.receipt()


def unsent(job: DeliveryJob, why: str) -> Receipt:
    """Return the receipt for a job for which no session could be opened."""
    results = tuple(
        RecipientResult(to.address, to.kind, Outcome.NOT_SENT, text=why)
        for to in job.envelope.recipients
    )
    content = job.content
    return Receipt(Outcome.NOT_SENT, results, message_id=content.message_id, size=content.size)


def _batch(session: ClientSession, batch: Batch) -> Flow[None]:
    """Deliver jobs and give them all back, whatever happens."""
    try:
        batch.check(batch.deliveries)
        yield from check_alive(session)
        yield from _window(session, batch)
        for delivery in batch.deliveries:
            yield from _finish(session, delivery)
    except Exception as error:
        for delivery in batch.deliveries:
            delivery.give_up(f"not sent: {error}")
        yield from batch.give_back()
        raise
    yield from batch.finish()


def _window(session: ClientSession, batch: Batch) -> Flow[None]:
    """Send those that may be in flight together; what is then undecided is left to `_finish`."""
    if len(batch.deliveries) < 2 or not may_overlap(session):
        return
    if len(batch.join(batch.deliveries)) < 2:
        batch.part()
        return
    error = yield from _guarded(session, batch.transactions, run_window(session, batch))
    for delivery, transaction in batch.part():
        if error or not is_out_of_step(transaction):
            delivery.note(transaction)
    if error := error or batch.trouble:
        raise error


def _finish(session: ClientSession, delivery: DeliveryState) -> Flow[None]:
    """Deliver one message by itself, in more transactions if the server wants fewer recipients."""
    while delivery.remaining:
        transaction = Transaction(delivery.job, delivery.portion())
        error = yield from _guarded(session, [transaction], _transact(session, transaction))
        delivery.note(transaction)
        if error:
            raise error


def _guarded(
    session: ClientSession, transactions: Sequence[Transaction], work: Flow[None]
) -> Flow[Exception | None]:
    """Run transactions. The error that ended the session, if any, is returned, not raised."""
    try:
        yield from work
    except Exception as error:
        for transaction in transactions:
            transaction.fail(f"not sent: {error}")
        if isinstance(error, LinkError):
            downgrade(session, transactions, error)
        yield from session.abort()
        return error
    return None


def _transact(session: ClientSession, transaction: Transaction) -> Flow[None]:
    yield from clear(session)
    commands = envelope_commands(session, transaction)
    envelope = transaction.job.envelope
    may_share = session.may_group and not must_look_first(transaction.recipients, envelope.stop_on)
    chunked = "CHUNKING" in session.extensions
    if may_share and not chunked:
        commands.append(DATA)
    if may_share and chunked:
        yield from send_content(session, transaction, before=tuple(commands))
    else:
        yield from send_envelope(session, transaction, commands)
        yield from _send_rest(session, transaction, chunked)
    if transaction.contradicts_itself:
        raise LinkError("the server accepted a message whose sender it had refused")


def _send_rest(session: ClientSession, transaction: Transaction, chunked: bool) -> Flow[None]:
    """Go from the envelope's replies to the end of the message, as far as they allow."""
    if transaction.data is None and transaction.has_recipient and not transaction.stopper:
        if chunked:
            yield from send_content(session, transaction, before=())
            return
        yield from session.send(DATA)
        yield from take_reply(session, transaction)
    if transaction.data is None or transaction.data.code != 354:
        return
    if transaction.has_recipient and not transaction.stopper:
        transaction.data = None
        yield from send_content(session, transaction, before=())
    else:
        yield from send_lone_dot(session)
