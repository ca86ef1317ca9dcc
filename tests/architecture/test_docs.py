"""The examples of the documentation are true, those of magics too."""

from __future__ import annotations

import doctest
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from servers.postgresql import PostgreSQL
from smtp_nb.errors import DeferredError, RefusedError

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(pycon|python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def is_run(kind: str, text: str) -> bool:
    """True for an example: magics are text, and `none` is for what needs an account elsewhere."""
    return kind != "text" or bool(MAGIC.match(text))


MAGIC = re.compile(r"(\w+ = )?%")
WRITTEN = [
    path
    for path in [*DOCS.rglob("*.md"), ROOT / "README.md"]
    if any(is_run(*block) for block in BLOCK.findall(path.read_text("utf-8")))
]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_examples_do_what_they_show(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    if "JOURNAL_URL" in path.read_text("utf-8"):
        postgresql: PostgreSQL = request.getfixturevalue("postgresql")
        monkeypatch.setenv("JOURNAL_URL", postgresql.database())
    names: dict[str, Any] = {}
    for kind, text in BLOCK.findall(path.read_text("utf-8")):
        if kind == "python":
            exec(compile(text, str(path), "exec"), names)
        elif kind == "pycon":
            example = doctest.DocTestParser().get_doctest(text, names, path.name, str(path), 0)
            failures: list[str] = []
            doctest.DocTestRunner().run(example, out=failures.append, clear_globs=False)
            assert "".join(failures) == ""
            names = example.globs
        elif is_run(kind, text):
            shell: InteractiveShell = request.getfixturevalue("shell")
            shell.user_ns.update(names)
            for cell in cells(text):
                error = shell.run_cell(cell, store_history=False).error_in_exec
                # A story may lead to a server's no, and goes on from there.
                assert error is None or isinstance(error, RefusedError | DeferredError), cell
            names = shell.user_ns


def cells(block: str) -> list[str]:
    """Magics as one types them: each line is a cell, and each `%%` with all that follows it."""
    lines, cell, body = block.partition("%%")
    return [*lines.splitlines(), *filter(None, [cell + body])]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell as a notebook has one, without a person to ask."""
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    monkeypatch.setattr("builtins.input", answer)
    shell.extension_manager.load_extension("smtp_nb")
    yield shell
    if lesson := shell.user_ns.get("lesson"):
        lesson.close()  # or the clock of lessons goes on for others
    shell.extension_manager.unload_extension("smtp_nb")
    InteractiveShell.clear_instance()


def answer(prompt: str = "") -> str:
    """A reader types how many messages a merge is to send, and nothing else."""
    asked = re.search(r"Type (\d+) to send", prompt)
    assert asked, prompt
    return asked[1]
