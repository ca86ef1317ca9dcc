"""Renaming a file without replacing another one.

rename(2) takes the place of a file that has the name already, without a word. Linux can rename
without that, in one step. Elsewhere a link does, which fails if the name is taken; a process that
dies after it leaves the file under both names. Where there are no links, a look before has to do.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

_AT_FDCWD, _RENAME_NOREPLACE = -100, 1
# Of a system or file system that knows no such call, or no links.
_UNKNOWN = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP})
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


def move_to_free(source: Path, target: Path) -> None:
    """Rename a file.

    Raises:
        FileExistsError: there is something of that name; nothing has changed.
        OSError: it cannot be done.
    """
    if sys.platform == "win32":  # pragma: no cover
        os.rename(source, target)  # there it replaces no other file
    elif not in_one_step(os.fsencode(source), os.fsencode(target)):
        in_two_steps(source, target)


def in_one_step(source: bytes, target: bytes) -> bool:
    """renameat2(2) with RENAME_NOREPLACE; False if it is not known here.

    Raises:
        OSError: as `move_to_free`.
    """
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, source, _AT_FDCWD, target, _RENAME_NOREPLACE) == 0:
        return True
    if (number := ctypes.get_errno()) in _UNKNOWN:
        return False
    raise OSError(number, os.strerror(number), os.fsdecode(source), None, os.fsdecode(target))


def in_two_steps(source: Path, target: Path) -> None:
    """A link, and the old name taken away."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target) from error
        os.rename(source, target)
    else:
        os.unlink(source)
