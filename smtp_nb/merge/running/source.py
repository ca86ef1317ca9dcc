"""The stream of jobs: render a window, commit its attempts, send it, commit its outcomes.

One source serves all connections of a run, each through a `Line` of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

from smtp_nb.compose.dkim import DKIM
from smtp_nb.errors import InputError
from smtp_nb.flows.delivering.reconnecting import LONG_PAUSE, Pause
from smtp_nb.merge.journal.journal import Journal
from smtp_nb.merge.journal.schema import RETRIED, Attempt, Result, SkippedRow
from smtp_nb.merge.planning.plan import PlannedRow
from smtp_nb.merge.planning.renderer import ComposedRow, RowRenderer, RowValues
from smtp_nb.merge.rows.problem import RowError, sentence
from smtp_nb.merge.running.control import RunControl
from smtp_nb.merge.running.deferrals import (
    SAME_WORDS,
    Deferral,
    Ending,
    deferral_of,
    judge,
    of_the_template,
)
from smtp_nb.merge.running.pace import WAITED_FOR, Pace
from smtp_nb.merge.running.progress import PAUSED, Meter, Progress
from smtp_nb.merge.running.waiting import MessageQueue, PendingMessage
from smtp_nb.model.envelope import DeliveryJob, Envelope, Recipient
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt

# Until somebody nudges: longer than a server's place is kept.
_INDEFINITELY = 100 * LONG_PAUSE


# What a server says that is not busy.
_DECISIONS = frozenset({Outcome.ACCEPTED, Outcome.PARTIAL, Outcome.REFUSED})


class SkipRow(RowError):
    """This row is not sent in this run, on purpose."""


Recipients = tuple[Recipient, ...]
Readdress = Callable[[ComposedRow], Recipients]
# A message that may leave, or what is wrong with it.
Made = tuple[PendingMessage, DeliveryJob | InputError]


class Source:
    """The messages of a run, for all its connections.

    Args:
        readdress: gives the recipients of a message; raises `SkipRow` to skip its row.
    """

    def __init__(
        self,
        waiting: MessageQueue,
        renderer: RowRenderer,
        journal: Journal,
        meter: Meter,
        control: RunControl,
        readdress: Readdress,
        pace: Pace,
    ) -> None:
        self._renderer = renderer
        self._journal = journal
        self._meter = meter
        self._control = control
        self._readdress = readdress
        self._waiting = waiting
        self._ready: deque[Made] = deque()
        self._under_way = 0
        self._refused = ("", 0)  # the words of the last refusal of a content, and how often
        self.pace = pace
        self.dkim: DKIM | None = None
        """What signs the messages: the component's own."""
        self.ending: Ending | None = None
        """Why no further message begins, once a reply was about more than its own message."""

    @property
    def progress(self) -> Progress:
        """How far this run is."""
        return self._meter.progress

    def end(self, how: str) -> None:
        """Tell the view that the run is over."""
        self._meter.end(how)

    def __len__(self) -> int:
        """How many messages wait to be sent."""
        return len(self._waiting) + len(self._ready)

    # -- giving -------------------------------------------------------------------------------

    def pause(self) -> Pause | None:
        """How long until the next message may begin; None if none will."""
        control, now = self._control, self.pace.clock()
        if (
            self.ending
            or control.is_cancelled
            or self.pace.is_over_at(now)
            or self.pace.has_lost_patience
        ):
            return None
        if control.is_paused:
            return self._wait(_INDEFINITELY, PAUSED)
        opens = now if self._ready else self._waiting.opens_at(now)
        if opens is None:
            return Pause(LONG_PAUSE) if self._under_way else None
        because = "the next attempt" if self._waiting.put_off else "the rate of a domain"
        # The later of the two; the words ride along, and settle a tie by the alphabet, which is
        # as good as any other way: both reasons hold then.
        at, why = max((opens, because), self.pace.opens_at(now))
        if self.pace.is_over_at(at):
            return None
        return self._wait(at - now, why) if at > now else Pause()

    def _wait(self, seconds: float, why: str) -> Pause:
        self._meter.wait(seconds, why)
        return Pause(seconds)

    def take(self, most: int) -> Sequence[DeliveryJob]:
        """Render up to `most` messages; their intents are on the disk when this returns.

        Raises:
            JournalError: they are not, so none of them may leave.
        """
        jobs: list[DeliveryJob] = []
        left_out: list[SkippedRow] = []
        now = self.pace.clock()
        room = min(most, self.pace.free(now))
        while len(jobs) < room and (made := self._next(now)) is not None:
            todo, job = made
            if isinstance(job, InputError):
                left_out.append(self._leave_out(todo.planned, job))
            else:
                jobs.append(job)
        if jobs or left_out:
            intents = [intent for job in jobs for intent in _attempts(job)]
            self._journal.record_attempts(intents, left_out, [_digest(job) for job in jobs])
        self.pace.take(len(jobs), now)
        self._under_way += len(jobs)
        return jobs

    def prepare(self, most: int) -> None:
        """Render up to `most` messages that `take` will give next; the journal knows of none."""
        now = self.pace.clock()
        with suppress(Exception):  # whatever it is, `take` will meet it when nothing is under way
            while len(self._ready) < most and (made := self._rendered(now)) is not None:
                self._ready.append(made)

    def _next(self, now: float) -> Made | None:
        if self.ending or self._control.is_cancelled or self._control.is_paused:
            return None
        return self._ready.popleft() if self._ready else self._rendered(now)

    def _rendered(self, now: float) -> Made | None:
        """The next message, or what is wrong with it."""
        found = self._waiting.next(now)
        if found is None:
            return None
        todo, filled = found
        try:
            return todo, self._job(todo, filled)
        except InputError as error:
            return todo, error
        except Exception:
            self._waiting.put_back(todo)
            raise

    def _job(self, todo: PendingMessage, filled: RowValues) -> DeliveryJob:
        message = self._renderer.compose(filled, todo.message_id)
        todo.message_id = message.content.message_id
        todo.digest = self._renderer.digest(filled)
        recipients = self._readdress(message)
        if todo.outcomes:
            recipients = _undecided(recipients, todo.outcomes)
        sender = message.letter.draft.authors[0]
        content = message.content if self.dkim is None else self.dkim.sign(message.content)
        return DeliveryJob(Envelope(sender, recipients), content, todo)

    def _leave_out(self, planned: PlannedRow, error: InputError) -> SkippedRow:
        outcome = Outcome.SKIPPED if isinstance(error, SkipRow) else Outcome.INVALID
        self._meter.count(outcome)
        return SkippedRow(outcome, sentence(error.description, error.remedy), planned.row)

    # -- taking back --------------------------------------------------------------------------

    def settle(self, results: Sequence[tuple[DeliveryJob, Receipt]]) -> None:
        """Commit what became of jobs, and learn from it.

        Raises:
            JournalError: it could not be written; the next run shows these as UNKNOWN.
        """
        self._under_way -= len(results)
        results = [(job, self._judged(receipt)) for job, receipt in results]
        self._journal.settle([one for job, receipt in results for one in _settled(job, receipt)])
        signals = [self._learn(job, receipt) for job, receipt in results]
        if worst := max(filter(None, signals), key=_weight, default=None):
            self.pace.learn(worst)
        for (job, receipt), found in zip(results, signals, strict=True):
            if found is None or not self._try_again(learnt(job, receipt), found):
                self._meter.count(receipt.outcome)
        self._meter.put_off = self._waiting.put_off
        self._meter.show()
        if not self._under_way or self.ending:
            self._control.nudge()

    def _judged(self, receipt: Receipt) -> Receipt:
        """The receipt as it is kept; what was said about more than one message is noted."""
        verdict = judge(receipt, has_own_senders=self._renderer.has_own_senders)
        ending = verdict.ending
        if verdict.refused_content:
            words, count = self._refused
            count = count + 1 if words == verdict.refused_content else 1
            self._refused = (verdict.refused_content, count)
            if count >= SAME_WORDS:
                ending = of_the_template(verdict.refused_content)
        elif receipt:
            self._refused = ("", 0)
        if ending and self.ending is None:
            self.ending = ending
            self._meter.say(f"the run ended early; {ending.why}")
            self._journal.explain_rest(ending.why)
        return verdict.receipt

    def raise_ending(self) -> None:
        """Raise what the run has to end with, if there is anything.

        Raises:
            RefusedError: the server refused the sender or the session; nothing was decided.
        """
        if self.ending is not None and self.ending.error is not None:
            raise self.ending.error

    def _learn(self, job: DeliveryJob, receipt: Receipt) -> Deferral | None:
        """What the server's words for a message mean; None for nothing out of the ordinary."""
        if receipt.outcome in _DECISIONS:
            self.pace.went_well()
        if receipt.outcome is Outcome.ACCEPTED:
            return None
        found = [deferral_of(r) for r in receipt.recipients if r.outcome is Outcome.DEFERRED]
        worst = max(found, key=_weight, default=None)
        is_nobodys = worst is not None and receipt.outcome is Outcome.DEFERRED
        return self.pace.in_a_row(worst) if worst and is_nobodys else worst

    def _try_again(self, todo: PendingMessage, found: Deferral) -> bool:
        """Put a deferred message off to the next attempt in this run, if it is worth one."""
        todo.since = todo.since if todo.tries else self.pace.clock()
        due = self.pace.retry_at(todo.tries, todo.since, found)
        if due is None:
            return False
        todo.tries += 1
        self._waiting.try_again(todo, due)
        return True

    def take_back(self, unsent: Sequence[tuple[PendingMessage, Receipt]]) -> None:
        """What did not leave over one connection is sent first over the next."""
        for todo, receipt in unsent:
            self._meter.count(receipt.outcome, -1)
            self._waiting.put_back(todo)
        self._control.nudge()


