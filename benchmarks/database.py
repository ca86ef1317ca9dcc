"""A PostgreSQL database for journals, which waits for its disk as a real one does."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import race

sys.path.insert(0, str(race.ROOT / "tests"))

from components import find
from servers.postgresql import PROGRAMS, PostgreSQL

__all__ = ["find", "postgresql"]

# The URL of one that is there already.
JOURNAL = "JOURNAL_URL"


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a database; empty if none is named and the programs are not installed."""
    if given := os.environ.get(JOURNAL, ""):
        yield given
        return
    programs = find(*PROGRAMS)
    if len(programs) < len(PROGRAMS):
        yield ""
        return
    # Beside the journals in files, on the same disk.
    with tempfile.TemporaryDirectory(dir=race.BUILD) as folder:
        Path(folder).chmod(0o755)  # its process may have another owner
        server = PostgreSQL(Path(folder, "server"), programs, waits_for_disk=True)
        try:
            yield server.database()
        finally:
            server.stop()
