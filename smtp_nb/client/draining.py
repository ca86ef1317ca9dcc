"""Sending the messages of a queue directory, one by one, over one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smtp_nb.client.drafting import stop_switches
from smtp_nb.client.spool import FAILED, QUEUED, SENT, Claim, QueueReport, Spool
from smtp_nb.errors import InputError, SMTPError
from smtp_nb.flows.deliver import deliver_one
from smtp_nb.flows.intents import Flow
from smtp_nb.flows.session import Session
from smtp_nb.model.events import ErrorEvent
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt

if TYPE_CHECKING:
    from smtp_nb.client.component import Component

IN_DOUBT = (
    "was being sent when the process that sent it died, so it may have been delivered;"
    " rename it to .queued to send it again, or delete it"
)


class Draining:
    """One run over a queue directory."""

    def __init__(self, component: Component, spool: Spool) -> None:
        self._component = component
        self._spool = spool
        self._stop_on = stop_switches(component)
        self._kept_as = SENT if component.settings["KeepQueue"] else ""
        self.report = QueueReport()

    def run(self) -> Flow[QueueReport]:
        """Send all that waits. Nothing is claimed before there is a session to send it on.

        Raises:
            SMTPError: the session ended. What was not sent waits again; what may have been sent
                stays `.sending`, and later runs report it.
        """
        for stem in self._spool.left_behind():
            self.report.left_behind.append(stem)
            self._tell(162, stem, IN_DOUBT)
        waiting = self._spool.waiting()
        if not waiting:
            return self.report
        session, is_ours = yield from self._component._ready_session()
        for stem in waiting:
            with self._spool.claim(stem) as claim:
                if claim is not None:
                    yield from self._send(session, claim)
        yield from self._component._leave(session, is_ours)
        return self.report

    def _send(self, session: Session, claim: Claim) -> Flow[None]:
        try:
            job = claim.job(self._stop_on)
        except InputError as error:
            self._fail(claim, error.code, error.description)
            return
        try:
            receipt = yield from deliver_one(session, job)
        except SMTPError as error:
            self._settle_broken(claim, error)
            if not error.connection_survives:
                raise
            return
        if receipt:
            claim.move(self._kept_as)
            self.report.sent.append(claim.stem)
        else:
            self._fail(claim, 161, _words(receipt))

    def _settle_broken(self, claim: Claim, error: SMTPError) -> None:
        """Where a message stands that did not come to its end."""
        outcome = Outcome.UNKNOWN if error.receipt is None else error.receipt.outcome
        if outcome not in (Outcome.NOT_SENT, Outcome.DEFERRED):
            return  # it may have left, at least for some
        if error.connection_survives or isinstance(error, InputError):
            self._fail(claim, error.code, error.description)
        else:
            claim.move(QUEUED)

    def _fail(self, claim: Claim, code: int, why: str) -> None:
        claim.move(FAILED)
        self.report.failed.append(claim.stem)
        self._tell(code, claim.stem, why)

    def _tell(self, code: int, stem: str, why: str) -> None:
        self._component.emit(ErrorEvent(code, f"{stem}: {why}"))


def _words(receipt: Receipt) -> str:
    return "; ".join(map(str, receipt.recipients))
