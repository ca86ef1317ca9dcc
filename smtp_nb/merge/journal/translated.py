"""Translation of SQLite and system errors into `JournalError`.

The remedy fits the cause: SQLite's own words name neither the file nor what to do about it.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smtp_nb.errors import JournalError
from smtp_nb.model.display import visible

DISK_FULL = "Free some space on the disk, then run again"
READ_ONLY = "Give journal= a path in a writable directory"
TOO_MANY_FILES = "Too many files are open: close some, or raise the limit (ulimit -n)"
NOT_A_JOURNAL = "Give journal= another path, or put the journal back from a copy"
DAMAGED = (
    "The file is damaged: put it back from a copy, or find out from the server's log who has the"
    " message before you send under another name"
)
LOCKED = "Another program has the file open for writing: close it there, then run again"
DISK_FAILED = (
    "The disk or the network file system failed: check that it is available, then run again"
)
UNKNOWN = "Check whether the disk is full, the directory read-only, or the file something else"

_BY_SQLITE = {
    sqlite3.SQLITE_FULL: DISK_FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: READ_ONLY,
    sqlite3.SQLITE_NOTADB: NOT_A_JOURNAL,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_TOOBIG: DAMAGED,
    sqlite3.SQLITE_MISMATCH: DAMAGED,
    sqlite3.SQLITE_CONSTRAINT: DAMAGED,
    sqlite3.SQLITE_SCHEMA: DAMAGED,
    sqlite3.SQLITE_ERROR: DAMAGED,  # no such table, no such column: our statements are right
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_PROTOCOL: LOCKED,
    sqlite3.SQLITE_IOERR: DISK_FAILED,
}
_BY_SYSTEM = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: DISK_FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
    errno.ENOENT: READ_ONLY,
    errno.ENOTDIR: READ_ONLY,
    errno.EMFILE: TOO_MANY_FILES,
    errno.ENFILE: TOO_MANY_FILES,
    errno.EISDIR: NOT_A_JOURNAL,
    errno.ELOOP: NOT_A_JOURNAL,
    errno.EIO: DISK_FAILED,
    errno.ESTALE: DISK_FAILED,
}


@contextmanager
def translated(path: Path | None) -> Iterator[None]:
    """What SQLite and the system say about the file, as our error.

    Raises:
        JournalError: whatever they said; its remedy fits the cause.
    """
    try:
        yield
    # sqlite3 raises UnicodeDecodeError where a damaged name stands in SQLite's own words.
    except (sqlite3.Error, OSError, UnicodeError) as error:
        raise JournalError(
            f"the journal {path} cannot be used: {visible(_words(error))}",
            remedy=remedy_for(error),
        ) from error


def _words(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "it is not readable as text"
    return getattr(error, "strerror", None) or str(error)


def remedy_for(error: Exception) -> str:
    """What to do about an error of SQLite or of the system."""
    if isinstance(error, OSError):
        return _BY_SYSTEM.get(error.errno or 0, UNKNOWN)
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # sqlite3's own: a text that is not UTF-8, a closed connection
        return DAMAGED
    if code & 0xFF == sqlite3.SQLITE_CANTOPEN and _is_out_of_descriptors():
        return TOO_MANY_FILES  # SQLite does not say why it could not open
    return _BY_SQLITE.get(code & 0xFF, UNKNOWN)


def _is_out_of_descriptors() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False
