"""A campaign in PostgreSQL, to look into and to write to.

What SQLite's journal gets from files is got from sessions here:

- Who sends a campaign holds an advisory lock, which ends with its connection (`lock.py`).
- Each opening for writing leaves a mark, and no intent is recorded under another's mark. A run
  that was cut off from the database, and comes back when another one has begun, sends no more.
- A connection that fails is made again, for as long as the run has patience. What may be done twice
  is done again; any other transaction fails, and with it the run, which can be resumed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, repeat
from typing import TYPE_CHECKING, TypeVar

from smtp_nb import ambient
from smtp_nb.errors import JournalError
from smtp_nb.merge.journal import schema
from smtp_nb.merge.journal.postgresql.campaigns import chosen, make, presence_of
from smtp_nb.merge.journal.postgresql.session import (
    SERVER_KEEPALIVES,
    DatabaseSession,
    engine_of,
    is_away,
    quoted,
    translated,
)
from smtp_nb.merge.journal.store import JournalSession
from smtp_nb.merge.journal.url import JournalURL

if TYPE_CHECKING:
    import sqlalchemy as sa

T = TypeVar("T")

# The pauses before a database that went away is asked again.
_PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0)
_MARK = "run"
_STANDING = f"""
WITH mine AS (SELECT name, value FROM campaign WHERE name = '{_MARK}' FOR SHARE)
SELECT name, value FROM mine UNION ALL SELECT name, value FROM campaign WHERE name <> '{_MARK}'
"""
# Workers of a campaign share this lock as long as they live.
_JOIN = "SELECT pg_advisory_lock_shared(?)"
_IS_ALONE = "SELECT pg_try_advisory_xact_lock(?)"
# So long workers of an earlier run are given to end what is under way.
_SETTLE_S = 30.0
# What is written is found by its key. A plan that was made while a table was all but empty would
# read all of it for each window, and is kept until statistics say better. Without JIT: what has to
# be read as a whole now looks so expensive that PostgreSQL would compile it each time.
_OFF = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit")
_BY_KEY = "".join(f"; SET LOCAL {name} TO OFF" for name in _OFF)
_FLUSHED, _UNHURRIED = (
    f"BEGIN; SET LOCAL synchronous_commit TO {how}{_BY_KEY}" for how in ("ON", "OFF")
)


def _keep_silent(left_s: float) -> None:
    pass


class PostgreSQLReader:
    """A campaign to look into: all that is read is of one moment.

    Raises:
        JournalError: there is none, or it cannot be read.
    """

    def __init__(self, place: JournalURL) -> None:
        self._place = place
        self._guard = threading.RLock()
        with translated(place):
            engine = engine_of(place).execution_options(isolation_level="REPEATABLE READ")
            self._connection = engine.connect()
            try:
                sql = DatabaseSession(self._connection)
                sql.execute("SET TRANSACTION READ ONLY")
                sql.execute(f"SET LOCAL search_path TO {quoted(chosen(sql, place))}")
            except BaseException:
                self._connection.close()
                raise

    @contextmanager
    def reading(self) -> Iterator[JournalSession]:
        with self._guard, translated(self._place):
            yield DatabaseSession(self._connection)

    def close(self) -> None:
        """Let go of the connection."""
        with self._guard, translated(self._place):
            self._connection.close()


class PostgreSQLStore:
    """A campaign to write to; it is made if it is not there.

    Args:
        patience_s: so long a database that went away is waited for.
        mark: that of the run that this store writes for; it makes its own without.
    """

    def __init__(self, place: JournalURL, patience_s: float = 0.0, mark: str = "") -> None:
        self._place = place
        self._patience_s = patience_s
        self._guard = threading.RLock()
        # Each transaction says itself how it begins, in one round trip.
        self._engine = engine_of(place).execution_options(isolation_level="AUTOCOMMIT")
        self._open: DatabaseSession | None = None
        self._tell: Callable[[float], None] = _keep_silent
        self.mark = mark or ambient.random(8).hex()
        self._connection = self._connected()
        if not mark:
            try:
                self._begin()
            except BaseException:
                self._connection.close()
                raise

    def _begin(self) -> None:
        def work(sql: JournalSession) -> None:
            make(sql, self._place)
            sql.execute(schema.NOTE, (_MARK, self.mark))

        self.commit(work)  # again, if it and a worker of an earlier run lock each other out

    def _connected(self) -> sa.Connection:
        with translated(self._place):
            connection = self._engine.connect()
            try:
                sql = DatabaseSession(connection)
                sql.execute(f"SET search_path TO {quoted(self._place.schema)}")
                sql.execute(SERVER_KEEPALIVES)
                self.greet(sql)
                connection.commit()
            except BaseException:
                connection.close()
                raise
        return connection

    def greet(self, sql: JournalSession) -> None:
        """Set up each new connection."""

    @contextmanager
    def reading(self) -> Iterator[JournalSession]:
        with self._guard:
            if self._open is not None:
                yield self._open
            else:
                with self._session("SELECT 1") as sql:
                    yield sql

    @contextmanager
    def writing(self, *, flush: bool = True) -> Iterator[JournalSession]:
        with self._guard:
            if self._open is not None:  # a part of a greater transaction
                yield self._open
                return
            with self._session(_FLUSHED if flush else _UNHURRIED) as sql:
                self._open = sql
                try:
                    yield sql
                finally:
                    self._open = None
                self._connection.commit()

    @contextmanager
    def _session(self, first: str) -> Iterator[DatabaseSession]:
        """A connection over which the statement `first` has worked."""
        deadline = self.deadline()
        while True:
            try:
                with translated(self._place):
                    self._connection.exec_driver_sql(first)
                break
            except JournalError as error:
                self.come_back(error, deadline)
        with translated(self._place):
            try:
                yield DatabaseSession(self._connection)
            finally:
                with suppress(Exception):  # it is committed, or undone by whatever went wrong
                    self._connection.rollback()

    def commit(self, work: Callable[[JournalSession], T], *, flush: bool = True) -> T:
        deadline = self.deadline()
        while True:
            try:
                with self.writing(flush=flush) as sql:
                    return work(sql)
            except JournalError as error:
                if self._open is not None:
                    raise
                self.come_back(error, deadline)

    def has_workers(self) -> bool:
        """True while a worker of any run of this campaign has its connection (`join`)."""
        values = (presence_of(self._place),)
        found = self.commit(lambda sql: sql.execute(_IS_ALONE, values).fetchall(), flush=False)
        return found != [(True,)]

    def wait_for_others(self) -> None:
        deadline = ambient.monotonic() + _SETTLE_S
        while self.has_workers() and ambient.monotonic() < deadline:
            time.sleep(_PAUSES[0])

    def tell_waits(self, tell: Callable[[float], None]) -> None:
        self._tell = tell

    def require_current(self, sql: JournalSession) -> None:
        row = sql.execute("SELECT value FROM campaign WHERE name = ? FOR SHARE", (_MARK,))
        if row.fetchall() != [(self.mark,)]:
            raise JournalError(
                f"another run has taken over the campaign of {self._place}",
                remedy="Wait for it, then run again",
            )

    def deadline(self) -> float:
        """Until when a database that is away now is waited for."""
        return ambient.monotonic() + self._patience_s

    def come_back(self, error: JournalError, deadline: float) -> None:
        """Connect anew, for as long as there is patience.

        Raises:
            JournalError: it was something else that failed, or no connection could be made.
        """
        if not is_away(error):
            raise error
        with suppress(Exception):
            self._connection.invalidate()
        with suppress(Exception):
            self._connection.close()
        for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
            left_s = deadline - ambient.monotonic()
            if pause > left_s:
                raise error
            self._tell(left_s)
            time.sleep(pause)
            try:
                self._connection = self._connected()
            except JournalError:
                continue
            return

    def close(self) -> None:
        """Let go of the connection."""
        with self._guard, suppress(Exception):  # all is committed; the server may be gone
            self._connection.close()


class WorkerStore(PostgreSQLStore):
    """A worker's connection, by which others see that it lives.

    Args:
        mark: of the run that it works for.
    """

    def __init__(self, place: JournalURL, patience_s: float, mark: str) -> None:
        super().__init__(place, patience_s, mark)
        self._seen: JournalSession | None = None
        """In which the run is current until its end."""

    def greet(self, sql: JournalSession) -> None:
        sql.execute(_JOIN, (presence_of(self._place),))

    def standing(self, sql: JournalSession) -> dict[str, str]:
        """The facts of the campaign; no other run begins until this transaction has ended."""
        facts = dict(sql.execute(_STANDING).fetchall())
        self._seen = sql if facts[_MARK] == self.mark else None
        return facts

    def require_current(self, sql: JournalSession) -> None:
        if sql is not self._seen:
            super().require_current(sql)
