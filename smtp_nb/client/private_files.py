"""Files that only their owner can read: a password in one, or tokens.

A file is opened first and looked at then, so that it cannot be swapped in between. Where the system
has no modes (Windows), a file in the user's own folder is private by inheritance, and nothing is
checked.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from smtp_nb.errors import InputError
from smtp_nb.model.regular import open_regular, sync_file
from smtp_nb.model.secret import Secret

MAX_SIZE = 1 << 16
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_HAS_MODES = hasattr(os, "getuid")


def read_private(path: str | os.PathLike[str]) -> Secret:
    """Return the text of a file that belongs to us and that other users cannot read or write.

    Raises:
        InputError: 303, it cannot be read, others can, or it is not a text of sensible size.
    """
    name = Path(path).expanduser()
    try:
        with open_regular(name) as file:
            _require_private(name, os.fstat(file.fileno()))
            data = Secret(file.read(MAX_SIZE + 1).decode("utf-8"))
    except OSError as error:
        raise _unreadable(name, error.strerror or "it cannot be opened") from error
    except UnicodeDecodeError:
        data = Secret("")
    if not data or len(data.reveal()) > MAX_SIZE:
        raise _unreadable(name, "it is empty, too large, or not UTF-8 text")
    return data


def write_private(path: str | os.PathLike[str], text: Secret) -> None:
    """Replace a file as a whole, readable by its owner alone from its first byte on.

    Raises:
        InputError: 303, it cannot be written.
    """
    name = Path(path).expanduser()
    try:
        name.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, made = tempfile.mkstemp(dir=name.parent, prefix=f".{name.name}.")
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text.reveal())
                file.flush()
                sync_file(file.fileno())
            os.replace(made, name)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(made)
            raise
    except OSError as error:
        raise InputError(
            f"the file {str(name)!r} cannot be written: {error.strerror}",
            code=303,
            remedy="Name another file",
        ) from error


def _require_private(name: Path, found: os.stat_result) -> None:
    if not _HAS_MODES:
        return
    if found.st_uid != os.getuid():
        raise _unreadable(name, "it belongs to another user", f"Make your own copy of {name}")
    if found.st_mode & _OTHERS:
        raise _unreadable(
            name,
            f"its mode is {stat.S_IMODE(found.st_mode):04o}, so other users can read it",
            f"Write chmod 600 {name}; and replace the secret in it, if others use this machine",
        )


def _unreadable(name: Path, why: str, remedy: str = "") -> InputError:
    return InputError(f"the file {str(name)!r} is not read: {why}", code=303, remedy=remedy)
