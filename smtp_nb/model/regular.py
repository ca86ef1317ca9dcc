"""Regular files named by a user.

A named pipe makes open() wait for its writer, and a directory opens and fails later. Here
everything that is not a regular file is an OSError with a text that can be shown, like any other
failure.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

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
