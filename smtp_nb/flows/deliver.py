"""Deliver a stream of jobs over one session.

Jobs come in batches from whoever runs the flow and every job taken comes back with a receipt, also
when the line breaks, the user interrupts or the source itself fails. A batch is a window: so many
jobs may be without an outcome at any moment. It starts at one and grows while the server keeps up,
so that on a slow line there is never much in doubt, and never long to wait for a stop.
"""

from __future__ import annotations

from collections.abc import Sequence

from smtp_nb.errors import ExtensionError, LinkError, SMTPError
from smtp_nb.flows.content import send_content, send_lone_dot
from smtp_nb.flows.envelope import clear, must_look_first, send_envelope, take_reply
from smtp_nb.flows.intents import Done, Flow, Next
from smtp_nb.flows.parameters import check_offers, mail_command, rcpt_command
from smtp_nb.flows.session import Session
from smtp_nb.flows.transaction import Transaction, receipt, unsent
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.envelope import Job, Recipient
from smtp_nb.model.events import ErrorEvent
from smtp_nb.model.receipt import Receipt, RecipientResult
from smtp_nb.protocol.commands import DATA, Command

# A batch that takes longer than this is not made larger; the next one is smaller.
BATCH_SECONDS = 0.5


def deliver(session: Session) -> Flow[None]:
    """Take jobs until there are none, and give a receipt for each.

    Raises:
        SMTPError: the session ended: 421, a broken line, an interruption. All jobs taken have
            been given back before.
    """
    most = 1
    while jobs := (yield Next(most)):
        began = session.clock()
        yield from _batch(session, jobs)
        quick = session.clock() - began < BATCH_SECONDS
        most = min(most * 2, session.settings.window) if quick else max(most // 2, 1)


def deliver_one(session: Session, job: Job) -> Flow[Receipt]:
    """Deliver one message.

    Raises:
        ExtensionError: the server lacks what it needs; nothing was written, the session goes on.
        SMTPError: the session ended; `.receipt` on it tells what is known.
    """
    try:
        check_offers(session, job)
        return (yield from _one(session, job))
    except ExtensionError as error:
        error.receipt = unsent(job, str(error))
        raise
    except _Broken as broken:
        raise broken.cause from None


class _Broken(Exception):
    """The session ended while a job was under way; the cause and what is known of the job."""

    def __init__(self, cause: Exception, receipt: Receipt) -> None:
        self.cause = cause
        self.receipt = receipt


def _batch(session: Session, jobs: Sequence[Job]) -> Flow[None]:
    results: list[tuple[Job, Receipt]] = []
    try:
        for job in jobs:
            given = yield from _one(session, job)
            results.append((job, given))
    except _Broken as broken:
        results.append((jobs[len(results)], broken.receipt))
        why = f"not sent: {broken.cause}"
        results += [(job, unsent(job, why)) for job in jobs[len(results) :]]
        yield Done(results)
        raise broken.cause from None
    yield Done(results)


def _one(session: Session, job: Job) -> Flow[Receipt]:
    """Deliver one message; in more than one transaction if the server wants fewer recipients."""
    began = session.clock()
    try:
        check_offers(session, job)
    except ExtensionError as error:
        return unsent(job, str(error))
    results: dict[Recipient, RecipientResult] = {}
    recipients: tuple[Recipient, ...] = job.envelope.recipients
    while True:
        transaction = Transaction(job, recipients)
        cause = yield from _attempt(session, transaction)
        results |= zip(recipients, transaction.results(), strict=True)
        recipients = transaction.left_over
        if cause or not recipients:
            break
    given = receipt(
        job,
        tuple(results[recipient] for recipient in job.envelope.recipients),
        transaction.last_reply(),
        session.clock() - began,
        session.tls,
    )
    if cause:
        if isinstance(cause, SMTPError):
            cause.receipt = given
        raise _Broken(cause, given)
    _tell_refusals(session, job, given)
    return given


def _attempt(session: Session, transaction: Transaction) -> Flow[Exception | None]:
    """Run one transaction. What ended the session, if it ended, is the answer and not raised."""
    try:
        yield from _transact(session, transaction)
    except Exception as error:
        if not transaction.trouble and not transaction.is_committed:
            transaction.trouble = f"not sent: {error}"
        yield from session.abort()
        return error
    return None


def _transact(session: Session, transaction: Transaction) -> Flow[None]:
    yield from clear(session)
    recipients = transaction.recipients
    commands: list[Command] = [mail_command(session, transaction.job)]
    commands += [rcpt_command(session, recipient) for recipient in recipients]
    may_share = session.may_group and not must_look_first(transaction)
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


def _send_rest(session: Session, transaction: Transaction, chunked: bool) -> Flow[None]:
    """From the envelope's replies to the end of the message, as far as they allow."""
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


def _tell_refusals(session: Session, job: Job, given: Receipt) -> None:
    """The Error event for recipients whose refusal stops nothing."""
    for result in given.recipients:
        if result.code >= 400 and RecipientType(result.kind) not in job.envelope.stop_on:
            words = f"{result.address}: {result.code} {result.enhanced_code} {result.text}"
            session.observer.emit(ErrorEvent(161, words))
