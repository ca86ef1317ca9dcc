"""Promises of smtp_nb.notebook.extension: `%load_ext smtp_nb`."""

from __future__ import annotations

import subprocess
import sys

# Compiled packages, or slow to import.
HEAVY = ("pandas", "numpy", "jinja2", "babel", "cryptography", "OpenSSL")
LOAD = f"""
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "smtp_nb")
assert shell.find_line_magic("smtp") is not None
shell.run_line_magic("smtp", "explain 503 --out known")
assert "wrong moment" in repr(shell.user_ns["known"])
print(sorted(set({HEAVY!r}) & sys.modules.keys()))
"""


def test_loading_imports_nothing_that_a_lesson_does_not_need() -> None:
    """Pandas takes a second, and Python in a browser has neither it nor what is compiled."""
    command = [sys.executable, "-c", LOAD]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"
