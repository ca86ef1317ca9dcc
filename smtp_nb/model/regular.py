"""Regular files.

A named pipe makes open() wait for its writer, and a directory opens and fails later. Here
everything that is not a regular file is an OSError with a text that can be shown, like any other
failure.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from typing import BinaryIO

if sys.platform != "win32":
    import fcntl

_CAREFULLY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: str | os.PathLike[str], flags: int = 0) -> BinaryIO:
    """Open a regular file for reading; links are followed.

    Args:
        flags: more of os.open(), such as `O_NOFOLLOW`.

    Raises:
        OSError: it cannot be opened, or is not a regular file; `strerror` says which.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _CAREFULLY | flags)
    except ValueError as error:
        raise OSError(errno.EINVAL, "its name holds a NUL") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", os.fspath(path))
        return open(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: str | os.PathLike[str], most: int = -1) -> bytes:
    """Return the contents of a regular file, up to a number of bytes.

    Raises:
        OSError: as `open_regular`.
    """
    with open_regular(path) as file:
        return file.read(most)


def sync_file(descriptor: int) -> None:
    """Wait until what was written is on the disk, so that it survives a loss of power.

    On macOS fsync() leaves it in the disk's own memory; fcntl(2) there has F_FULLFSYNC, which file
    systems of a network and of memory sticks may lack.

    Raises:
        OSError: the disk failed.
    """
    if sys.platform == "darwin":
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)
