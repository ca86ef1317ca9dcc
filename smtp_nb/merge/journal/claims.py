"""What the workers of a run share: claims to messages, budgets, and how the run stands.

A claim is a place in the run's list of messages. It is taken in the same transaction that
records its attempt, with the row locked from the first look at it: a message belongs to nobody or
is under way. So a worker that dies before the commit has taken nothing, and a task that is run
twice finds taken what the first one took. The transaction of a window also writes what became of
the one before: what a connection has in doubt is never more than a window.

Times are the database's, as seconds since 1970: the clocks of several machines differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, NamedTuple

from smtp_nb import ambient
from smtp_nb.merge.journal.journal import Journal, JournalReader
from smtp_nb.merge.journal.postgresql.stores import WorkerStore
from smtp_nb.merge.journal.schema import Attempt, Result, SkippedRow
from smtp_nb.merge.journal.store import JournalSession
from smtp_nb.merge.journal.url import JournalURL
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import summary

_NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"
_CLAIM = """
WITH free AS (
    SELECT place FROM claim WHERE run = ? AND taken IS NULL AND due <= ?
        AND NOT place = ANY(?) ORDER BY is_fresh, place LIMIT ? FOR UPDATE SKIP LOCKED)
UPDATE claim SET taken = ? FROM free WHERE claim.run = ? AND claim.place = free.place
RETURNING claim.place, tries, since, is_fresh
"""
_LEAVE = "UPDATE claim SET taken = NULL WHERE run = ? AND place = ANY(?)"
_LEAVE_OUT = "UPDATE claim SET taken = '', outcome = ? WHERE run = ? AND place = ?"
_FINISH = "UPDATE claim SET outcome = ? WHERE run = ? AND place = ?"
_REOPEN = """
UPDATE claim SET taken = NULL, outcome = NULL, is_fresh = FALSE, due = ?, tries = ?, since = ?
WHERE run = ? AND place = ?
"""
_PUT_OFF = "UPDATE claim SET taken = NULL, due = ? WHERE run = ? AND place = ANY(?)"
_HAS_TAKEN = "SELECT 1 FROM claim WHERE run = ? AND taken = ? LIMIT 1"
_NEXT_DUE = "SELECT due, tries > 0 FROM claim WHERE run = ? AND taken IS NULL ORDER BY due LIMIT 1"
_KNOWN = "SELECT message, message_id, address, outcome FROM delivery WHERE message = ANY(?)"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))"
_SPENT = """
SELECT COALESCE(sum(messages), 0)::bigint, min(at) FROM budget
WHERE name = ? AND at > ? AND messages > 0
"""
_SPEND = "INSERT INTO budget (name, at, messages) VALUES (?, ?, ?) RETURNING id"
_COUNT_FROM = """
INSERT INTO budget (id, name, at, messages) VALUES (?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET at = excluded.at
"""
_EXPIRE = "DELETE FROM budget WHERE name = ? AND at <= ?"
_GIVE_BACK = "UPDATE budget SET messages = messages - ? WHERE id = ?"
_HOLD_OFF = """
INSERT INTO campaign (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE
SET value = greatest(campaign.value::float8, excluded.value::float8)::text
"""

# Facts of a campaign whose run is shared.
STATE, ENDING, BUSY = "state", "ending", "busy until"


class RunState(StrEnum):
    """What workers are to do, as the campaign's fact `state` says."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    ENDED = "ended"
    """One worker found out that no further message may begin; `ending` says why."""


class Orders(NamedTuple):
    """What a worker is to know before it begins a window.

    Attributes:
        state: what to do; CANCELLED if another run has begun.
        busy_until: the mail server told a worker that it is busy: none begins before.
    """

    state: RunState
    busy_until: float = 0.0


class ClaimWindow(NamedTuple):
    """A transaction in which messages are claimed.

    Attributes:
        token: by which it is found out whether it was committed.
        orders: how the run stands until its end.
    """

    token: str
    orders: Orders


class ClaimedPlace(NamedTuple):
    """A message that a worker may take.

    Attributes:
        place: in the run's list.
        tries, since: how often it was deferred in this run, and when first.
        is_fresh: True if this run has not tried it.
    """

    place: int
    tries: int
    since: float
    is_fresh: bool


class Due(NamedTuple):
    """When a message may be claimed, and whether it was deferred before."""

    at: float
    is_again: bool


class Known(NamedTuple):
    """What the journal says of a recipient of an earlier attempt."""

    message: int
    message_id: str
    address: str
    outcome: str | None


class Budget(NamedTuple):
    """So many messages in any period."""

    name: str
    messages: int
    period_s: float


class Spent(NamedTuple):
    """A part of a budget that was taken: a record, its budget's name, and so many messages."""

    number: int
    name: str
    messages: int


def clock_of(sql: JournalSession) -> float:
    ((now,),) = sql.execute(_NOW).fetchall()
    return float(now)


class ClaimJournal(Journal):
    """A worker's journal, which keeps its claims in step with attempts and outcomes.

    Args:
        mark: of the run that it works for.
        place_of_message, place_of_row: the run's list, by number and by row.
    """

    def __init__(
        self,
        place: JournalURL,
        patience_s: float,
        mark: str,
        place_of_message: dict[int, int],
        place_of_row: dict[int, int],
    ) -> None:
        self._place = place
        self.store: WorkerStore = WorkerStore(place, patience_s, mark)
        JournalReader.__init__(self, self.store)
        self._run = mark
        self._place_of_message, self._place_of_row = place_of_message, place_of_row
        self._windows = 0
        self._is_open = False
        self._claimed: list[int] = []
        self._unused: set[int] = set()
        self._unwritten: list[Result] = []
        self._token = ""
        with self.store.reading() as sql:
            self._ahead = clock_of(sql) - ambient.monotonic()

    def clock(self) -> float:
        """The database's time, without asking it."""
        return ambient.monotonic() + self._ahead

    # -- windows ------------------------------------------------------------------------------

    @contextmanager
    def window(self) -> Iterator[ClaimWindow]:
        """A transaction from the first claim to the commit of the attempts.

        What was settled last is written with it.
        """
        self._windows += 1
        self._claimed.clear()
        self._unused.clear()
        self._token = f"{id(self):x}-{self._windows}-{self.clock()}"
        with self.store.writing() as sql:
            self._is_open = True
            try:
                self._write_outcomes(sql)
                yield ClaimWindow(self._token, self._orders(self.store.standing(sql)))
                if self._unused:
                    sql.execute(_LEAVE, (self._run, list(self._unused)))
            finally:
                self._is_open = False
        self._unwritten.clear()

    def has_taken(self, token: str) -> bool:
        """True if a window was committed although its answer was lost."""
        if found := bool(self._found(_HAS_TAKEN, (self._run, token))):
            self._unwritten.clear()
        return found

    def claim(self, most: int) -> list[ClaimedPlace]:
        """Claim up to `most` messages that this window has not had, until its end.

        Those that are not among its attempts then are unclaimed as before.
        """
        values = (self._run, self.clock(), self._claimed, most, self._token, self._run)
        with self.store.writing() as sql:
            found = [ClaimedPlace(*row) for row in sql.execute(_CLAIM, values)]
        self._claimed += [claim.place for claim in found]
        self._unused.update(claim.place for claim in found)
        return sorted(found, key=lambda claim: (claim.is_fresh, claim.place))

    def known(self, messages: Sequence[int]) -> list[Known]:
        """What became of earlier attempts."""
        return [Known(*row) for row in self._found(_KNOWN, (list(messages),))]

    def record_attempts(
        self,
        intents: Sequence[Attempt],
        left_out: Sequence[SkippedRow] = (),
        digests: Iterable[tuple[str, int]] = (),
    ) -> None:
        with self.store.writing() as sql:
            super().record_attempts(intents, left_out, digests)
            rows = [(s.outcome, self._run, self._place_of_row[s.row]) for s in left_out]
            sql.executemany(_LEAVE_OUT, rows)
        self._unused.difference_update(self._place_of_message[one.message] for one in intents)
        self._unused.difference_update(place for _, _, place in rows)

    def settle(self, outcomes: Sequence[Result]) -> None:
        """Keep what became of intents; the next window writes it, or `flush` does.

        Until then its connection has nothing in doubt but what it had before: no more than a
        window, for the next one is claimed in the transaction that writes this.
        """
        self._unwritten += outcomes

    def flush(self) -> None:
        """Write what was settled.

        Raises:
            JournalError: it could not be written; the next run shows it as UNKNOWN.
        """
        if self._unwritten and not self._is_open:  # a window that fails has written nothing
            self.store.commit(self._write_outcomes, flush=False)
            self._unwritten.clear()

    def close(self) -> None:
        try:
            self.flush()
        finally:
            super().close()

    def _write_outcomes(self, sql: JournalSession) -> None:
        outcomes = self._unwritten
        found: dict[int, list[Outcome]] = {}
        for one in outcomes:
            found.setdefault(one.message, []).append(Outcome(one.outcome))
        rows = [(summary(many), self._run, self._place_of_message[message])
                for message, many in found.items()]  # fmt: skip
        super().settle(outcomes)
        sql.executemany(_FINISH, rows)

    def reopen(self, message: int, due: float, tries: int, since: float) -> None:
        """Give a message back: it is unclaimed, to be tried again."""
        # By itself: it may be done again after others have taken the message.
        self.flush()
        values = (due, tries, since, self._run, self._place_of_message[message])
        self.store.commit(lambda sql: sql.execute(_REOPEN, values), flush=False)

    def put_off(self, places: Sequence[int], due: float) -> None:
        """Leave messages alone until then."""
        with self.store.writing() as sql:
            sql.execute(_PUT_OFF, (due, self._run, list(places)))
        self._unused.difference_update(places)

    # -- how the run stands -------------------------------------------------------------------

    def next_due(self) -> Due | None:
        """When the next message may be claimed; None if all are taken."""
        found = self._found(_NEXT_DUE, (self._run,))
        return Due(*found[0]) if found else None

    def orders(self) -> Orders:
        """How the run stands now."""
        return self._orders(self.facts)

    def _orders(self, facts: Mapping[str, str]) -> Orders:
        if facts.get("run") != self._run:
            return Orders(RunState.CANCELLED)
        return Orders(RunState(facts[STATE]), float(facts[BUSY]))

    def hold_off(self, until: float) -> None:
        """Let no worker begin anything before."""
        self.store.commit(lambda sql: sql.execute(_HOLD_OFF, (BUSY, str(until))), flush=False)

    def explain_rest(self, why: str) -> None:
        """Keep why no further message begins, should it come to that: the client says so."""
        self.note({ENDING: why})

    def end(self) -> None:
        """Let no worker begin a further message."""
        self.note({STATE: RunState.ENDED})

    # -- budgets ------------------------------------------------------------------------------

    def spend(self, budget: Budget, most: int) -> Spent | None:
        """Take up to `most` of what is left of a budget now; None if nothing is.

        It counts from now, until `count_from` says better.
        """

        def work(sql: JournalSession) -> Spent | None:
            sql.execute(_LOCK, (f"{self._place.schema} {budget.name}",))
            now = clock_of(sql)
            sql.execute(_EXPIRE, (budget.name, now - budget.period_s))
            room = min(most, budget.messages - self._spent(sql, budget, now)[0])
            if room <= 0:
                return None
            ((number,),) = sql.execute(_SPEND, (budget.name, now, room)).fetchall()
            return Spent(int(number), budget.name, room)

        return self.store.commit(work, flush=False)

    def give_back(self, spent: Spent, unused: int) -> Spent:
        """What was taken and not needed may be taken by others."""
        if unused:
            values = (unused, spent.number)
            self.store.commit(lambda sql: sql.execute(_GIVE_BACK, values), flush=False)
        return spent._replace(messages=spent.messages - unused)

    def count_from(self, at: float, spent: Iterable[Spent]) -> None:
        """What was taken has arrived by then at the latest, and its period begins there."""
        rows = [(one.number, one.name, at, one.messages) for one in spent]
        self.store.commit(lambda sql: sql.executemany(_COUNT_FROM, rows), flush=False)

    def opens_at(self, budget: Budget, now: float) -> float:
        """When there is something to take: now, or later."""
        spent, first = self.store.commit(lambda sql: self._spent(sql, budget, now), flush=False)
        return now if spent < budget.messages else first + budget.period_s

    def _found(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        """What a statement finds, over another connection if this one fails."""
        return self.store.commit(
            lambda sql: list(sql.execute(statement, values).fetchall()), flush=False
        )

    _read = _found

    def _spent(self, sql: JournalSession, budget: Budget, now: float) -> tuple[int, float]:
        ((spent, first),) = sql.execute(_SPENT, (budget.name, now - budget.period_s)).fetchall()
        return spent, first or now
