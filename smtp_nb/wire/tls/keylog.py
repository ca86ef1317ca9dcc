"""The keys of connections, written to a file for tools that decrypt a recording of them."""

from __future__ import annotations

import os
from collections.abc import Iterable

from smtp_nb.errors import InputError
from smtp_nb.wire.certificates.identity import Hidden

# A pipe that nobody reads would make open() wait.
_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
_ONLY_FOR_US = 0o600  # whoever reads it can read every message


def append_keys(path: str, lines: Iterable[Hidden]) -> None:
    """Append lines of the format that SSLKEYLOGFILE names; a new file is for its owner alone.

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
            f"the file for keys {path!r} cannot be written:"
            f" {getattr(error, 'strerror', None) or error}",
            remedy="Name another one, or empty SSLKeyLogFile",
        ) from error
