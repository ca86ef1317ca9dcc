"""Watch over the journal's files during a run.

SQLite opens a file by its name once and trusts it ever after, but names are everybody's: `git
clean` takes a file away, a synced folder puts another in its place, a program writes over it
(sqlite.org/howtocorrupt.html section 2). What is then committed lands where the next run does not
look, and that one sends everything again. So the names are looked up before each window leaves,
and what is in the files is compared with what this process left in them.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from smtp_nb.merge.journal.filesystem import keeps_times

# The header of a database and of a log, and the end of a log's last page.
_HEAD, _TAIL = 100, 64


class _Mark(NamedTuple):
    """What a file was like when this process had written to it."""

    size: int
    changed: int
    head: bytes
    tail: bytes


class _Watched:
    """One file, held open: as long as it is, no other file gets its number."""

    def __init__(self, path: Path, has_times: bool) -> None:
        self.path = path
        self.has_times = has_times
        self._file = FileIO(path, "r")
        self._status = os.fstat(self._file.fileno())
        self._mark = self._now()

    def is_moved(self) -> bool:
        """True if its name leads to another file now, or to none."""
        try:
            return not os.path.samestat(os.stat(self.path), self._status)
        except OSError:
            return True

    def is_overwritten(self) -> bool:
        """True if another program wrote to it."""
        return self._now() != self._mark

    def note(self) -> None:
        """This process wrote to it: take its present state as the right one."""
        self._mark = self._now()

    def _now(self) -> _Mark:
        found = os.fstat(self._file.fileno())
        head = self._read(0, _HEAD)
        tail = self._read(max(found.st_size - _TAIL, 0), _TAIL)
        changed = found.st_mtime_ns if self.has_times else 0
        return _Mark(found.st_size, changed, head, tail)

    def _read(self, offset: int, size: int) -> bytes:
        if sys.platform != "win32":
            return os.pread(self._file.fileno(), size, offset)
        self._file.seek(offset)
        return self._file.read(size) or b""

    def close(self) -> None:
        self._file.close()


class Watch:
    """Watches the journal at `path` from its opening on.

    Closing a file takes away this process's locks on it (fcntl(2)), those of SQLite too: `close`
    comes after SQLite's own.

    Args:
        path: the file itself, not a link to it.
        name: under which name it is known.

    Raises:
        OSError: there is no such file.
    """

    def __init__(self, path: Path, name: Path) -> None:
        self.path = path
        self.name = name
        self._has_log = False
        self._times = keeps_times(path)
        self._main = _Watched(path, False)
        self._log: _Watched | None = None

    def begin(self, has_log: bool) -> None:
        """SQLite has the file open.

        Args:
            has_log: it writes to a log beside it, and to the file itself only from there.
        """
        # Over a network the time of a change is the server's, and comes later.
        self._has_log = has_log
        self._main.has_times = has_log and self._times
        self.note(main=True)

    def note(self, *, main: bool) -> None:
        """This process has just written to the log, or to both files."""
        if main or not self._has_log:
            self._main.note()
        if self._log is not None:
            self._log.note()
        elif self._has_log:
            with suppress(FileNotFoundError):  # SQLite makes it when there is something to write
                self._log = _Watched(self.log_path, self._times)

    @property
    def log_path(self) -> Path:
        """Where SQLite keeps what is not in the file itself yet."""
        return self.path.with_name(f"{self.path.name}-wal")

    def is_overwritten(self) -> bool:
        """True if what this process wrote is not in the files any more."""
        return self._main.is_overwritten() or bool(self._log and self._log.is_overwritten())

    def is_moved(self) -> bool:
        """True if opening the journal by its name now finds another file."""
        return self.is_main_moved() or bool(self._log and self._log.is_moved())

    def is_main_moved(self) -> bool:
        """True if its name leads to another file now, or to none, whatever became of the log."""
        try:
            is_elsewhere = self.name != self.path and not self.name.samefile(self.path)
        except OSError:
            return True
        return is_elsewhere or self._main.is_moved()

    def is_log_foreign(self) -> bool:
        """True if beside the journal lies a log that is not this process's."""
        return os.path.lexists(self.log_path) and (self._log is None or self._log.is_moved())

    def close(self) -> None:
        """Let go of the files."""
        self._main.close()
        if self._log is not None:
            self._log.close()
