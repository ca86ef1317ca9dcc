"""The journal of a campaign: delivery attempts and their outcomes.

Its theory is write-ahead: before the first byte of a message leaves, the intent to send it is on
the disk (synchronous=FULL: it survives the kernel, the machine and the power). The outcome follows.
An intent without an outcome after a crash therefore means 'may have left', which is UNKNOWN, and
no intent means 'has not left'. Outcomes need no flush of their own: the flush of the next intents
takes them along, so at most one window is in doubt.

It holds addresses, keys and the server's words. It holds no bodies, subjects, rows or passwords.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from smtp_nb import ambient
from smtp_nb.errors import JournalError
from smtp_nb.merge.journal import rescue, schema
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
from smtp_nb.merge.journal.storage import open_for_reading, open_for_writing, real
from smtp_nb.merge.journal.translated import translated
from smtp_nb.merge.journal.watch import Watch
from smtp_nb.model.outcome import Outcome

# So many transactions are a log about as long as SQLite lets one become by itself.
_FOLDED_AFTER = 100


class JournalReader:
    """What a journal says. Its methods may be called from any thread."""

    def __init__(self, sql: sqlite3.Connection, path: Path | None = None) -> None:
        self.path = path
        self._sql = sql
        self._guard = threading.RLock()

    @classmethod
    def open(cls, path: Path) -> JournalReader:
        """Open a journal to look into it, also while another process sends its campaign.

        Raises:
            JournalError: there is none, it is something else, of a later version, or damaged.
        """
        return cls(open_for_reading(path), path)

    @classmethod
    def open_or_empty(cls, path: Path) -> JournalReader:
        """As `open`; an empty one in memory if there is no such file."""
        return cls.open(path) if path.is_file() else cls(open_for_writing(None), path)

    def close(self) -> None:
        """Let go of the file; a writer folds the write-ahead log into it."""
        with self._guard:
            self._sql.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _read(self, statement: str) -> list[Any]:
        """All that a statement finds.

        Raises:
            JournalError: it cannot be read.
        """
        with self._using() as sql:
            return sql.execute(statement).fetchall()

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._guard, translated(self.path):
            yield self._sql

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
        """The messages that somebody has, or may have."""
        return [Decided(*row) for row in self._read(schema.DECIDED)]

    def outcomes(self) -> list[tuple[int, str | None, float]]:
        """The outcomes among the recipients of each message, and when the last one came to it."""
        return list(self._read(schema.OUTCOMES))

    def sent_since(self, moment: float) -> list[SentMessage]:
        """What left after a moment, in seconds since 1970, whatever a server said to it."""
        with self._using() as sql:
            return [SentMessage(*row) for row in sql.execute(schema.SENT, (moment,))]

    def keys(self) -> dict[int, str]:
        """Every key of the campaign by its number."""
        return dict(self._read("SELECT id, key FROM message"))

    def plan(self) -> list[PlanEntry]:
        """What the last run meant to do, in the order of its rows."""
        return [PlanEntry(*row) for row in self._read(schema.PLAN)]

    def deliveries(self) -> list[RecipientRecord]:
        """All recipients of all messages that were tried."""
        with self._using() as sql:  # never twice in memory
            return [_shared(RecipientRecord(*row)) for row in sql.execute(schema.DELIVERIES)]

    def reports(self) -> list[ReportRecord]:
        """What was reported of recipients after their messages were accepted."""
        return [ReportRecord(*row) for row in self._read(schema.REPORTS)]


def _shared(delivery: RecipientRecord) -> RecipientRecord:
    """The same, without a copy of its own of what a hundred thousand others say too."""
    return delivery._replace(
        address=delivery.recipient if delivery.address == delivery.recipient else delivery.address,
        outcome=delivery.outcome and sys.intern(delivery.outcome),
        enhanced_code=sys.intern(delivery.enhanced_code),
    )


class Journal(JournalReader):
    """One campaign's file, open for writing.

    Its files are watched: if they are moved, replaced or written over by somebody else, nothing
    more may leave, and what was written down is kept for the next run (`rescue.py`).

    Args:
        path: the file; it is made if it is not there. None keeps it in memory.

    Raises:
        JournalError: the file is not a journal, one of a later version, or damaged.
    """

    def __init__(self, path: Path | None) -> None:
        super().__init__(open_for_writing(path), path)
        self._lost: JournalError | None = None
        self._is_gone = self._is_told = False
        self._since_fold = 0
        (mode,) = self._sql.execute("PRAGMA journal_mode").fetchone()
        self._watch: Watch | None = None
        if path is not None:
            with translated(path):
                self._watch = Watch(real(path), path)
                self._watch.begin(has_log=mode == "wal")
        # Without a write-ahead log only a full flush keeps the file whole when the power fails.
        self._unhurried = "NORMAL" if mode == "wal" else "FULL"

    def close(self) -> None:
        """Fold the log into the file, and let go of it.

        Raises:
            JournalError: it was moved, replaced or written over, and no call has said so yet.
        """
        with self._guard:
            try:
                self._look()
            finally:
                self._sql.close()
                if self._watch is not None:
                    self._watch.close()
        if not self._is_told:
            self._tell()

    def note(self, facts: dict[str, str]) -> None:
        """Keep facts about the campaign as a whole.

        As all that precedes the first intent, they are flushed with it: without it nothing left.
        """
        with self._transaction(self._unhurried) as sql:
            sql.executemany("INSERT OR REPLACE INTO campaign VALUES (?, ?)", facts.items())

    def register(self, keys: Iterable[str]) -> dict[str, int]:
        """Give each key a number that it keeps for the life of the campaign."""
        with self._transaction(self._unhurried) as sql:
            sql.executemany("INSERT OR IGNORE INTO message (key) VALUES (?)", ((k,) for k in keys))
            return dict(sql.execute("SELECT key, id FROM message").fetchall())

    def replan(self, entries: Iterable[PlanEntry]) -> None:
        """Keep what this run means to do, in place of what the last one meant."""
        with self._transaction(self._unhurried) as sql:
            sql.execute("DELETE FROM plan")
            sql.executemany(schema.KEEP_PLAN, entries)

    def explain_rest(self, why: str) -> None:
        """Keep why rows that are still to be sent were not sent by this run."""
        with self._transaction(self._unhurried) as sql:
            sql.execute(schema.EXPLAIN_REST, (why,))

    def doubt(self) -> int:
        """Turn intents that no process is following any more into UNKNOWN; how many there were."""
        with self._transaction(self._unhurried) as sql:
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
        with self._transaction() as sql:
            self._tell()  # where the next run looks for it, it would not be
            sql.executemany(schema.LEAVE_OUT, left_out)
            sql.executemany(schema.DIGEST, digests)
            done = sql.executemany(schema.RECORD_ATTEMPT, [(*intent, now) for intent in intents])
            if done.rowcount != len(intents):
                raise JournalError("a recipient whose outcome is final was about to be sent to")

    def settle(self, outcomes: Sequence[Result]) -> None:
        """Commit what became of intents. The next `record_attempts` flushes it."""
        now = ambient.now()
        rows = [(now, o.outcome, o.code, o.enhanced_code, o.reply[:schema.REPLY_LIMIT], *o[4:])
                for o in outcomes]  # fmt: skip
        with self._transaction(self._unhurried) as sql:
            sql.executemany(schema.SETTLE, rows)

    def accept(self, digests: Iterable[tuple[str, int]]) -> None:
        """Keep other digests for messages that have left: the difference was looked at."""
        with self._transaction(self._unhurried) as sql:
            sql.executemany(schema.DIGEST, digests)

    def keep_reports(self, reports: Iterable[ReportRecord]) -> None:
        """Keep what was reported of recipients, each report once."""
        with self._transaction() as sql:
            sql.executemany(schema.KEEP_REPORT, reports)

    def resolve(self, target: Target, outcome: Outcome, reply: str) -> int:
        """Decide about recipients; how many that were."""
        with self._transaction() as sql:
            for old in target.outcomes:
                values = [outcome, reply, old, *target.names]
                if count := sql.execute(target.statement, values).rowcount:
                    return count
            return 0

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with super()._using():
            if self._is_gone:
                self._tell()
            yield self._sql

    @contextmanager
    def _transaction(self, synchronous: str = "FULL") -> Iterator[sqlite3.Connection]:
        with self._guard:
            self._look()
            with self._using() as sql:
                sql.execute(f"PRAGMA synchronous={synchronous}")
                sql.execute("BEGIN IMMEDIATE")
                try:
                    yield sql
                    sql.execute("COMMIT")
                except BaseException:
                    with suppress(sqlite3.Error):  # the first error is the one that counts
                        sql.execute("ROLLBACK")
                    raise
                finally:
                    if self._watch is not None:
                        self._watch.note(main=False)
        self._fold()

    def _fold(self) -> None:
        """Take over what is in the log when that is long enough, and at no other time.

        So the file itself changes only here, and each other change of it is somebody else's.
        """
        self._since_fold += 1
        if self._watch is None or self._since_fold < _FOLDED_AFTER:
            return
        self._since_fold = 0
        self._look()
        if self._lost is None:
            with self._using() as sql:
                sql.execute("PRAGMA wal_checkpoint(PASSIVE)")
                self._watch.note(main=True)

    def _look(self) -> None:
        """Notice what others did to the files since this process wrote to them last."""
        watch = self._watch
        if watch is None or self._lost is not None:
            return
        with translated(self.path):
            if watch.is_overwritten():
                self._lost, self._is_gone = rescue.lose(watch), True
            elif watch.is_moved():
                saved, self._lost = rescue.rescue(self._sql, watch)
                self._sql, self._is_gone = saved or self._sql, saved is None
        if self._lost is not None:
            self._unhurried = "FULL"  # what was rescued has no log

    def _tell(self) -> None:
        """Say once what became of the journal, if anything did."""
        if self._lost is not None:
            self._is_told = True
            raise self._lost
