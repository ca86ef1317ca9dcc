"""The journal in a file of SQLite.

A writer watches its files: if another program moves, replaces or overwrites them, nothing
more may leave, and what was written down is kept for the next run (`rescue.py`).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from smtp_nb.errors import JournalError
from smtp_nb.merge.journal import rescue
from smtp_nb.merge.journal.storage import open_for_writing, real
from smtp_nb.merge.journal.store import JournalSession
from smtp_nb.merge.journal.translated import translated
from smtp_nb.merge.journal.watch import Watch

T = TypeVar("T")

# So many transactions are a log about as long as SQLite lets one become by itself.
_FOLDED_AFTER = 100


class SQLiteStore:
    """A file to look into."""

    def __init__(self, sql: sqlite3.Connection, path: Path | None) -> None:
        self._path = path
        self._sql = sql
        self._guard = threading.RLock()

    def close(self) -> None:
        """Let go of the file."""
        with self._guard:
            self._sql.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._guard, translated(self._path):
            yield self._sql


class WatchedSQLite(SQLiteStore):
    """A file open for writing, and watched.

    Args:
        path: it is made if it is not there. None keeps it in memory.

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

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with super().reading():
            if self._is_gone:
                self._tell()
            yield self._sql

    @contextmanager
    def writing(self, *, flush: bool = True) -> Iterator[sqlite3.Connection]:
        with self._guard:
            self._look()
            with self.reading() as sql:
                sql.execute(f"PRAGMA synchronous={'FULL' if flush else self._unhurried}")
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

    def commit(self, work: Callable[[JournalSession], T], *, flush: bool = True) -> T:
        with self.writing(flush=flush) as sql:
            return work(sql)

    def wait_for_others(self) -> None:
        """There are none: a file has one lock for all writers."""

    def tell_waits(self, tell: Callable[[float], None]) -> None:
        """There are none: a file that is away is an error."""

    def require_current(self, sql: JournalSession) -> None:
        self._tell()

    def _fold(self) -> None:
        """Take over what is in the log when that is long enough, and at no other time.

        So the file itself changes only here, and any other change was made by another program.
        """
        self._since_fold += 1
        if self._watch is None or self._since_fold < _FOLDED_AFTER:
            return
        self._since_fold = 0
        self._look()
        if self._lost is None:
            with self.reading() as sql:
                sql.execute("PRAGMA wal_checkpoint(PASSIVE)")
                self._watch.note(main=True)

    def _look(self) -> None:
        """Notice what others did to the files since this process wrote to them last."""
        watch = self._watch
        if watch is None or self._lost is not None:
            return
        with translated(self._path):
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
