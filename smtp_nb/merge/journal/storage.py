"""The journal's file: recognised, and opened for reading or writing.

Nothing is changed before it is known to be ours: not the mode of the file, not a byte in it. An
older journal is brought up to date in one transaction when it is opened for writing; who only
reads gets a copy in memory that is up to date. So does who may not write beside it, where SQLite
could not keep its index of the write-ahead log.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
import warnings
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from smtp_nb.errors import JournalError
from smtp_nb.merge.journal import schema
from smtp_nb.merge.journal.filesystem import is_on_network
from smtp_nb.merge.journal.rescue import require_undisputed
from smtp_nb.merge.journal.soundness import require_sound, require_values
from smtp_nb.merge.journal.translated import DAMAGED, translated

BUSY_S = 5.0
"""How long another program's lock is waited for."""

# Files beside it in which SQLite keeps what is not in the file itself yet.
_BESIDE = ("-wal", "-journal")


class Stamp(NamedTuple):
    """By whom a database was written, and in which version of its tables."""

    application: int
    version: int


def open_for_writing(path: Path | None) -> sqlite3.Connection:
    """The journal at `path`, made or brought up to date if need be; None keeps it in memory.

    Raises:
        JournalError: the file is not a journal, one of a later version, or cannot be written.
    """
    if path is None:
        return _made_in_memory()
    with translated(path):
        require_undisputed(path)
        path = real(path)
        if not _is_new(path):
            _check(_stamp(path), path)
        _make_private(path)
        sql = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            _check(_stamp_in(sql), path)
            _upgrade(sql)
            require_sound(sql, path)
            _set_mode(sql, path)
        except BaseException:
            sql.close()
            raise
    return sql


def open_for_reading(path: Path) -> sqlite3.Connection:
    """What the journal at `path` says, also while another process sends its campaign.

    Raises:
        JournalError: the file does not exist, is not a journal, one of a later version, or damaged.
    """
    with translated(path):
        require_undisputed(path)
        path = real(path)
        if not os.path.lexists(path):
            raise JournalError(
                f"the journal {path} does not exist",
                remedy="Check the name: nothing was sent under it",
            )
        if _is_new(path):
            return _made_in_memory()  # its writer was stopped before it wrote anything
        _check(_stamp(path), path)
        sql = _opened(path)
        try:
            if _stamp_in(sql).version < schema.VERSION:
                sql = _upgraded_copy(sql)
            sql.execute("PRAGMA query_only=ON")
            sql.execute("BEGIN")  # all that is read is of one moment
            require_values(sql, path)
        except BaseException:
            sql.close()
            raise
    return sql


def real(path: Path) -> Path:
    """Where a link leads: that is where SQLite keeps the log. It fails at no circle of links."""
    return Path(os.path.realpath(path))


def _opened(path: Path) -> sqlite3.Connection:
    try:
        sql = _in_place(path)
    except sqlite3.OperationalError:
        sql = _copied(path)
    try:
        _check(_stamp_in(sql), path)
    except BaseException:
        sql.close()
        raise
    return sql


# -- whose it is ------------------------------------------------------------------------------


