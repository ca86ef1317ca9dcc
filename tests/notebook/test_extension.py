"""Promises of smtp_nb.notebook.extension: `%load_ext smtp_nb`."""

from __future__ import annotations

import subprocess
import sys

# Compiled packages, or slow to import.
HEAVY = ("pandas", "numpy", "jinja2", "babel", "cryptography", "OpenSSL")
# Rooms that bring the protocol, the servers and the views: a line needs them, a profile does not.
LATER = ("client", "flows", "drivers", "compose", "sasl", "wire", "protocol", "sandbox",
         "classroom", "widgets", "notebook.verbs")  # fmt: skip
SHELL = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
"""
LOAD = f"""{SHELL}
shell.run_line_magic("load_ext", "smtp_nb")
assert shell.find_line_magic("smtp") is not None
shell.run_line_magic("smtp", "explain 503 --out known")
assert "wrong moment" in repr(shell.user_ns["known"])
print(sorted(set({HEAVY!r}) & sys.modules.keys()))
"""
LOAD_ALONE = f"""{SHELL}
before = set(sys.modules)
shell.run_line_magic("load_ext", "smtp_nb")
rooms = {{f"smtp_nb.{{room}}" for room in {LATER!r}}}
print(sorted(rooms & sys.modules.keys()))
packages = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(sorted(packages - sys.stdlib_module_names - {{"smtp_nb", "IPython"}}))
"""
# What the verbs say of themselves is there from the first Tab and the first question on.
ASK_FIRST = f"""{SHELL}
shell.run_line_magic("load_ext", "smtp_nb")
print("lists the verbs" in shell.object_inspect("%smtp")["docstring"])
print(shell.complete("", "%smtp conn", 10)[1])
"""


def said_by(code: str) -> list[str]:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_loading_imports_nothing_that_a_lesson_does_not_need() -> None:
    """Pandas takes a second, and Python in a browser has neither it nor what is compiled."""
    assert said_by(LOAD) == ["[]"]


def test_loading_imports_neither_a_verb_nor_a_package_that_ipython_has_not() -> None:
    """It may stand in a profile, and is then paid for by every kernel."""
    assert said_by(LOAD_ALONE) == ["[]", "[]"]


def test_tab_and_question_mark_answer_before_the_first_line() -> None:
    assert said_by(ASK_FIRST) == ["True", "['connect']"]
