"""A worker's share of a run: the messages that it claims in the journal, one window at a time.

Nothing is rendered ahead: a message that is rendered is claimed, and others may be waiting for it.
"""

from __future__ import annotations

import math
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from smtp_nb.errors import JournalError
from smtp_nb.flows.delivering.reconnecting import Pause
from smtp_nb.merge.journal.claims import Budget, ClaimedPlace, ClaimJournal, Orders, RunState, Spent
from smtp_nb.merge.journal.schema import RETRIED
from smtp_nb.merge.planning.renderer import RowRenderer, RowValues
from smtp_nb.merge.running.control import RunControl
from smtp_nb.merge.running.deferrals import Deferral
from smtp_nb.merge.running.durations import Rate
from smtp_nb.merge.running.pace import Opening, Pace, PaceLimits, Shut
from smtp_nb.merge.running.progress import Meter
from smtp_nb.merge.running.source import Readdress, Source, todo_of
from smtp_nb.merge.running.waiting import PendingMessage
from smtp_nb.model.envelope import DeliveryJob
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt

# A waiting worker looks again after this time, as nothing can nudge it.
_LOOK_ROUND_S = 1.0
# When all that waits is in the hands of others.
_STAND_BY_S = 0.05
# The budget of the run itself; those of domains have their names.
ALL = "*all*"


class Claims:
    """The unclaimed messages of a run (a `MessageQueue`).

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
        self.spent: dict[int, list[Spent]] = {}
        """What each message under way took from budgets, by its number."""
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
            todos = [self._todo(claim) for claim in found]
            tried = [todo for todo, claim in zip(todos, found, strict=True) if not claim.is_fresh]
            if tried:
                self._learn(tried)
            values = self._renderer.read([todo.planned for todo in todos])
            claimed = list(zip(todos, values, strict=True))
            if self._rates:
                claimed = self._within_budgets(found, claimed, now)
            if claimed:
                self._claimed.extend(claimed)
                return True
        return False

    def _todo(self, claim: ClaimedPlace) -> PendingMessage:
        found = self._todos[claim.place]
        return replace(found, outcomes=dict(found.outcomes), tries=claim.tries, since=claim.since)

    def _learn(self, todos: list[PendingMessage]) -> None:
        """Note the outcomes of this run's attempts, by any worker; the client sent earlier ones."""
        by_number = {todo.message: todo for todo in todos}
        for known in self._journal.known(list(by_number)):
            todo = by_number[known.message]
            todo.message_id = known.message_id
            # What is decided of an address that stands in for another one is not in the journal.
            if todo.outcomes.get(known.address, Outcome.NOT_SENT) in RETRIED:
                todo.outcomes[known.address] = known.outcome or Outcome.UNKNOWN

    def _within_budgets(
        self,
        found: Iterable[ClaimedPlace],
        claimed: Iterable[tuple[PendingMessage, RowValues]],
        now: float,
    ) -> list[tuple[PendingMessage, RowValues]]:
        """Those whose recipients' domains may have more now; the others wait until they may."""
        kept, opens = [], dict[str, float]()
        for claim, (todo, filled) in zip(found, claimed, strict=True):
            domains = self._renderer.domains(filled, todo.outcomes)
            shut = self._shut(todo.message, domains, opens, now)
            if shut is None:
                kept.append((todo, filled))
            else:
                self._journal.put_off([claim.place], shut)
        return kept

    def _shut(
        self, message: int, domains: Iterable[str], opens: dict[str, float], now: float
    ) -> float | None:
        """Take one from the budget of each domain; or when the one opens that has none left."""
        taken: list[Spent] = []
        for domain in domains:
            rate = self._rates.get(domain) or self._rates.get("*")
            if rate is None:
                continue
            budget = _budget(domain, rate)
            spent = None if domain in opens else self._journal.spend(budget, 1)
            if spent is None:
                opens.setdefault(domain, max(self._journal.opens_at(budget, now), now))
                for one in taken:
                    self._journal.give_back(one, 1)
                return opens[domain]
            taken.append(spent)
        self.spent[message] = taken
        return None

    def opens_at(self, now: float) -> Opening | None:
        """When the next one may leave: now, later, or never."""
        due = self._journal.next_due()
        if due is None:
            return None
        at = max(due.at, self._none_until, now)
        if due.is_again or due.at <= now:
            return Opening(at, "the next attempt")
        shut = Shut.QUOTA if any(rate.is_quota for rate in self._rates.values()) else None
        return Opening(at, "the rate of a domain", shut is not None, shut)

    def put_back(self, todo: PendingMessage) -> None:
        """It has not left: it is the next one for any worker."""
        self._journal.reopen(todo.message, 0.0, todo.tries, todo.since)

    def try_again(self, todo: PendingMessage, due: float) -> None:
        """It was deferred: its time comes again."""
        self._journal.reopen(todo.message, due, todo.tries, todo.since)


