"""A missing component skips a test on a laptop and fails it on CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
NEEDS_WHAT_IS_MISSING = """\
from components import require

def test_something():
    require("no-such-mail-server")
"""


@pytest.mark.parametrize(
    ("ci", "exit_code", "closing"), [("", 0, "1 skipped in"), ("true", 1, "1 failed in")]
)
def test_missing_component(tmp_path: Path, ci: str, exit_code: int, closing: str) -> None:
    path = tmp_path / "test_missing.py"
    path.write_text(NEEDS_WHAT_IS_MISSING)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-rsf", "-p", "conftest", path],
        env=os.environ | {"CI": ci, "PYTHONPATH": str(TESTS)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == exit_code, run.stdout + run.stderr
    assert "not installed here: no-such-mail-server" in run.stdout
    assert closing in run.stdout
