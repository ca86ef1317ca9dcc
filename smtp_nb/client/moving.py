"""Renaming a file to a name that is free, and to no other.

rename(2) takes the place of a file that has the name already, without a word. A link does not; it
fails where there are no links, and there a look before has to do.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

_KNOWS_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


def move_to_free(source: Path, target: Path) -> None:
    """Rename a file.

    Raises:
        FileExistsError: there is something of that name; nothing has changed.
        OSError: it cannot be done.
    """
    if sys.platform == "win32":  # pragma: no cover
        os.rename(source, target)  # there it takes nobody's place
        return
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _KNOWS_NO_LINKS:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target) from error
        os.rename(source, target)
    else:
        os.unlink(source)
