"""Which tests cover which row of the reference: read off their markers, without running them.

As a plugin of pytest (`-p covering --covering FILE`) it writes what it finds while collecting.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROOT = TESTS.parent


def by_row() -> dict[str, list[str]]:
    """Name of each row that a marker names -> `file::function` of the tests that carry it."""
    files = [str(path) for path in TESTS.rglob("test_*.py") if has_markers(path)]
    collect = ["-m", "pytest", "-qq", "--collect-only", "-m", "", "-p", "no:cacheprovider"]
    with tempfile.NamedTemporaryFile(suffix=".json") as found:
        subprocess.run(
            [sys.executable, *collect, "-p", "covering", "--covering", found.name, *sorted(files)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(TESTS)])},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        rows: dict[str, list[str]] = json.loads(Path(found.name).read_text())
    return rows


def has_markers(path: Path) -> bool:
    """True if a test of the file may carry one: its own, or one of the makers of stores."""
    text = path.read_text("utf-8")
    return "covers(" in text or "from wire.certificates.makers import" in text


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--covering", help="where to write which tests cover which row")


def pytest_collection_finish(session: pytest.Session) -> None:
    rows = defaultdict(set)
    for item in session.items:
        test = item.nodeid.partition("[")[0]
        for mark in item.iter_markers("covers"):
            for name in mark.args:
                rows[name].add(test)
    found = {name: sorted(tests) for name, tests in sorted(rows.items())}
    Path(session.config.getoption("--covering")).write_text(json.dumps(found))
