"""What the client of a run on a cluster offers to workers and asks of them, through the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from smtp_nb.errors import JournalError
from smtp_nb.merge.journal.claims import BUSY, ENDING, STATE, RunState, clock_of
from smtp_nb.merge.journal.journal import Journal
from smtp_nb.merge.journal.postgresql.stores import PostgreSQLStore
from smtp_nb.model.outcome import Outcome

_CLEAR = "DELETE FROM claim WHERE run <> ?"
_PUBLISH = "INSERT INTO claim (run, place) SELECT ?, generate_series(0, ?::bigint - 1)"
# Without it, PostgreSQL takes the table for a small one and reads a run's claims to find one.
_MEASURE = "ANALYZE claim"
_COUNTS = """
SELECT outcome, taken IS NULL, tries > 0, count(*) FROM claim WHERE run = ? GROUP BY 1, 2, 3
"""
_FORGET_ALL = "DELETE FROM budget"
_SPENT_BEFORE = "INSERT INTO budget (name, at, messages) VALUES (?, ?, ?)"


class Counts(NamedTuple):
    """How far a run is.

    Attributes:
        outcomes: of messages that are decided.
        waiting: messages that are not claimed.
        put_off: those of them that wait for another try.
    """

    outcomes: Counter[Outcome]
    waiting: int
    put_off: int


class ClaimBoard:
    """What the client of a run asks and tells, over its own journal.

    Raises:
        JournalError: the journal is not in a database.
    """

    def __init__(self, journal: Journal) -> None:
        if not isinstance(journal.store, PostgreSQLStore):
            raise JournalError("the journal is not in a database")
        self._journal, self._store = journal, journal.store

    @property
    def mark(self) -> str:
        """What tells this run from others."""
        return self._store.mark

    def publish(self, count: int, spent: Mapping[str, Sequence[float]]) -> float:
        """Offer `count` messages, and return the time at which the run began.

        Args:
            spent: when earlier runs sent what their quotas count, by the name of the budget.
        """
        self._journal.note({STATE: RunState.RUNNING, BUSY: "0"})
        with self._store.writing(flush=False) as sql:
            sql.execute(_CLEAR, (self.mark,))
            sql.execute(_PUBLISH, (self.mark, count))
            sql.execute(_MEASURE)
            sql.execute(_FORGET_ALL)
            for name, times in spent.items():
                counted = Counter(times).items()
                sql.executemany(_SPENT_BEFORE, [(name, at, many) for at, many in counted])
            return clock_of(sql)

    def tell(self, state: RunState) -> None:
        """Let workers know what to do from now on."""
        self._journal.note({STATE: state})

    @property
    def ending(self) -> str:
        """Why no further message begins; empty while any may."""
        facts = self._journal.facts
        return facts.get(ENDING, "") if facts.get(STATE) == RunState.ENDED else ""

    def counts(self) -> Counts:
        """How far the run is."""
        found = Counts(Counter(), 0, 0)
        values = (self.mark,)
        rows = self._store.commit(lambda sql: sql.execute(_COUNTS, values).fetchall(), flush=False)
        for outcome, is_waiting, is_again, count in rows:
            if outcome is not None:
                found.outcomes[Outcome(outcome)] += count
            elif is_waiting:
                again = found.put_off + (count if is_again else 0)
                found = found._replace(waiting=found.waiting + count, put_off=again)
        return found

    def has_workers(self) -> bool:
        """True while a worker of any run of this campaign has its connection."""
        return self._store.has_workers()
