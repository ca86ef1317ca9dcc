"""Rescue of a journal whose file was removed or replaced during a run.

Whatever happens to the file during a run, the next run must not send a message a second time.
If the file went away under its name, this process still holds all of it: it is written again, to
its old place if that is free, else to `NAME.rescued` beside whatever lies there. If the file itself
was overwritten, what was in it is lost, and `NAME.lost` says so. As long as a
`.rescued` or `.lost` lies beside a journal, that journal is neither sent from nor shown.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from smtp_nb.client.queue.moving import move_to_free
from smtp_nb.errors import JournalError
from smtp_nb.merge.journal import schema
from smtp_nb.merge.journal.translated import remedy_for
from smtp_nb.merge.journal.watch import Watch
from smtp_nb.model.display import counted

RESCUED, LOST = ".rescued", ".lost"


def is_begun(path: Path) -> bool:
    """True if there is anything that a campaign wrote down, or did and lost."""
    return any(os.path.lexists(_beside(path, suffix)) for suffix in ("", RESCUED, LOST))


def require_undisputed(path: Path) -> None:
    """See that no run has found out that the file at `path` is not its journal any more.

    Raises:
        JournalError: one has; the text says where the right one is.
    """
    if os.path.lexists(rescued := _beside(path, RESCUED)):
        raise JournalError(
            f"the journal {path} was replaced during a run, whose records are in {rescued}",
            remedy=f"Put it back: mv {rescued} {path}",
        )
    if os.path.lexists(lost := _beside(path, LOST)):
        raise JournalError(
            f"the journal {path} was overwritten during a run, so it no longer shows who has"
            f" the message",
            remedy=f"Find out from the server's log, then delete {lost}",
        )


class Rescued(NamedTuple):
    """Where the journal is now, and what is said of it. `sql` is None if nothing was saved."""

    sql: sqlite3.Connection | None
    error: JournalError


def rescue(sql: sqlite3.Connection, watch: Watch) -> Rescued:
    """Write the journal again, whose name leads to another file now, or to none."""
    path = watch.name
    what = _what_happened(watch)
    try:
        place = _written_again(sql, watch)
        saved = sqlite3.connect(place, isolation_level=None, check_same_thread=False)
    except (sqlite3.Error, OSError) as error:
        with suppress(OSError):
            _mark_lost(path)
        text = f"{what}; its records could not be saved: {error}"
        return Rescued(None, JournalError(text, remedy=remedy_for(error)))
    if place == path:
        text, remedy = "all its records have been written again", "Run again to go on"
    else:
        text = f"all its records are in {place}"
        aside = f"; delete {watch.log_path}" if watch.is_log_foreign() else ""
        remedy = f"Put it back, then run again: mv {place} {path}{aside}"
    return Rescued(saved, JournalError(f"{what}; {text}", remedy=remedy))


def lose(watch: Watch) -> JournalError:
    """Keep in mind, for the runs to come, that a journal was overwritten."""
    with suppress(OSError):
        _mark_lost(watch.name)
    with suppress(OSError):
        if not watch.is_log_foreign():
            # SQLite would fold it into a file that now belongs to another program.
            os.truncate(watch.log_path, 0)
    return JournalError(
        f"the journal {watch.name} was overwritten, cut short or written to by another program"
        f" during the run ({_contents(watch.name)}), so it no longer shows who has the message",
        remedy="Find out from the server's log who has the message before you send again; delete"
        f" {_beside(watch.name, LOST)} when you know",
    )


def _what_happened(watch: Watch) -> str:
    path = watch.name
    if not watch.is_main_moved():
        return f"{watch.log_path}, a part of the journal {path}, was removed during the run"
    if not os.path.lexists(path):
        return f"the journal {path} was removed or renamed during the run"
    return f"another file replaced the journal {path} during the run: {_contents(path)}"


def _contents(path: Path) -> str:
    """What is in a file that came from somewhere else, in a few words."""
    with suppress(sqlite3.Error, OSError, UnicodeError, TypeError):
        if not path.stat().st_size:
            return "it is empty"
        name = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(name, uri=True)) as sql:
            (application,) = sql.execute("PRAGMA application_id").fetchone()
            (count,) = sql.execute("SELECT count(*) FROM delivery").fetchone()
            if application == schema.APPLICATION:
                return f"it is a journal with {counted(count, 'recipient')}"
    return "it is not a journal"


def _written_again(sql: sqlite3.Connection, watch: Watch) -> Path:
    path = watch.name
    draft = _beside(path, f".{os.getpid()}.tmp")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(draft, isolation_level=None)) as copy:
            sql.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        is_free = not os.path.lexists(path) or not watch.is_main_moved()
        place = _beside(path, RESCUED) if watch.is_log_foreign() or not is_free else path
        _let_go(sql, watch)
        if place == path and not watch.is_main_moved():
            os.replace(draft, watch.path)  # it is our own file, without its log
        else:
            move_to_free(draft, place)
        return place
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _let_go(sql: sqlite3.Connection, watch: Watch) -> None:
    """Close the old file, and take away the log, which would be read into the new one."""
    has_log = os.path.lexists(watch.log_path) and not watch.is_log_foreign()
    with suppress(sqlite3.Error):
        sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # a file that was renamed is whole by that
    sql.close()
    if has_log:
        for suffix in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                _beside(watch.path, suffix).unlink()


def _mark_lost(path: Path) -> None:
    mark = _beside(path, LOST)
    with open(mark, "a", encoding="utf-8") as file:
        file.write(
            f"{path.name} was overwritten or replaced while a run wrote to it, so it does not say"
            f" who has the message. Delete this file when you know.\n"
        )


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
