"""Row store of a live view: on disk, numbered, bounded.

A page that is loaded again wants all rows again. They lie in a temporary file without a name, as
Python marshals them, in two generations: when the younger is full, the older is forgotten.
"""

from __future__ import annotations

import marshal
import tempfile
import weakref
from array import array
from collections.abc import Iterable
from itertools import pairwise
from typing import IO, Any

Row = list[Any]
"""[number, direction, seconds, flags, group, text, explanation, connection, session, state]"""

ROWS_PER_FILE = 100_000
BYTES_PER_FILE = 32 * 1024 * 1024


class _Generation:
    """Rows of one file.

    Attributes:
        first: the number of its first row.
        end: the number that the next row must have.
        size: in bytes.
    """

    def __init__(self, first: int) -> None:
        self.first = self.end = first
        self.size = 0
        self._starts = array("Q", [0])
        self._unwritten: list[bytes] = []
        # It lives as long as the generation; the finalizer is its context manager.
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="smtp_nb-trail-")  # noqa: SIM115
        self.close = weakref.finalize(self, self._file.close)

    def append(self, row: Row) -> None:
        octets = marshal.dumps(row)
        self._unwritten.append(octets)
        self.end += 1
        self.size += len(octets)
        self._starts.append(self.size)

    def flush(self) -> None:
        """Write a batch at once: a system call for each row would be a third of all work."""
        octets, self._unwritten = b"".join(self._unwritten), []
        self._file.seek(self.size - len(octets))
        self._file.write(octets)

    def read(self, index: int, most: int) -> list[Row]:
        end = min(index + most, self.end - self.first)
        self._file.seek(self._starts[index])
        octets = self._file.read(self._starts[end] - self._starts[index])
        places = [start - self._starts[index] for start in self._starts[index : end + 1]]
        return [marshal.loads(octets[at:to]) for at, to in pairwise(places)]


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
        newest = self._generations[-1] if self._generations else None
        for row in rows:
            if newest is None or row[0] != newest.end or self._is_full(newest):
                newest = self._begin(row[0])
            newest.append(row)
        for generation in self._generations:
            generation.flush()

    def _is_full(self, generation: _Generation) -> bool:
        rows = generation.end - generation.first
        return rows >= self._rows_per_file or generation.size >= self._bytes_per_file

    def _begin(self, number: int) -> _Generation:
        self._generations.append(_Generation(number))
        if len(self._generations) > 2:
            self._generations.pop(0).close()
        return self._generations[-1]

    def read(self, number: int, most: int) -> list[Row]:
        """Up to `most` rows from `number` on, or from the next one that is kept."""
        for generation in self._generations:
            if number < generation.end:
                return generation.read(max(0, number - generation.first), most)
        return []
