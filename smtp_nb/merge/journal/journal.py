"""The journal of a campaign: delivery attempts and their outcomes.

Its theory is write-ahead: before the first byte of a message leaves, the intent to send it is on
the disk (synchronous=FULL: it survives the kernel, the machine and the power). The outcome follows.
An intent without an outcome after a crash therefore means 'may have left', which is UNKNOWN, and
no intent means 'has not left'. Outcomes need no flush of their own: the flush of the next intents
takes them along, so at most one window is in doubt.

It holds addresses, keys and the server's words. It holds no bodies, subjects, rows or passwords.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Self

from smtp_nb import ambient
from smtp_nb.errors import JournalError
from smtp_nb.merge.journal import places, schema
from smtp_nb.merge.journal.schema import (
    Attempt,
    Decided,
    PlanEntry,
    RecipientRecord,
    ReportRecord,
    Result,
    SentMessage,
    SkippedRow,
    Target,
    Unfinished,
)
from smtp_nb.merge.journal.store import JournalSession, ReadingStore, WritingStore
from smtp_nb.merge.journal.url import Place
from smtp_nb.model.outcome import Outcome

# Rows and messages that are read together.
_STRETCH = 4096


class JournalReader:
    """What a journal says. Its methods may be called from any thread."""

    def __init__(self, store: ReadingStore) -> None:
        self._read_from = store

    @classmethod
    def open(cls, place: Place) -> JournalReader:
        """Open a journal to look into it, also while another process sends its campaign.

        Raises:
            JournalError: there is none, it is something else, of a later version, or damaged.
        """
        return cls(places.for_reading(place))

    @classmethod
    def open_or_empty(cls, place: Place) -> JournalReader:
        """As `open`; an empty one in memory if nothing is there."""
        return cls(places.for_reading(place if places.exists(place) else None))

    def close(self) -> None:
        """Let go of the file or the connection."""
        self._read_from.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _read(self, statement: str) -> list[Any]:
        """All that a statement finds.

        Raises:
            JournalError: it cannot be read.
        """
        with self._read_from.reading() as sql:
            return list(sql.execute(statement).fetchall())

    @property
    def facts(self) -> dict[str, str]:
        """What is known of the campaign as a whole: its name, its template's digest."""
        return dict(self._read("SELECT name, value FROM campaign"))

    def finished(self) -> set[str]:
        """The keys with nothing left to do, whatever address stands in their row now."""
        return {key for (key,) in self._read(schema.FINISHED)}

    def begun(self) -> dict[str, Unfinished]:
        """The messages that were tried and are not finished, by key."""
        return self._tried(schema.BEGUN)

    def tried(self) -> dict[str, Unfinished]:
        """All messages that were tried, by key."""
        return self._tried(schema.TRIED)

    def _tried(self, statement: str) -> dict[str, Unfinished]:
        found: dict[str, Unfinished] = {}
        for key, message_id, address, kind, outcome in self._read(statement):
            begun = found.setdefault(key, Unfinished(message_id, {}))
            begun.recipients[address] = (kind, outcome)
        return found

    def decided(self) -> list[Decided]:
        """The messages that a recipient has, or may have."""
        return [Decided(*row) for row in self._read(schema.DECIDED)]

    def outcomes(self) -> list[tuple[int, str | None, float]]:
        """The outcomes among the recipients of each message, and when the last one came to it."""
        return list(self._read(schema.OUTCOMES))

    def sent_since(self, moment: float) -> list[SentMessage]:
        """What left after a moment, in seconds since 1970, whatever a server said to it."""
        with self._read_from.reading() as sql:
            return [SentMessage(*row) for row in sql.execute(schema.SENT, (moment,))]

    def keys(self) -> dict[int, str]:
        """Every key of the campaign by its number."""
        return dict(self._read("SELECT id, key FROM message"))

    def plan(self) -> Iterator[PlanEntry]:
        """What the last run meant to do, in the order of its rows."""
        rows = chain.from_iterable(self._stretches("row", schema.PLAN))
        return map(PlanEntry._make, rows)

    def delivered(self) -> Iterator[RecipientRecord]:
        """All recipients of all messages that were tried, in the order of messages."""
        rows = chain.from_iterable(self._stretches("message", schema.DELIVERIES))
        return map(RecipientRecord._make, rows)

    def _stretches(self, name: str, statement: str) -> Iterator[Sequence[Any]]:
        """What a statement finds from one number to another, until all of them were asked for.

        So a long campaign is never whole in memory, and who writes waits for a stretch at most.
        """
        with self._read_from.reading() as sql:
            ((first, last),) = sql.execute(schema.EXTENT[name]).fetchall()
        numbers = () if first is None else range(first, last + 1, _STRETCH)
        for start in numbers:
            with self._read_from.reading() as sql:
                found = sql.execute(statement, (start, start + _STRETCH - 1)).fetchall()
            yield found

    def deliveries(self) -> list[RecipientRecord]:
        """The same at once."""
        return [_shared(*record) for record in self.delivered()]

    def reports(self) -> list[ReportRecord]:
        """What was reported of recipients after their messages were accepted."""
        return [ReportRecord(*row) for row in self._read(schema.REPORTS)]


