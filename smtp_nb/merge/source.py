"""The stream of jobs: render a window, commit its intents, let it leave, commit its outcomes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from smtp_nb.errors import InputError
from smtp_nb.merge.journal import Journal
from smtp_nb.merge.letters import Filled, Letters, Message
from smtp_nb.merge.plan import PlannedRow
from smtp_nb.merge.problem import RowError, sentence
from smtp_nb.merge.progress import Meter, Progress
from smtp_nb.merge.schema import RETRIED, Intent, LeftOut, Settled
from smtp_nb.model.envelope import Envelope, Job, Recipient
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt

# What a server has decided; everything else is no progress over a failing line.
_DECIDED = frozenset({Outcome.ACCEPTED, Outcome.REFUSED, Outcome.DEFERRED})


class LeaveOut(RowError):
    """This row is not sent in this run, on purpose."""


Recipients = tuple[Recipient, ...]
Readdress = Callable[[Message], Recipients]


@dataclass(slots=True)
class Todo:
    """A message to send, or to send again to those of its recipients who are not decided.

    Attributes:
        message: its number in the journal.
        message_id: the one it had at an earlier attempt, or empty.
        outcomes: what is known of its recipients, by normalised address.
    """

    planned: PlannedRow
    message: int
    message_id: str = ""
    outcomes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Control:
    """What other threads say to a running merge."""

    is_cancelled: bool = False
    may_go_on: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.may_go_on.set()

    @property
    def holds(self) -> bool:
        """True while no further message may be begun."""
        return self.is_cancelled or not self.may_go_on.is_set()


class Source:
    """The messages of a run, for one connection or for several that take turns.

    Args:
        readdress: gives the recipients of a message; raises `LeaveOut` to skip its row.
    """

    def __init__(
        self,
        todos: list[Todo],
        letters: Letters,
        journal: Journal,
        meter: Meter,
        control: Control,
        readdress: Readdress,
    ) -> None:
        self._letters = letters
        self._journal = journal
        self._meter = meter
        self._control = control
        self._readdress = readdress
        self._left = len(todos)
        self._fresh = _emptying(todos, letters)
        self._again: deque[Todo] = deque()

    @property
    def progress(self) -> Progress:
        """How far this run is."""
        return self._meter.progress

    @property
    def has_more(self) -> bool:
        """True if messages wait to be sent."""
        return bool(self._left or self._again)

    def take(self, most: int) -> Sequence[Job]:
        """Render up to `most` messages; their intents are on the disk when this returns.

        Raises:
            JournalError: they are not, so none of them may leave.
        """
        jobs: list[Job] = []
        left_out: list[LeftOut] = []
        for todo, filled in self._waiting():
            try:
                jobs.append(self._job(todo, filled))
            except InputError as error:
                left_out.append(self._leave_out(todo.planned, error))
            if len(jobs) == most:
                break
        if jobs or left_out:
            self._journal.intend([intent for job in jobs for intent in _intents(job)], left_out)
        return jobs

    def _waiting(self) -> Iterator[tuple[Todo, Filled]]:
        while self.has_more and not self._control.holds:
            if self._again:
                todo = self._again.popleft()
                yield todo, next(self._letters.read([todo.planned]))
            else:
                self._left -= 1
                yield next(self._fresh)

    def _job(self, todo: Todo, filled: Filled) -> Job:
        message = self._letters.compose(filled, todo.message_id)
        todo.message_id = message.content.message_id
        recipients = self._readdress(message)
        if todo.outcomes:
            recipients = _undecided(recipients, todo.outcomes)
        sender = message.letter.draft.authors[0]
        return Job(Envelope(sender, recipients), message.content, todo)

    def _leave_out(self, planned: PlannedRow, error: InputError) -> LeftOut:
        outcome = Outcome.SKIPPED if isinstance(error, LeaveOut) else Outcome.INVALID
        self._meter.count(outcome)
        return LeftOut(outcome, sentence(error.description, error.remedy), planned.row)

    def settle(self, results: Sequence[tuple[Job, Receipt]]) -> None:
        """Commit what became of jobs.

        Raises:
            JournalError: it could not be written; the next run shows these as UNKNOWN.
        """
        self._journal.settle([one for job, receipt in results for one in _settled(job, receipt)])
        for _, receipt in results:
            self._meter.count(receipt.outcome)
        self._meter.show()

    def take_back(self, unsent: Sequence[tuple[Todo, Receipt]]) -> None:
        """What did not leave over one connection is sent first over the next."""
        for todo, receipt in unsent:
            self._meter.count(receipt.outcome, -1)
            self._again.append(todo)


class Line:
    """A `JobSource` for one connection: it knows what that connection got done."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._unsent: list[tuple[Todo, Receipt]] = []
        self.decided = 0
        """Recipients about whom the server has decided."""

    def next_jobs(self, most: int) -> Sequence[Job]:
        """The next window; an empty one ends the stream."""
        self._unsent = []
        return self._source.take(most)

    def done(self, results: Sequence[tuple[Job, Receipt]]) -> None:
        """What became of jobs."""
        self._source.settle(results)
        for job, receipt in results:
            self.decided += sum(r.outcome in _DECIDED for r in receipt.recipients)
            if any(r.outcome is Outcome.NOT_SENT for r in receipt.recipients):
                self._unsent.append((_learnt(job, receipt), receipt))

    def broke(self) -> None:
        """The line failed: what did not leave goes over another one."""
        self._source.take_back(self._unsent)


def _undecided(recipients: Recipients, outcomes: Mapping[str, str]) -> Recipients:
    found = tuple(
        recipient
        for recipient in recipients
        if outcomes.get(recipient.mailbox.key, Outcome.NOT_SENT) in RETRIED
    )
    if not found:
        raise LeaveOut("everybody whom this row names now has an outcome already")
    return found


def _todo(job: Job) -> Todo:
    todo: Todo = job.tag  # type: ignore[assignment]  # jobs come from here only
    return todo


def _learnt(job: Job, receipt: Receipt) -> Todo:
    """The job's message, with what is known of its recipients now."""
    todo = _todo(job)
    for recipient, result in zip(job.envelope.recipients, receipt.recipients, strict=True):
        todo.outcomes[recipient.mailbox.key] = result.outcome
    return todo


def _emptying(todos: list[Todo], letters: Letters) -> Iterator[tuple[Todo, Filled]]:
    """The messages in order with their rows' values; each is let go once it is taken."""
    waiting = deque(todos)
    todos.clear()
    for filled in letters.read(todo.planned for todo in list(waiting)):
        yield waiting.popleft(), filled


def _intents(job: Job) -> Iterator[Intent]:
    todo = _todo(job)
    for recipient in job.envelope.recipients:
        box = recipient.mailbox
        yield Intent(todo.message, box.key, box.address, int(recipient.kind), todo.message_id)


def _settled(job: Job, receipt: Receipt) -> Iterator[Settled]:
    todo = _todo(job)
    for recipient, result in zip(job.envelope.recipients, receipt.recipients, strict=True):
        is_accepted = result.outcome is Outcome.ACCEPTED
        yield Settled(
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
