"""Row store of a live view: on disk, numbered, bounded.

A page that is loaded again wants all rows again. They lie in a temporary file without a name,
as lines of JSON, in two generations: when the younger is full, the older is forgotten.
"""

from __future__ import annotations

import json
import tempfile
import weakref
from array import array
from collections.abc import Iterable
from typing import IO, Any

Row = list[Any]
"""[number, direction, seconds, flags, group, text, explanation, connection, session, state]"""

ROWS_PER_FILE = 100_000
BYTES_PER_FILE = 32 * 1024 * 1024


class _Generation:
    def __init__(self, first: int) -> None:
        self.first = first
        self._starts = array("Q", [0])
        self._unwritten: list[bytes] = []
        # It lives as long as the generation; the finalizer is its context manager.
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="smtp_nb-trail-")  # noqa: SIM115
        self.close = weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return len(self._starts) - 1

    @property
    def end(self) -> int:
        """The number that the next row must have."""
        return self.first + len(self)

    @property
    def size(self) -> int:
        return self._starts[-1]

    def append(self, row: Row) -> None:
        line = json.dumps(row).encode("ascii") + b"\n"
        self._unwritten.append(line)
        self._starts.append(self.size + len(line))

    def flush(self) -> None:
        """Write a batch at once: a system call for each row would be a third of all work."""
        octets, self._unwritten = b"".join(self._unwritten), []
        self._file.seek(self.size - len(octets))
        self._file.write(octets)

    def read(self, index: int, most: int) -> list[Row]:
        end = min(index + most, len(self))
        self._file.seek(self._starts[index])
        octets = self._file.read(self._starts[end] - self._starts[index])
        return [json.loads(line) for line in octets.splitlines()]


class RowStore:
    """Rows by their number, the last 100,000 to 200,000 of them.

    Numbers go up; where one is left out, a new generation begins. Not for two threads at once.
    """

    def __init__(
        self, rows_per_file: int = ROWS_PER_FILE, bytes_per_file: int = BYTES_PER_FILE
    ) -> None:
        self._rows_per_file = rows_per_file
        self._bytes_per_file = bytes_per_file
        self._generations: list[_Generation] = []

    def extend(self, rows: Iterable[Row]) -> None:
        """Keep `rows`, whose numbers are higher than those before."""
        for row in rows:
            self._generation_for(row[0]).append(row)
        for generation in self._generations:
            generation.flush()

    def _generation_for(self, number: int) -> _Generation:
        if self._generations and self._fits(self._generations[-1], number):
            return self._generations[-1]
        self._generations.append(_Generation(number))
        if len(self._generations) > 2:
            self._generations.pop(0).close()
        return self._generations[-1]

    def _fits(self, generation: _Generation, number: int) -> bool:
        has_room = len(generation) < self._rows_per_file and generation.size < self._bytes_per_file
        return has_room and generation.end == number

    def read(self, number: int, most: int) -> list[Row]:
        """Up to `most` rows from `number` on, or from the next one that is kept."""
        for generation in self._generations:
            if number < generation.end:
                return generation.read(max(0, number - generation.first), most)
        return []
