"""File lock for queue files.

The system gives the lock and takes it back when a process dies, however it dies. Where files can
be renamed while they are open it lies on the file itself. Windows can not: there it lies on an
empty file beside it, `.NAME.lock`, and the file is closed for each renaming.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Protocol

from smtp_nb.errors import InputError
from smtp_nb.model.regular import open_regular

if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def lock(descriptor: int) -> None:
        """Take the lock of an open file.

        Raises:
            OSError: another one has it.
        """
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def lock(descriptor: int) -> None:
        """Take the lock of an open file.

        Raises:
            OSError: another one has it.
        """
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_CAREFULLY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)


class NotOurs(InputError):
    """Something in a queue that is not a message of ours."""


class LockedFile(Protocol):
    """A file that is ours."""

    def open(self, path: Path) -> BinaryIO:
        """The file for reading; `path` is where it is now."""

    def let_move(self) -> None:
        """To be called before it is renamed or removed."""


class _Inside:
    """The lock lies on the file itself."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def open(self, path: Path) -> BinaryIO:
        return self._file

    def let_move(self) -> None:
        """It can move as it is."""


@contextmanager
def lock_in_place(path: Path) -> Iterator[LockedFile | None]:
    """Hold a file for the length of a block; None if it is gone or another one holds it.

    Raises:
        NotOurs: 303, it is not a file that only we could have written.
    """
    file = open_own(path)
    if file is None:
        yield None
        return
    with file:
        yield _Inside(file) if _locked(file.fileno(), path) else None


class _Beside:
    """The lock lies on another file."""

    def __init__(self) -> None:
        self._file: BinaryIO | None = None

    def open(self, path: Path) -> BinaryIO:
        self._file = self._file or open_own(path)
        if self._file is None:
            raise _unusable(path, "it is gone")
        return self._file

    def let_move(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None


@contextmanager
def lock_beside(path: Path) -> Iterator[LockedFile | None]:
    """As `lock_in_place`, for systems that do not let an open file move."""
    file = open_own(path)
    if file is None:
        yield None
        return
    file.close()
    lock_path = path.with_name(f".{path.stem}.lock")
    with _lock_file(lock_path) as lock_file:
        if not _locked(lock_file.fileno(), lock_path):
            yield None
            return
        hold = _Beside()
        try:
            yield hold if path.exists() else None
        finally:
            hold.let_move()
            # Elsewhere it goes while we still hold it, so that no other process loses a fresh one.
            if sys.platform != "win32":
                lock_path.unlink()
    if sys.platform == "win32":  # pragma: no cover
        with suppress(OSError):  # another one has it open by now
            lock_path.unlink()


def open_own(path: Path) -> BinaryIO | None:
    """A file for reading; None if it is gone.

    Raises:
        NotOurs: 303, it is not a file that only we could have written.
    """
    try:
        file = open_regular(path, getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        why = "it is a link" if path.is_symlink() else str(error.strerror)
        raise _unusable(path, why) from error
    if mistrust := _mistrust(os.fstat(file.fileno())):
        file.close()
        raise _unusable(path, *mistrust)
    return file


def _mistrust(found: os.stat_result) -> tuple[str, ...]:
    """Why a file is not ours, and what to do; nothing if it is."""
    if not hasattr(os, "geteuid"):
        return ()
    if found.st_uid != os.geteuid():
        return ("it belongs to another user", "Make your own copy of it")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        mode = f"{stat.S_IMODE(found.st_mode):04o}"
        return (f"its mode is {mode}, so others can write to it", "Inspect it, then chmod 600")
    return ()


def _unusable(path: Path, why: str, remedy: str = "") -> NotOurs:
    return NotOurs(f"{path.name} is not a queued message: {why}", code=303, remedy=remedy)


def _lock_file(path: Path) -> FileIO:
    try:
        return FileIO(path, "r+", opener=_made)
    except OSError as error:
        raise _unusable(path, f"it cannot be opened: {error.strerror}") from error


def _made(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT | _CAREFULLY, 0o600)


def _locked(descriptor: int, path: Path) -> bool:
    """Take the lock of an open file; False if another one has it, or its former holder renamed or
    removed the file before we got it."""
    try:
        lock(descriptor)
        return sys.platform == "win32" or os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


hold = lock_beside if sys.platform == "win32" else lock_in_place
"""The way of this system."""
