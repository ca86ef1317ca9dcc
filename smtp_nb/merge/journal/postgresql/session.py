"""Connections to PostgreSQL, and its errors as ours."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from smtp_nb import ambient
from smtp_nb.errors import JournalError, Unsupported
from smtp_nb.merge.journal.postgresql.bulk import bulk
from smtp_nb.merge.journal.store import RowsFound
from smtp_nb.merge.journal.url import JournalURL
from smtp_nb.model.display import visible
from smtp_nb.wording import install

if TYPE_CHECKING:
    import sqlalchemy as sa

_CONNECT_S = 10
# A machine that is gone gives its locks back after about a minute.
_KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
SERVER_KEEPALIVES = "; ".join(f"SET tcp_{name} = {value}" for name, value in _KEEPALIVES.items())
_NAME_LIMIT = 63


class DatabaseSession:
    """A connection as `store.JournalSession` has it."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[object] = (), /) -> RowsFound:
        return self._connection.exec_driver_sql(_own(statement), _plain(values))

    def executemany(self, statement: str, rows: Iterable[Sequence[object]], /) -> RowsFound:
        if (many := bulk(statement)) is None:
            found = [_plain(row) for row in rows]
            return self._connection.exec_driver_sql(_own(statement), found) if found else _Count()
        texts = many.texts(map(_plain, rows))
        return _Count(sum(self.execute(many.statement, (text,)).rowcount for text in texts))


class _Count:
    """How many rows were changed, none of which is read."""

    def __init__(self, rowcount: int = 0) -> None:
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def fetchall(self) -> Sequence[Any]:
        return ()


@lru_cache(maxsize=256)
def _own(statement: str) -> str:
    """A statement of `schema` as psycopg wants it."""
    return statement.replace("%", "%%").replace("?", "%s")


def _plain(values: Sequence[object]) -> tuple[object, ...]:
    """Without what PostgreSQL has no text for."""
    return tuple(v.replace("\0", "\ufffd") if isinstance(v, str) else v for v in values)


def _sqlalchemy() -> Any:  # a module, which has no type of its own
    try:
        import psycopg  # noqa: F401
        import sqlalchemy
    except ImportError as error:
        raise Unsupported(
            "a journal in PostgreSQL needs SQLAlchemy and psycopg",
            remedy=install("cluster"),
        ) from error
    return sqlalchemy


def engine_of(place: JournalURL) -> sa.Engine:
    """What makes connections to a campaign's database; none is kept."""
    alchemy = _sqlalchemy()
    with translated(place):
        url = alchemy.make_url(place.url.reveal()).set(drivername="postgresql+psycopg")
        given = {"connect_timeout": _CONNECT_S, "application_name": _myself(), **_KEEPALIVES}
        engine: sa.Engine = alchemy.create_engine(
            url, poolclass=alchemy.NullPool, hide_parameters=True, connect_args=given
        )
    return engine


def _myself() -> str:
    """Who is connected, as others see it in pg_stat_activity."""
    user = "?"
    with suppress(OSError, KeyError, ImportError):  # a container's user may have no name
        user = getpass.getuser()
    name = f"process {os.getpid()} of {user} on {ambient.host_name()}"
    return name.encode("ascii", "replace").decode()[:_NAME_LIMIT]


class _Away(Exception):
    """The connection failed; what it was doing may be done again over another."""


@contextmanager
def translated(place: JournalURL) -> Iterator[None]:
    """Errors of SQLAlchemy and psycopg as ours: their first lines hold neither values nor
    passwords.

    Raises:
        JournalError: with `_Away` as its cause if the connection failed.
    """
    exc = _sqlalchemy().exc
    try:
        yield
    except exc.SQLAlchemyError as error:
        words = _words(error, place)
        is_of_connection = isinstance(error, exc.OperationalError | exc.InterfaceError)
        # Not the error itself: it knows the connection, and that the password.
        raise JournalError(
            f"the journal {place} cannot be used: {words}",
            remedy="Check that the database is running and may be used, then run again",
        ) from (_Away(words) if is_of_connection else None)


def _words(error: Exception, place: JournalURL) -> str:
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    text = said[0] if said else type(error).__name__
    password = _sqlalchemy().make_url(place.url.reveal()).password
    return visible(text.replace(str(password), "***") if password else text)


def is_away(error: JournalError) -> bool:
    """True if it was the connection that failed."""
    return isinstance(error.__cause__, _Away)


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
