"""Reports of the process to the one that started it, a line of JSON each."""

from __future__ import annotations

import json
import os
from typing import BinaryIO, Self


class Reports:
    """Writes reports to what was standard output when the process began."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    @classmethod
    def instead_of_output(cls) -> Self:
        """Take over standard output; what is printed, read or complained about goes nowhere."""
        made = cls(os.fdopen(os.dup(1), "wb"))
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        return made

    def send(self, kind: str, value: object = None) -> None:
        """Send a report, at once."""
        line = json.dumps([kind, value], ensure_ascii=True)
        self._file.write(line.encode("ascii") + b"\n")
        self._file.flush()
