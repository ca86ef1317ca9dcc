"""Text files written whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress

from smtp_nb.errors import InputError


def write_text(path: str | os.PathLike[str], text: str, what: str) -> None:
    """Replace a file by `text`, in UTF-8.

    Args:
        what: the thing in it, for the error.

    Raises:
        InputError: 303, it cannot be written; what was there is still there.
    """
    target = os.fspath(path)
    part = f"{target}.{os.getpid()}.part"
    try:
        with open(part, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(part, target)
    except OSError as error:
        with suppress(OSError):
            os.unlink(part)
        raise InputError(
            f"{what} cannot be written to {target!r}: {error.strerror}",
            code=303,
            remedy="Name a file in a directory that you may write to",
        ) from error