def _budget(name: str, rate: Rate) -> Budget:
    return Budget(name, rate.messages, rate.period_s)


class SharedPace(Pace):
    """The pace of one worker, within the budget of all.

    Args:
        ends: when no further message is begun, in the journal's time; None for never.
    """

    def __init__(self, limits: PaceLimits, journal: ClaimJournal, ends: float | None) -> None:
        own = replace(limits, rate=None, domain_rates={}, deadline_s=None)
        super().__init__(own, journal.clock, journal.clock)
        self._ends = math.inf if ends is None else ends
        self._journal = journal
        self._shared = limits.rate

    def learn(self, found: Deferral) -> None:
        """Take a server at its word; what it said to one worker, it said to all."""
        before = self.backoff.until
        super().learn(found)
        if self.backoff.until > before:
            self._journal.hold_off(self.backoff.until)

    @property
    def budget(self) -> Budget | None:
        """What all workers together may send; None for anything."""
        return None if self._shared is None else _budget(ALL, self._shared)

    def free(self, now: float) -> int:
        """How many messages may begin now, of those that were taken from the budget."""
        return 0 if now >= self._ends or super().opens_at(now).at > now else sys.maxsize

    def opens_at(self, now: float, other: Opening | None = None) -> Opening:
        """When a message may begin, and what it waits for until then."""
        rate, budget = self._shared, self.budget
        if rate is None or budget is None:
            return super().opens_at(now, other)
        at = self._journal.opens_at(budget, now)
        found = Opening(at, "the configured rate")
        if rate.is_quota:
            found = Opening(at, f"quota reached ({rate.words})", True, Shut.QUOTA)
        return super().opens_at(now, found if other is None or other.at < at else other)


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
        waits_for: frozenset[Shut],
    ) -> None:
        meter = Meter(0, None)
        super().__init__(claims, renderer, journal, meter, control, readdress, pace, waits_for)
        self._claims, self._claim_journal, self._shared = claims, journal, pace
        self._has_passed_on = False

    def pause(self) -> Pause | None:
        """As any source, but never for long: a nudge does not come as far as here."""
        self._claim_journal.flush()
        self._look_round()
        found = super().pause()
        self._pass_on()
        return None if found is None else replace(found, seconds=min(found.seconds, _LOOK_ROUND_S))

    def settle(self, results: Sequence[tuple[DeliveryJob, Receipt]]) -> None:
        """As any source; what ends this worker ends all.

        A server counts what arrives, and that may be long after the claim: whoever asks for a
        budget counts from the reply on, so that no period of any length has more than its share.
        """
        now, spent = self._shared.clock(), dict[int, Spent]()
        for job, _ in results:
            taken = self._claims.spent.pop(todo_of(job).message, ())
            spent.update((one.number, one) for one in taken)
        if spent:
            self._claim_journal.count_from(now, spent.values())
        super().settle(results)
        self._pass_on()

    def _pass_on(self) -> None:
        if self.endings.found is not None and not self._has_passed_on:
            self._has_passed_on = True
            self._claim_journal.end()

    def _look_round(self) -> bool:
        """See what the client wants; False if that is no further message for now."""
        return self._heed(self._claim_journal.orders())

    def _heed(self, orders: Orders) -> bool:
        state, busy_until = orders
        self._shared.backoff.hold(busy_until)
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
        budget = self._shared.budget
        if budget is None:
            return self._taken(most)
        if not self._look_round():
            return ()
        spent = self._claim_journal.spend(budget, most)
        if spent is None:
            return ()
        jobs = self._taken(spent.messages)
        used = self._claim_journal.give_back(spent, spent.messages - len(jobs))
        for job in jobs:
            self._claims.spent.setdefault(todo_of(job).message, []).append(used)
        return jobs

    def _taken(self, most: int) -> Sequence[DeliveryJob]:
        store = self._claim_journal.store
        deadline = store.deadline()
        while True:
            self._claims.begin(most)
            jobs: Sequence[DeliveryJob] = ()
            token = ""
            try:
                with self._claim_journal.window() as (token, orders):
                    if self._heed(orders):
                        jobs = super().take(most)
            except JournalError as error:
                store.come_back(error, deadline)
                if not (jobs and self._claim_journal.has_taken(token)):
                    self._under_way -= len(jobs)
                    continue
            return jobs
