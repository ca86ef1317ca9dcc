"""Queue runner: sends the messages of a queue directory one by one over one connection."""

from __future__ import annotations

from collections.abc import Callable, Set
from contextlib import suppress
from typing import TypeAlias

from smtp_nb.client.queue.file_lock import NotOurs
from smtp_nb.client.queue.spool import FAILED, QUEUED, Claim, QueueReport, Spool
from smtp_nb.errors import InputError, SMTPError
from smtp_nb.flows.delivering.deliver import deliver_one
from smtp_nb.flows.intents import Flow
from smtp_nb.flows.session import ClientSession
from smtp_nb.model.display import visible
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.events import ErrorEvent
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt

# Gives the session to work on, and whether it was opened for this run alone.
Begin: TypeAlias = Callable[[], Flow[tuple[ClientSession, bool]]]
# Closes the session if it was.
Leave: TypeAlias = Callable[[ClientSession, bool], Flow[None]]
IN_DOUBT = (
    "was being sent when its process died, so it may have been delivered; rename it to .queued"
    " to send it again, or delete it"
)


class QueueRunner:
    """One run over a queue directory.

    Args:
        spool: the directory.
        kept_as: how a file that was sent is called from then on; empty deletes it.
        stop_on: the kinds of recipient whose refusal stops a message.
        tell: hears of each message that was not sent, and why.
    """

    def __init__(
        self,
        spool: Spool,
        kept_as: str,
        stop_on: Set[RecipientType],
        tell: Callable[[ErrorEvent], object],
    ) -> None:
        self._spool = spool
        self._kept_as = kept_as
        self._stop_on = frozenset(stop_on)
        self._tell_event = tell
        self.report = QueueReport()

    def run(self, begin: Begin, leave: Leave) -> Flow[QueueReport]:
        """Send all that waits. Nothing is claimed before there is a session to send it on.

        Args:
            begin: gives the session, once there is something to send.
            leave: lets go of it.

        Raises:
            SMTPError: the session ended. What was not sent waits again; what may have been sent
                stays `.sending`, and later runs report it.
        """
        for stem in self._spool.sending():
            self._report_sending(stem)
        waiting = self._spool.waiting()
        if not waiting:
            return self.report
        session, is_ours = yield from begin()
        for stem in waiting:
            yield from self._one(session, stem)
        yield from leave(session, is_ours)
        return self.report

    def _report_sending(self, stem: str) -> None:
        """Say what became of a file that was being sent, unless it is still being sent."""
        try:
            if self._spool.is_abandoned(stem):
                self._report(self.report.left_behind, stem, 162, IN_DOUBT)
        except InputError as error:
            self._report(self.report.failed, stem, error.code, error.description)

    def _one(self, session: ClientSession, stem: str) -> Flow[None]:
        """Send what waits under a name. Whatever it is, the next one follows."""
        try:
            with self._spool.claim(stem) as claim:
                if claim is not None:
                    yield from self._send(session, claim)
        except InputError as error:  # it is not ours, or cannot be claimed
            self._report(self.report.failed, stem, error.code, error.description)
            if isinstance(error, NotOurs):
                with suppress(InputError):  # it has been reported, whatever its name is
                    self._spool.set_aside(stem)

    def _send(self, session: ClientSession, claim: Claim) -> Flow[None]:
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
            self.report.sent.append(claim.stem)
            self._move(claim, self._kept_as)
        else:
            self._put_off_or_fail(claim, 161, _words(receipt), receipt)

    def _settle_broken(self, claim: Claim, error: SMTPError) -> None:
        """Where a message stands that did not come to its end."""
        outcome = Outcome.UNKNOWN if error.receipt is None else error.receipt.outcome
        if outcome not in (Outcome.NOT_SENT, Outcome.DEFERRED):
            return  # it may have left, at least for some
        if error.connection_survives or isinstance(error, InputError):
            self._put_off_or_fail(claim, error.code, error.description, error.receipt)
        else:
            self._move(claim, QUEUED)

    def _put_off_or_fail(self, claim: Claim, code: int, why: str, receipt: Receipt | None) -> None:
        """The next run tries again what the server did not want for now, as a merge does."""
        found = {one.outcome for one in receipt.recipients} if receipt is not None else set()
        if Outcome.DEFERRED in found and found <= {Outcome.DEFERRED, Outcome.NOT_SENT}:
            self._report(self.report.deferred, claim.stem, code, f"{why}; it will be retried")
            self._move(claim, QUEUED)
        else:
            self._fail(claim, code, why)

    def _fail(self, claim: Claim, code: int, why: str) -> None:
        self._report(self.report.failed, claim.stem, code, why)
        self._move(claim, FAILED)

    def _move(self, claim: Claim, ending: str) -> None:
        """What became of it is known and reported, so the run goes on if it cannot be renamed."""
        try:
            claim.move(ending)
        except InputError as error:
            self._tell(error.code, claim.stem, error.description)

    def _report(self, among: list[str], stem: str, code: int, why: str) -> None:
        among.append(stem)
        self._tell(code, stem, why)

    def _tell(self, code: int, stem: str, why: str) -> None:
        self._tell_event(ErrorEvent(code, visible(f"{stem}: {why}")))


def _words(receipt: Receipt) -> str:
    return "; ".join(map(str, receipt.recipients))