def _weight(found: Deferral) -> tuple[int, float]:
    return _WEIGHTS.get(found.about, 0), found.hint_s or 0.0


_WEIGHTS = {about: weight for weight, about in enumerate(WAITED_FOR, 1)}


def _undecided(recipients: Recipients, outcomes: Mapping[str, str]) -> Recipients:
    found = tuple(
        recipient
        for recipient in recipients
        if outcomes.get(recipient.mailbox.key, Outcome.NOT_SENT) in RETRIED
    )
    if not found:
        raise SkipRow("all recipients that this row names now already have an outcome")
    return found


def _todo(job: DeliveryJob) -> PendingMessage:
    todo: PendingMessage = job.tag  # type: ignore[assignment]  # jobs come from here only
    return todo


def learnt(job: DeliveryJob, receipt: Receipt) -> PendingMessage:
    """The job's message, with what is known of its recipients now."""
    todo = _todo(job)
    for recipient, result in zip(job.envelope.recipients, receipt.recipients, strict=True):
        todo.outcomes[recipient.mailbox.key] = result.outcome
    return todo


def _digest(job: DeliveryJob) -> tuple[str, int]:
    todo = _todo(job)
    return todo.digest, todo.message


def _attempts(job: DeliveryJob) -> Iterator[Attempt]:
    todo = _todo(job)
    for recipient in job.envelope.recipients:
        box = recipient.mailbox
        yield Attempt(todo.message, box.key, box.address, int(recipient.kind), todo.message_id)


def _settled(job: DeliveryJob, receipt: Receipt) -> Iterator[Result]:
    todo = _todo(job)
    for recipient, result in zip(job.envelope.recipients, receipt.recipients, strict=True):
        is_accepted = result.outcome is Outcome.ACCEPTED
        yield Result(
            outcome=result.outcome,
            code=result.code,
            enhanced_code=result.enhanced_code,
            reply=result.text,
            queue_id=receipt.queue_id if is_accepted else "",
            seconds=receipt.seconds,
            size=receipt.size,
            message=todo.message,
            address=recipient.mailbox.key,
        )
