"""The journal of a campaign: who was about to get the message, and what became of it.

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
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from smtp_nb.errors import JournalError
from smtp_nb.merge import schema
from smtp_nb.merge.schema import (
    Begun,
    Decided,
    Delivery,
    Intent,
    LeftOut,
    PlanEntry,
    Settled,
    Target,
)
from smtp_nb.merge.storage import open_for_reading, open_for_writing, translated
from smtp_nb.model.outcome import Outcome


class JournalReader:
    """What a journal says. Its methods may be called from any thread."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql
        self._guard = threading.RLock()

    @classmethod
    def open(cls, path: Path) -> JournalReader:
        """Open a journal to look into it, also while another process sends its campaign.

        Raises:
            JournalError: there is no such file, it is no journal, or one of a later version.
        """
        return cls(open_for_reading(path))

    @classmethod
    def open_or_empty(cls, path: Path) -> JournalReader:
        """As `open`; an empty one in memory if there is no such file."""
        return cls(open_for_reading(path) if path.is_file() else open_for_writing(None))

    def close(self) -> None:
        """Let go of the file; a writer folds the write-ahead log into it."""
        with self._guard:
            self._sql.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def facts(self) -> dict[str, str]:
        """What is known of the campaign as a whole: its name, its template's digest."""
        with self._guard:
            return dict(self._sql.execute("SELECT name, value FROM campaign").fetchall())

    def finished(self) -> set[str]:
        """The keys with nothing left to do, whatever address stands in their row now."""
        with self._guard:
            return {key for (key,) in self._sql.execute(schema.FINISHED)}

    def begun(self) -> dict[str, Begun]:
        """The messages that were tried and are not finished, by key."""
        found: dict[str, Begun] = {}
        with self._guard:
            for key, message_id, address, kind, outcome in self._sql.execute(schema.BEGUN):
                begun = found.setdefault(key, Begun(message_id, {}))
                begun.recipients[address] = (kind, outcome)
        return found

    def decided(self) -> list[Decided]:
        """The messages that somebody has, or may have."""
        with self._guard:
            return [Decided(*row) for row in self._sql.execute(schema.DECIDED)]

    def outcomes(self) -> list[tuple[int, str | None, float]]:
        """The outcomes among the recipients of each message, and when the last one came to it."""
        with self._guard:
            return self._sql.execute(schema.OUTCOMES).fetchall()

    def keys(self) -> dict[int, str]:
        """Every key of the campaign by its number."""
        with self._guard:
            return dict(self._sql.execute("SELECT id, key FROM message").fetchall())

    def plan(self) -> list[PlanEntry]:
        """What the last run meant to do, in the order of its rows."""
        with self._guard:
            rows = self._sql.execute(schema.PLAN).fetchall()
        return [PlanEntry(*row) for row in rows]

    def deliveries(self) -> list[Delivery]:
        """All recipients of all messages that were tried."""
        with self._guard:
            return [_shared(Delivery(*row)) for row in self._sql.execute(schema.DELIVERIES)]


def _shared(delivery: Delivery) -> Delivery:
    """The same, without a copy of its own of what a hundred thousand others say too."""
    return delivery._replace(
        address=delivery.recipient if delivery.address == delivery.recipient else delivery.address,
        outcome=delivery.outcome and sys.intern(delivery.outcome),
        enhanced_code=sys.intern(delivery.enhanced_code),
    )


class Journal(JournalReader):
    """One campaign's file, open for writing.

    Args:
        path: the file; it is made if it is not there. None keeps it in memory.

    Raises:
        JournalError: the file is no journal, or one of a later version.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        super().__init__(open_for_writing(path))
        (mode,) = self._sql.execute("PRAGMA journal_mode").fetchone()
        # Without a write-ahead log only a full flush keeps the file whole when the power fails.
        self._unhurried = "NORMAL" if mode == "wal" else "FULL"

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

    def intend(
        self,
        intents: Sequence[Intent],
        left_out: Sequence[LeftOut] = (),
        digests: Iterable[tuple[str, int]] = (),
    ) -> None:
        """Commit, and flush to the disk, that these may leave from now on.

        Args:
            left_out: rows that turned out to have no message.
            digests: of what is sent, each with the number of its message.
        """
        now = time.time()
        with self._transaction() as sql:
            sql.executemany(schema.LEAVE_OUT, left_out)
            sql.executemany(schema.DIGEST, digests)
            done = sql.executemany(schema.INTEND, [(*intent, now) for intent in intents])
            if done.rowcount != len(intents):
                raise JournalError("a recipient whose outcome is final was about to be sent to")

    def settle(self, outcomes: Sequence[Settled]) -> None:
        """Commit what became of intents. The next `intend` flushes it."""
        now = time.time()
        rows = [(now, o.outcome, o.code, o.enhanced_code, o.reply[:schema.REPLY_LIMIT], *o[4:])
                for o in outcomes]  # fmt: skip
        with self._transaction(self._unhurried) as sql:
            sql.executemany(schema.SETTLE, rows)

    def accept(self, digests: Iterable[tuple[str, int]]) -> None:
        """Keep other digests for messages that have left: the difference was looked at."""
        with self._transaction(self._unhurried) as sql:
            sql.executemany(schema.DIGEST, digests)

    def resolve(self, target: Target, outcome: Outcome, reply: str) -> int:
        """Decide about recipients; how many that were."""
        with self._transaction() as sql:
            for old in target.outcomes:
                values = [outcome, reply, old, *target.names]
                if count := sql.execute(target.statement, values).rowcount:
                    return count
            return 0

    @contextmanager
    def _transaction(self, synchronous: str = "FULL") -> Iterator[sqlite3.Connection]:
        with self._guard, translated(self.path):
            self._sql.execute(f"PRAGMA synchronous={synchronous}")
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield self._sql
                self._sql.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # the first error is the one that counts
                    self._sql.execute("ROLLBACK")
                raise
