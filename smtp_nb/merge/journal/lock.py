"""Campaign lock: a file beside the journal that names the process holding it.

The lock is the system's, not the file's existence: after `kill -9` it is free at once.
"""

from __future__ import annotations

import errno
import getpass
import json
import os
import sys
from contextlib import suppress
from datetime import datetime
from io import FileIO
from pathlib import Path

from smtp_nb import ambient
from smtp_nb.errors import CampaignBusy, JournalError
from smtp_nb.model.display import visible

# Far behind the holder's name: a locked byte cannot be read on Windows.
_LOCKED_BYTE = 1 << 20
# What the system says if another process holds it; any other error means it cannot be held.
_HELD = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK})


class CampaignLock:
    """Holds a campaign from construction to `release`.

    Raises:
        CampaignBusy: another process, or another job of this one, holds it; the text names it.
        JournalError: the directory is not there, cannot be written, or knows no locks.
    """

    def __init__(self, journal: Path) -> None:
        self.path = journal.with_name(journal.name + ".lock")
        self._file = _acquire(self.path)
        self._file.truncate(0)
        self._file.write(json.dumps(_myself()).encode())

    def release(self) -> None:
        """Let others in. The file goes while we still hold it, so no fresh one is lost."""
        if sys.platform != "win32":
            self.path.unlink(missing_ok=True)
        self._file.close()


def _myself() -> dict[str, object]:
    user = ""
    with suppress(OSError, KeyError, ImportError):  # a container's user may have no name
        user = getpass.getuser()
    return {
        "program": _program(),
        "pid": os.getpid(),
        "user": user,
        "host": ambient.host_name(),
        "since": f"{datetime.now().astimezone():%Y-%m-%d %H:%M}",
    }


def _program() -> str:
    name = Path(sys.argv[0]).name if sys.argv else ""
    return "python" if name in ("", "-c") else name


def _acquire(path: Path) -> FileIO:
    while True:
        try:
            # A file object, so that an interrupt at the wrong moment leaves no lock behind.
            file = FileIO(path, "r+", opener=_open)
        except OSError as error:
            raise _impossible(path, error) from error
        try:
            _lock(file.fileno())
            if _is_current(file.fileno(), path):
                return file
        except OSError as error:
            holder = _holder(file)
            file.close()
            if error.errno not in _HELD:
                raise _impossible(path, error) from error
            raise CampaignBusy(
                f"this campaign is being sent by {holder}",
                remedy=f"Wait for it, or stop it. It holds {path}",
            ) from error
        file.close()


def _impossible(path: Path, error: OSError) -> JournalError:
    return JournalError(
        f"the campaign cannot be locked by {path}: {error.strerror}",
        remedy="Give journal= a path in a writable directory, on a file system with locks",
    )


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT, 0o600)


def _is_current(file: int, path: Path) -> bool:
    """False if the former holder removed the file while we waited for its lock."""
    try:
        return sys.platform == "win32" or os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False


def _holder(file: FileIO) -> str:
    try:
        who = json.loads(file.read(1000))
        whose = f" of {who['user']}" if who["user"] else ""
        process = f"{who['program']} (process {who['pid']}{whose})"
        return visible(f"{process} on {who['host']} since {who['since']}")
    except (ValueError, KeyError, TypeError, OSError):
        return "another process"


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(file: int) -> None:
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(file, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
