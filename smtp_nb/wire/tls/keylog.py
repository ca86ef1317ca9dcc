"""Key log: the keys of connections in a file, for tools that decrypt a capture."""

from __future__ import annotations

import os
from collections.abc import Iterable

from smtp_nb.errors import InputError
from smtp_nb.wire.certificates.identity import Hidden

# A pipe without a reader would make open() wait.
_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
_ONLY_FOR_US = 0o600  # its readers can read every message


def append_keys(path: str, lines: Iterable[Hidden]) -> None:
    """Append lines in the SSLKEYLOGFILE format; a new file is readable only by its owner.

    Raises:
        InputError: the file cannot be written.
    """
    octets = Hidden(b"".join(line + b"\n" for line in lines))
    try:
        number = os.open(path, _APPENDING, _ONLY_FOR_US)
        with open(number, "ab") as file:
            file.write(octets)
    except (OSError, ValueError) as error:
        raise InputError(
            f"the key log file {path!r} cannot be written:"
            f" {getattr(error, 'strerror', None) or error}",
            remedy="Name another file, or clear SSLKeyLogFile",
        ) from error