# The columns of a `RecipientRecord`, of as many types, hence Any.
def _shared(
    message: int, address: str, recipient: str, kind: int, attempts: int, message_id: str,
    at: float, outcome: str | None, code: int, enhanced_code: str, *rest: Any,
) -> RecipientRecord:  # fmt: skip
    """A record without a copy of its own of what a hundred thousand others say too."""
    return RecipientRecord(
        message, recipient if address == recipient else address, recipient, kind, attempts,
        message_id, at, outcome and sys.intern(outcome), code, sys.intern(enhanced_code), *rest,
    )  # fmt: skip


class Journal(JournalReader):
    """One campaign's journal, open for writing.

    Args:
        place: where; it is made if it is not there. None keeps it in memory.
        patience_s: so long a database that is away is waited for, once it was there.

    Raises:
        JournalError: it is not a journal, one of a later version, or damaged.
    """

    def __init__(self, place: Place | None, patience_s: float = 0.0) -> None:
        self.store: WritingStore = places.for_writing(place, patience_s)
        super().__init__(self.store)

    def note(self, facts: dict[str, str]) -> None:
        """Keep facts about the campaign as a whole.

        As all that precedes the first intent, they are flushed with it: without it nothing left.
        """
        with self.store.writing(flush=False) as sql:
            sql.executemany(schema.NOTE, list(facts.items()))

    def register(self, keys: Iterable[str]) -> dict[str, int]:
        """Give each key a number that it keeps for the life of the campaign."""
        with self.store.writing(flush=False) as sql:
            sql.executemany(schema.REGISTER, ((key,) for key in keys))
            return dict(sql.execute("SELECT key, id FROM message").fetchall())

    def replan(self, entries: Iterable[PlanEntry]) -> None:
        """Keep what this run means to do, in place of what the last one meant."""
        with self.store.writing(flush=False) as sql:
            sql.execute("DELETE FROM plan")
            # sqlite3 reads a plain tuple faster than one with names.
            sql.executemany(schema.KEEP_PLAN, map(tuple, entries))

    def explain_rest(self, why: str) -> None:
        """Keep why rows that are still to be sent were not sent by this run."""
        with self.store.writing(flush=False) as sql:
            sql.execute(schema.EXPLAIN_REST, (why,))

    def doubt(self) -> int:
        """Turn intents that no process is following any more into UNKNOWN; how many there were."""
        self.store.wait_for_others()
        with self.store.writing(flush=False) as sql:
            return sql.execute(schema.DOUBT).rowcount

    def record_attempts(
        self,
        intents: Sequence[Attempt],
        left_out: Sequence[SkippedRow] = (),
        digests: Iterable[tuple[str, int]] = (),
    ) -> None:
        """Commit, and flush to the disk, that these may leave from now on.

        Args:
            left_out: rows that turned out to have no message.
            digests: of what is sent, each with the number of its message.

        Raises:
            JournalError: it is not on the disk under the journal's name, so none of them may leave.
        """
        now = ambient.now()
        rows, sent = [(*intent, now) for intent in intents], list(digests)
        if len({intent[:2] for intent in intents}) != len(rows):  # message and address
            raise JournalError("a recipient was about to be sent to twice")

        def write(sql: JournalSession) -> None:
            self.store.require_current(sql)
            sql.executemany(schema.LEAVE_OUT, left_out)
            sql.executemany(schema.DIGEST, sent)
            if sql.executemany(schema.RECORD_ATTEMPT, rows).rowcount != len(rows):
                raise JournalError("a recipient whose outcome is final was about to be sent to")

        self.store.commit(write)

    def settle(self, outcomes: Sequence[Result]) -> None:
        """Commit what became of intents. The next `record_attempts` flushes it."""
        now = ambient.now()
        # A plain text: sqlite3 looks for an adapter of any other class, for each value anew.
        rows = [
            (now, str(outcome), code, status, reply[: schema.REPLY_LIMIT], queue_id, seconds, size,
             message, address)
            for outcome, code, status, reply, queue_id, seconds, size, message, address in outcomes
        ]  # fmt: skip
        self.store.commit(lambda sql: sql.executemany(schema.SETTLE, rows), flush=False)

    def accept(self, digests: Iterable[tuple[str, int]]) -> None:
        """Keep other digests for messages that have left: the difference was looked at."""
        with self.store.writing(flush=False) as sql:
            sql.executemany(schema.DIGEST, digests)

    def keep_reports(self, reports: Iterable[ReportRecord]) -> None:
        """Keep what was reported of recipients, each report once."""
        with self.store.writing() as sql:
            sql.executemany(schema.KEEP_REPORT, reports)

    def resolve(self, target: Target, outcome: Outcome, reply: str) -> int:
        """Decide about recipients; how many that were."""
        with self.store.writing() as sql:
            for old in target.outcomes:
                values = [outcome, reply, old, *target.names]
                if count := sql.execute(target.statement, values).rowcount:
                    return count
            return 0
