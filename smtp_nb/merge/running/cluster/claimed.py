"""A worker's share of a run: the messages that it claims in the journal, one window at a time.

Nothing is rendered ahead: a message that is rendered is claimed, and others may be waiting for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from smtp_nb.errors import JournalError
from smtp_nb.flows.delivering.reconnecting import Pause
from smtp_nb.merge.journal.claims import Budget, ClaimedPlace, ClaimJournal, RunState
from smtp_nb.merge.journal.schema import RETRIED
from smtp_nb.merge.planning.renderer import RowRenderer, RowValues
from smtp_nb.merge.running.control import RunControl
from smtp_nb.merge.running.pace import Pace, PaceLimits
from smtp_nb.merge.running.progress import Meter
from smtp_nb.merge.running.source import Readdress, Source
from smtp_nb.merge.running.waiting import PendingMessage
from smtp_nb.model.envelope import DeliveryJob
from smtp_nb.model.outcome import Outcome

# After so long a worker that waits looks round, for nobody can nudge it.
_LOOK_ROUND_S = 1.0
# When all that waits is in the hands of others.
_STAND_BY_S = 0.05
# The budget of the run itself; those of domains have their names.
_ALL = "*all*"


class Claims:
    """The messages of a run that nobody has taken (a `MessageQueue`).

    Args:
        todos: the run's list.
        limits: with the budgets of recipient domains.
    """

    put_off = 0  # the client counts them

    def __init__(
        self,
        todos: Sequence[PendingMessage],
        renderer: RowRenderer,
        journal: ClaimJournal,
        limits: PaceLimits,
    ) -> None:
        self._todos = todos
        self._renderer = renderer
        self._journal = journal
        self._rates = limits.domain_rates
        self._claimed: deque[tuple[PendingMessage, RowValues]] = deque()
        self._none_until = 0.0
        self.room = 0
        """How many more may be claimed in this window."""

    def __len__(self) -> int:
        return len(self._todos)

    def begin(self, room: int) -> None:
        """A window of up to so many messages begins."""
        self._claimed.clear()  # an earlier window's, which were let go with it
        self.room = room

    def next(self, now: float) -> tuple[PendingMessage, RowValues] | None:
        """The next message, locked until the window's end."""
        if not self._claimed and not self._claim(now):
            self._none_until = now + _STAND_BY_S
            return None
        return self._claimed.popleft()

    def _claim(self, now: float) -> bool:
        while self.room > 0 and (found := self._journal.claim(self.room)):
            kept = self._within_budgets(found, now) if self._rates else found
            if kept:
                todos = self._as_known([self._todo(claim) for claim in kept])
                values = self._renderer.read([todo.planned for todo in todos])
                self._claimed.extend(zip(todos, values, strict=True))
                return True
        return False

    def _todo(self, claim: ClaimedPlace) -> PendingMessage:
        found = self._todos[claim.place]
        return replace(found, outcomes=dict(found.outcomes), tries=claim.tries, since=claim.since)

    def _as_known(self, todos: list[PendingMessage]) -> list[PendingMessage]:
        """The messages with what came of attempts in this run, whoever made them."""
        by_number = {todo.message: todo for todo in todos}
        for known in self._journal.known(list(by_number)):
            todo = by_number[known.message]
            todo.message_id = known.message_id
            # What is decided of an address that stands in for another one is not in the journal.
            if todo.outcomes.get(known.address, Outcome.NOT_SENT) in RETRIED:
                todo.outcomes[known.address] = known.outcome or Outcome.UNKNOWN
        return todos

    def _within_budgets(self, found: Iterable[ClaimedPlace], now: float) -> list[ClaimedPlace]:
        """Those whose recipients' domains may have more now; the others wait until they may."""
        by_domain: dict[str, list[ClaimedPlace]] = {}
        for claim in found:
            by_domain.setdefault(self._todos[claim.place].domain, []).append(claim)
        kept: list[ClaimedPlace] = []
        for domain, claims in sorted(by_domain.items()):
            rate = self._rates.get(domain) or self._rates.get("*")
            if rate is None:
                kept += claims
                continue
            budget = Budget(domain, rate.messages, rate.period_s)
            count = self._journal.spend(budget, len(claims)).messages
            kept += claims[:count]
            if rest := [claim.place for claim in claims[count:]]:
                self._journal.put_off(rest, max(self._journal.opens_at(budget, now), now))
        return sorted(kept)

    def opens_at(self, now: float) -> float | None:
        """When the next one may leave: now, later, or never."""
        due = self._journal.next_due()
        return None if due is None else max(due, self._none_until, now)

    def put_back(self, todo: PendingMessage) -> None:
        """It has not left: it is the next one, for whoever comes."""
        self._journal.reopen(todo.message, 0.0, todo.tries, todo.since)

    def try_again(self, todo: PendingMessage, due: float) -> None:
        """It was deferred: its time comes again."""
        self._journal.reopen(todo.message, due, todo.tries, todo.since)


