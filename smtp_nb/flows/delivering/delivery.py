"""Delivery state of one job: the results of its transactions, until it has a receipt."""

from __future__ import annotations

from smtp_nb.flows.delivering.transaction import NOTHING_WRITTEN, Transaction, queue_id
from smtp_nb.flows.session import ClientSession
from smtp_nb.model.envelope import DeliveryJob, Recipient
from smtp_nb.model.events import ErrorEvent
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt, RecipientResult, summary
from smtp_nb.model.reply import Reply


class DeliveryState:
    """A job, the recipients that still need a transaction, and the results so far."""

    def __init__(self, session: ClientSession, job: DeliveryJob) -> None:
        self.job = job
        # Recipients go by their place: the same address may stand in an envelope twice.
        self._open = tuple(range(len(job.envelope.recipients)))
        self.remaining = job.envelope.recipients
        """The recipients that still need a transaction."""
        self._taken: tuple[int, ...] = ()
        self._session = session
        self.began = session.clock()
        """When it was taken, on the clock of the session."""
        self._ended = self.began
        self._results: dict[int, RecipientResult] = {}
        self._reply: Reply | None = None
        self._trouble = NOTHING_WRITTEN

    def portion(self) -> tuple[Recipient, ...]:
        """The remaining recipients that the server accepts in one transaction (RFC 9422)."""
        limits = self._session.extensions.limits
        if not limits:
            self._taken = self._open
            return self.remaining
        most = limits.get("RCPTMAX", len(self._open))
        most_domains = limits.get("RCPTDOMAINMAX", len(self._open))
        places: list[int] = []
        domains: set[str] = set()
        for place, recipient in zip(self._open, self.remaining, strict=True):
            domain = recipient.mailbox.domain
            if len(places) < most and len(domains | {domain}) <= most_domains:
                places.append(place)
                domains.add(domain)
        self._taken = tuple(places)
        return tuple([self.job.envelope.recipients[place] for place in places])

    def note(self, transaction: Transaction) -> None:
        """Take over the results of a transaction; recipients beyond the server's limit, and those
        not in it, remain."""
        is_perfect = transaction.is_perfect
        found = transaction.accepted() if is_perfect else transaction.results()
        self._results |= zip(self._taken, found, strict=True)
        self._ended = self._session.clock()
        if is_perfect and self._taken == self._open:
            self._reply = transaction.final
            self._open = self.remaining = ()
            return
        self._reply = transaction.last_reply()
        left_over = {self._taken[place] for place in transaction.left_over}
        waiting = set(self._open) - set(self._taken) | left_over
        self._open = tuple([place for place in self._open if place in waiting])
        self.remaining = tuple([self.job.envelope.recipients[place] for place in self._open])
        if transaction.stopper and self.remaining:
            self.give_up(f"not sent, because {transaction.stopper[0].address} was refused")

    def give_up(self, why: str) -> None:
        """Stop trying; recipients without a result were not sent to."""
        self._trouble = why
        self._open = self.remaining = ()

    def receipt(self) -> Receipt:
        """Return the receipt with what is known now."""
        recipients = self.job.envelope.recipients
        results = tuple([self._result(place) for place in range(len(recipients))])
        one = results[0].outcome
        outcome = one if len(results) == 1 else summary([result.outcome for result in results])
        content = self.job.content
        return Receipt(
            outcome, results, self._reply, queue_id(self._reply), content.message_id,
            content.size, self._ended - self.began, self._session.tls,
        )  # fmt: skip

    def _result(self, place: int) -> RecipientResult:
        recipient = self.job.envelope.recipients[place]
        return self._results.get(place) or RecipientResult(
            recipient.address, recipient.kind, Outcome.NOT_SENT, text=self._trouble
        )

    def tell_refusals(self) -> None:
        """Emit the Error event for recipients whose refusal stops nothing."""
        for result in self._results.values():
            if result.code >= 400 and result.kind not in self.job.envelope.stop_on:
                words = f"{result.address}: {result.code} {result.enhanced_code} {result.text}"
                self._session.observer.emit(ErrorEvent(161, words))
