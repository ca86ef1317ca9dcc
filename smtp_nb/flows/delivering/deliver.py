"""Delivery of a stream of jobs over one session.

Jobs come in batches from the runner of the flow, and every job taken comes back with a receipt,
even when the connection breaks, the user interrupts or the source itself fails. A batch is a
window: the number of jobs without an outcome at any moment. It starts at one and grows while the
server keeps up, so that a slow connection never leaves many messages in doubt and always stops
soon.
"""

from __future__ import annotations

from collections.abc import Sequence

from smtp_nb.errors import ExtensionError, LinkError, SMTPError
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
    fits_window,
    is_out_of_step,
    may_overlap,
    run_window,
)
from smtp_nb.flows.intents import Done, Flow, Next
from smtp_nb.flows.session import ClientSession
from smtp_nb.model.envelope import DeliveryJob
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt, RecipientResult
from smtp_nb.protocol.commands import DATA

# A batch that takes longer than this is not enlarged; after one that takes twice as long the
# next one is smaller.
BATCH_SECONDS = 0.5


def deliver(session: ClientSession) -> Flow[bool]:
    """Deliver jobs until there are none for now, with a receipt for each.

    Returns:
        False if no further job is wanted, whatever the source may have. True if the session is used
        up (RFC 9422, MAILMAX): continue over another one.

    Raises:
        SMTPError: the session ended: 421, a broken connection, an interruption. All jobs taken were
            returned first.
    """
    most = 1
    jobs: Sequence[DeliveryJob] | None = ()
    while not session.is_used_up and (jobs := (yield Next(min(most, session.mails_left)))):
        began = session.clock()
        yield from _batch(session, jobs)
        seconds = session.clock() - began
        if seconds < BATCH_SECONDS:
            most = min(most * 2, session.settings.window)
        elif seconds >= 2 * BATCH_SECONDS:
            most = max(most // 2, 1)
    return jobs is not None


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


def _batch(session: ClientSession, jobs: Sequence[DeliveryJob]) -> Flow[None]:
    """Deliver some jobs and return them all, whatever happens."""
    deliveries = [DeliveryState(session, job) for job in jobs]
    try:
        for delivery in deliveries:
            _check(session, delivery)
        yield from check_alive(session)
        yield from _window(session, deliveries)
        for delivery in deliveries:
            yield from _finish(session, delivery)
        session.batches += 1
    except Exception as error:
        for delivery in deliveries:
            delivery.give_up(f"not sent: {error}")
        yield Done([(delivery.job, delivery.receipt()) for delivery in deliveries])
        raise
    for delivery in deliveries:
        delivery.tell_refusals()
    yield Done([(delivery.job, delivery.receipt()) for delivery in deliveries])


def _check(session: ClientSession, delivery: DeliveryState) -> None:
    """Fail only the messages that this server cannot accept."""
    try:
        check_offers(session, delivery.job)
    except ExtensionError as error:
        delivery.give_up(str(error))


def _window(session: ClientSession, deliveries: Sequence[DeliveryState]) -> Flow[None]:
    """Send those that may be in flight together; what is then undecided is left to `_finish`."""
    if len(deliveries) < 2 or not may_overlap(session):
        return
    together, transactions = [], []
    for delivery in deliveries:
        if (to := delivery.remaining) and fits_window(delivery.job) and delivery.portion() == to:
            together.append(delivery)
            transactions.append(Transaction(delivery.job, to))
    if len(together) < 2:
        return
    error = yield from _guarded(session, transactions, run_window(session, transactions))
    for delivery, transaction in zip(together, transactions, strict=True):
        if error or not is_out_of_step(transaction):
            delivery.note(transaction)
    if error:
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