class SharedPace(Pace):
    """The pace of one worker, within the budget of all."""

    def __init__(self, limits: PaceLimits, journal: ClaimJournal, ends: float | None) -> None:
        seconds = None if ends is None else ends - journal.clock()
        super().__init__(
            replace(limits, rate=None, domain_rates={}, deadline_s=seconds), journal.clock
        )
        self._journal = journal
        rate = limits.rate
        self._budget = Budget(_ALL, rate.messages, rate.period_s) if rate else None

    @property
    def budget(self) -> Budget | None:
        """What all workers together may send; None for anything."""
        return self._budget

    def opens_at(self, now: float) -> tuple[float, str]:
        """When a message may begin, and what it waits for until then."""
        found = super().opens_at(now)
        if self._budget is None:
            return found
        return max(found, (self._journal.opens_at(self._budget, now), "the configured rate"))


class ClaimedSource(Source):
    """A source of jobs for one worker."""

    def __init__(
        self,
        claims: Claims,
        renderer: RowRenderer,
        journal: ClaimJournal,
        control: RunControl,
        readdress: Readdress,
        pace: SharedPace,
    ) -> None:
        super().__init__(claims, renderer, journal, Meter(0, None), control, readdress, pace)
        self._claims, self._claim_journal, self._shared = claims, journal, pace

    def pause(self) -> Pause | None:
        """As any source, but never for long: a nudge does not come as far as here."""
        self._look_round()
        found = super().pause()
        return None if found is None else replace(found, seconds=min(found.seconds, _LOOK_ROUND_S))

    def _look_round(self) -> bool:
        """See what the client wants; False if that is no further message for now."""
        state = self._claim_journal.state()
        self._control.is_paused = state is RunState.PAUSED
        self._control.is_cancelled = state in (RunState.CANCELLED, RunState.ENDED)
        return state is RunState.RUNNING

    def prepare(self, most: int) -> None:
        """Render nothing ahead."""

    def take(self, most: int) -> Sequence[DeliveryJob]:
        """Claim and render up to `most` messages; their intents are on the disk when this returns.

        Raises:
            JournalError: they are not, so none of them may leave.
        """
        if not self._look_round():
            return ()
        budget = self._shared.budget
        if budget is None:
            return self._taken(most)
        spent = self._claim_journal.spend(budget, most)
        jobs = self._taken(spent.messages) if spent.messages else ()
        self._claim_journal.give_back(spent, spent.messages - len(jobs))
        return jobs

    def _taken(self, most: int) -> Sequence[DeliveryJob]:
        store = self._claim_journal.store
        deadline = store.deadline()
        while True:
            self._claims.begin(most)
            jobs: Sequence[DeliveryJob] = ()
            token = ""
            try:
                with self._claim_journal.window() as token:
                    jobs = super().take(most)
            except JournalError as error:
                store.come_back(error, deadline)
                if not (jobs and self._claim_journal.has_taken(token)):
                    self._under_way -= len(jobs)
                    continue
            return jobs
