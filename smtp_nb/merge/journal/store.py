"""What a journal asks of the database it is kept in.

The statements are those of `schema.py` wherever the journal is: a file of SQLite
(`sqlite_store.py`) or a schema of PostgreSQL (`postgresql.py`). A store knows how to run them, what
its own errors mean, and what its files or connections need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class RowsFound(Protocol):
    """What a statement found, or how many rows it changed."""

    @property
    def rowcount(self) -> int: ...

    def __iter__(self) -> Iterator[Any]: ...

    def fetchall(self) -> Sequence[Any]: ...


class JournalSession(Protocol):
    """An open connection. `?` stands for a value."""

    def execute(self, statement: str, values: Sequence[object] = ..., /) -> RowsFound: ...

    def executemany(self, statement: str, rows: Iterable[Sequence[object]], /) -> RowsFound: ...


class ReadingStore(Protocol):
    """A journal to look into. Its methods may be called from any thread."""

    def reading(self) -> AbstractContextManager[JournalSession]:
        """A session to look with.

        Raises:
            JournalError: it cannot be read.
        """

    def close(self) -> None: ...


class WritingStore(ReadingStore, Protocol):
    """A journal to write to, all of a transaction or nothing."""

    def writing(self, *, flush: bool = True) -> AbstractContextManager[JournalSession]:
        """A transaction.

        Args:
            flush: wait until it is on the disk; otherwise the next one that is takes it along.

        Raises:
            JournalError: it was not written.
        """

    def commit(self, work: Callable[[JournalSession], T], *, flush: bool = True) -> T:
        """A transaction of work that may be done again if the connection fails.

        Raises:
            JournalError: it was not written.
        """

    def wait_for_others(self) -> None:
        """Let those who still follow intents of an earlier run settle them, for a while."""

    def tell_waits(self, tell: Callable[[float], None]) -> None:
        """Have `tell` called with the seconds that are left when what holds the journal is away."""

    def require_current(self, sql: JournalSession) -> None:
        """See that the next run will look where this store writes.

        Raises:
            JournalError: it will not, so nothing may leave.
        """


class Held(Protocol):
    """A campaign that no other process may send."""

    def release(self) -> None:
        """Let others in."""