def _is_new(path: Path) -> bool:
    """True if there is nothing in it yet, or no file at all.

    Raises:
        JournalError: it is no regular file, or it was emptied.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return True
    if not stat.S_ISREG(found.st_mode):
        raise JournalError(f"{path} is not a regular file", remedy="Give journal= another path")
    # A log is begun when the tables are there: SQLite would now throw it away.
    if not found.st_size and _size(_beside(path, "-wal")):
        raise JournalError(
            f"the journal {path} was emptied by another program; what was sent is not in it",
            remedy=DAMAGED,
        )
    return not found.st_size


def _check(stamp: Stamp, path: Path) -> None:
    if stamp.application != schema.APPLICATION:
        raise JournalError(
            f"{path} is not the journal of a merge",
            remedy="Give journal= another path",
        )
    if stamp.version > schema.VERSION:
        raise JournalError(
            f"{path} was written by a later version of smtp_nb", remedy="Upgrade smtp_nb"
        )


def _stamp(path: Path) -> Stamp:
    """Read without a trace: SQLite would leave files beside it, or fold them into it.

    Closing a file takes away this process's locks on it (fcntl(2)), those of a run under way too,
    and then another process's reader deletes the log that the run writes. So the file is read
    through SQLite, which closes it when no lock is left.
    """
    name = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    stamp = Stamp(0, 0)
    with suppress(sqlite3.Error), closing(sqlite3.connect(name, uri=True)) as sql:
        stamp = _numbers(sql)
    if stamp.application == schema.APPLICATION:
        return stamp
    if not any(_size(_beside(path, suffix)) for suffix in _BESIDE):
        return Stamp(0, 0)
    with closing(_copied(path)) as sql:  # what it says is in a file beside it
        return _stamp_in(sql)


def _stamp_in(sql: sqlite3.Connection) -> Stamp:
    # Without any table it is one whose writer was stopped before it wrote anything.
    is_empty = sql.execute("SELECT 1 FROM sqlite_master").fetchone() is None
    return Stamp(schema.APPLICATION, 0) if is_empty else _numbers(sql)


def _numbers(sql: sqlite3.Connection) -> Stamp:
    (application,) = sql.execute("PRAGMA application_id").fetchone()
    (version,) = sql.execute("PRAGMA user_version").fetchone()
    return Stamp(application, version)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


# -- making it, and keeping it up to date -----------------------------------------------------


def _made_in_memory() -> sqlite3.Connection:
    sql = _memory()
    _upgrade(sql)
    return sql


def _memory() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


def _upgrade(sql: sqlite3.Connection) -> None:
    """Take the steps that are missing, from nothing if need be, all of them or none."""
    steps = schema.STEPS[_stamp_in(sql).version :]
    if steps:
        sql.executescript(
            f"BEGIN IMMEDIATE; {' '.join(steps)} PRAGMA application_id={schema.APPLICATION};"
            f" PRAGMA user_version={schema.VERSION}; COMMIT;"
        )


def _make_private(path: Path) -> None:
    """Mode 0600 before SQLite opens it: its -wal and -shm get the mode of the file."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    path.chmod(0o600)


def _set_mode(sql: sqlite3.Connection, path: Path) -> None:
    """A write-ahead log, except where shared memory is not shared: on a network file system."""
    sql.execute("PRAGMA fullfsync=ON")  # macOS: past the disk's own memory; elsewhere no effect
    if not is_on_network(path):
        sql.execute("PRAGMA journal_mode=WAL")
        sql.execute("PRAGMA wal_autocheckpoint=0")  # the journal does it itself, between watches
        return
    sql.execute("PRAGMA journal_mode=TRUNCATE")
    warnings.warn(
        f"{path} is on a network file system: its journal uses rollback mode, which is slower",
        stacklevel=2,
    )


# -- reading it where it must not be written --------------------------------------------------


def _in_place(path: Path) -> sqlite3.Connection:
    # Where it may write, SQLite takes its -wal and -shm away again when we close.
    mode = "rw" if os.access(path, os.W_OK) else "ro"
    name = f"{path.absolute().as_uri()}?mode={mode}"
    sql = sqlite3.connect(name, uri=True, check_same_thread=False)
    try:
        _stamp_in(sql)
    except BaseException:
        sql.close()
        raise
    return sql


def _copied(path: Path) -> sqlite3.Connection:
    """All that the files say, in memory; they stay as they are."""
    with tempfile.TemporaryDirectory(prefix="smtp-merge-") as directory:
        copy = Path(directory, "journal")
        for suffix in ("", *_BESIDE):
            if (source := _beside(path, suffix)).is_file():
                shutil.copyfile(source, _beside(copy, suffix))
        return _into_memory(sqlite3.connect(copy))


def _into_memory(source: sqlite3.Connection) -> sqlite3.Connection:
    memory = _memory()
    with closing(source):
        try:
            source.backup(memory)
        except BaseException:
            memory.close()
            raise
    return memory


def _upgraded_copy(source: sqlite3.Connection) -> sqlite3.Connection:
    memory = _into_memory(source)
    _upgrade(memory)
    return memory
