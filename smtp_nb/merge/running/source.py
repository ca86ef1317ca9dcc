"""The stream of jobs: render a window, commit its attempts, send it, commit its outcomes.

One source serves all connections of a run, each through a `Line` of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from smtp_nb.compose.dkim import DKIM
from smtp_nb.errors import InputError
from smtp_nb.flows.delivering.reconnecting import LONG_PAUSE, Pause
from smtp_nb.merge.journal.journal import Journal
from smtp_nb.merge.journal.schema import RETRIED, Attempt, Result, SkippedRow
from smtp_nb.merge.planning.plan import PlannedRow
from smtp_nb.merge.planning.renderer import RowMessage, RowRenderer, RowValues
from smtp_nb.merge.results.missed import Missed, missed_in
from smtp_nb.merge.rows.problem import RowError, sentence
from smtp_nb.merge.running.control import RunControl
from smtp_nb.merge.running.deferrals import Deferral, deferral_of
from smtp_nb.merge.running.endings import Endings
from smtp_nb.merge.running.moments import shown_from
from smtp_nb.merge.running.pace import WAITED_FOR, Opening, Pace, Shut
from smtp_nb.merge.running.progress import PAUSED, Meter, Progress, View
from smtp_nb.merge.running.waiting import MessageQueue, PendingMessage
from smtp_nb.model.envelope import DeliveryJob, Envelope, Recipient
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt

# Until a nudge: longer than a server keeps a place.
_INDEFINITELY = 100 * LONG_PAUSE
# A wait for a time of day looks at the clock so often: it may be set, and a machine may sleep.
_LOOK_S = 60.0

# What a server says that is not busy. A tuple: the first is found by identity, without its hash.
_DECISIONS = (Outcome.ACCEPTED, Outcome.PARTIAL, Outcome.REFUSED)


class SkipRow(RowError):
    """This row is not sent in this run, on purpose."""


Recipients = tuple[Recipient, ...]
Readdress = Callable[[RowMessage], Recipients]
# A message that may leave, or what is wrong with it.
Made = tuple[PendingMessage, DeliveryJob | InputError]


class Source:
    """The messages of a run, for all its connections.

    Args:
        readdress: gives the recipients of a message; raises `SkipRow` to skip its row.
        waits_for: what it waits for, however long it takes, instead of ending.
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
        waits_for: frozenset[Shut] = frozenset(),
    ) -> None:
        self._renderer = renderer
        self._journal = journal
        self._meter = meter
        self._control = control
        self._readdress = readdress
        self._waiting = waiting
        self._ready: deque[Made] = deque()
        self._under_way = 0
        self.pace = pace
        self.endings = Endings(journal, meter, pace, waits_for, renderer.has_own_senders)
        self.dkim: DKIM | None = None
        """What signs the messages: the component's own."""

    @property
    def progress(self) -> Progress:
        """How far this run is."""
        return self._meter.progress

    @property
    def is_scheduled(self) -> bool:
        """True until its starting time has come."""
        starts_at = self.pace.starts_at
        return starts_at is not None and self.pace.clocks.wall() < starts_at

    @property
    def view(self) -> View | None:
        """What shows the progress."""
        return self._meter.view

    def end(self, how: str) -> None:
        """Tell the view that the run is over."""
        self._meter.end(how, self.endings.resume)

    def __len__(self) -> int:
        """How many messages wait to be sent."""
        return len(self._waiting) + len(self._ready)

    # -- giving -------------------------------------------------------------------------------

    def pause(self) -> Pause | None:
        """How long until the next message may begin; None if none will."""
        control, now = self._control, self.pace.clock()
        if (
            self.endings.found
            or control.is_cancelled
            or self.pace.is_over_at(now)
            or self.pace.has_lost_patience
        ):
            return None
        if control.is_paused:
            self._meter.wait(_INDEFINITELY, PAUSED)
            return Pause(_INDEFINITELY)
        own = Opening(now) if self._ready else self._waiting.opens_at(now)
        if own is None:
            return Pause(LONG_PAUSE) if self._under_way else None
        opens = self.pace.opens_at(now, own)
        if opens.at <= now:
            return Pause()
        if self.endings.has_to_wait_too_long(opens, now):
            if self._under_way:  # some of it may come back
                return Pause(LONG_PAUSE)
            self.endings.end_until(opens)
            self._control.nudge()
            return None
        return None if self.pace.is_over_at(opens.at) else self._wait(opens, now)

    def _wait(self, opens: Opening, now: float) -> Pause:
        seconds = opens.at - now
        if not opens.is_said_as_time:
            self._meter.wait(seconds, opens.why)
            return Pause(seconds)
        clocks = self.pace.clocks
        until = shown_from(clocks.wall_at(opens.at), clocks.wall())
        self._meter.wait(seconds, opens.why, until)
        return Pause(min(seconds, _LOOK_S))

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
            digests = [(todo.digest, todo.message) for todo in map(todo_of, jobs)]
            self._journal.record_attempts(list(_attempts(jobs)), left_out, digests)
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
        if self.endings.found or self._control.is_cancelled or self._control.is_paused:
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
        message = self._renderer.message(filled, todo.message_id)
        todo.message_id = message.content.message_id
        todo.digest = self._renderer.digest(filled)
        recipients = self._readdress(message)
        if todo.outcomes:
            recipients = _undecided(recipients, todo.outcomes)
        content = message.content if self.dkim is None else self.dkim.sign(message.content)
        envelope = Envelope(message.mail_from, recipients, envelope_id=message.token)
        return DeliveryJob(envelope, content, todo)

    def _leave_out(self, planned: PlannedRow, error: InputError) -> SkippedRow:
        outcome = Outcome.SKIPPED if isinstance(error, SkipRow) else Outcome.INVALID
        self._meter.count(outcome)
        why = sentence(error.description, error.remedy)
        if outcome is Outcome.INVALID:
            self._meter.miss([Missed(planned.row, planned.recipient, outcome, why)])
        return SkippedRow(outcome, why, planned.row)

    # -- taking back --------------------------------------------------------------------------

    def settle(self, results: Sequence[tuple[DeliveryJob, Receipt]]) -> None:
        """Commit what became of jobs, and learn from it.

        Raises:
            JournalError: it could not be written; the next run shows these as UNKNOWN.
        """
        self._under_way -= len(results)
        results = [(job, self.endings.judged(receipt)) for job, receipt in results]
        self._journal.settle(list(_settled(results)))
        signals = [self._learn(receipt) for _, receipt in results]
        if worst := max(filter(None, signals), key=_weight, default=None):
            self.pace.learn(worst)
        outcomes = [receipt.outcome for _, receipt in results]
        self._meter.count(Outcome.ACCEPTED, outcomes.count(Outcome.ACCEPTED))
        for (job, receipt), found in zip(results, signals, strict=True):
            if receipt.outcome is Outcome.ACCEPTED:
                continue
            if found is None or not self._try_again(learnt(job, receipt), found):
                self._meter.count(receipt.outcome)
                self._meter.miss(missed_in(todo_of(job).planned.row, receipt.recipients))
        self._meter.put_off = self._waiting.put_off
        self._meter.show()
        if not self._under_way or self.endings.found:
            self._control.nudge()

    def _learn(self, receipt: Receipt) -> Deferral | None:
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
        self.pace.give_back(len(unsent))
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


def todo_of(job: DeliveryJob) -> PendingMessage:
    """What a job was made for."""
    todo: PendingMessage = job.tag  # type: ignore[assignment]  # jobs come from here only
    return todo


def learnt(job: DeliveryJob, receipt: Receipt) -> PendingMessage:
    """The job's message, with what is known of its recipients now."""
    todo = todo_of(job)
    for recipient, result in zip(job.envelope.recipients, receipt.recipients, strict=True):
        todo.outcomes[recipient.mailbox.key] = result.outcome
    return todo


def _attempts(jobs: Iterable[DeliveryJob]) -> Iterator[Attempt]:
    for job in jobs:
        todo = todo_of(job)
        number, message_id = todo.message, todo.message_id
        for one in job.envelope.recipients:
            box = one.mailbox
            yield Attempt(number, box.key, box.address, int(one.kind), message_id)


def _settled(results: Iterable[tuple[DeliveryJob, Receipt]]) -> Iterator[Result]:
    for job, receipt in results:
        number, seconds, size = todo_of(job).message, receipt.seconds, receipt.size
        for recipient, one in zip(job.envelope.recipients, receipt.recipients, strict=True):
            queue_id = receipt.queue_id if one.outcome is Outcome.ACCEPTED else ""
            yield Result(
                one.outcome, one.code, one.enhanced_code, one.text, queue_id, seconds, size,
                number, recipient.mailbox.key,
            )  # fmt: skip
