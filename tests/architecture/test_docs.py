"""The documentation builds without a warning, needs no network, and its examples are true."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from IPython.core.interactiveshell import InteractiveShell

from servers.postgresql import PostgreSQL
from smtp_nb.client.settings.reference import rows
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
# What a browser fetches by itself, from another machine.
FETCHED = re.compile(
    r"<(?:link|script|img|source|iframe)\b[^>]*\b(?:href|src)=.(?:https?:)?//[^>]*>"
)
FETCHED_BY_STYLE = re.compile(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site, built; a warning would have failed it."""
    target = tmp_path_factory.mktemp("docs") / "site"
    command = [sys.executable, "-W", "ignore", DOCS / "build.py", target]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return target


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        assert FETCHED.findall(path.read_text("utf-8")) == [], path
    for path in site.rglob("*.css"):
        assert FETCHED_BY_STYLE.findall(path.read_text("utf-8")) == [], path


def test_no_entity_is_shown_as_its_source(site: Path) -> None:
    """Tables escape a bar in a cell, and code shows an entity letter by letter."""
    pages = [path for path in site.rglob("*.html") if "tests" not in path.relative_to(site).parts]
    assert [path.name for path in pages if "&amp;#" in path.read_text("utf-8")] == []


def test_the_conformance_table_shows_every_row_and_its_tests(site: Path) -> None:
    page = BeautifulSoup((site / "conformance.html").read_text("utf-8"), "html.parser")
    lines = [line.find_all("td") for line in page.find_all("tr")]
    shown = [cells for cells in lines if len(cells) == 4]
    assert len(shown) == len(list(rows()))
    for _, promise, _, tests in shown:
        assert promise.get_text(strip=True)
        for link in tests.find_all("a"):
            file, _, anchor = link["href"].partition("#")
            assert f'id="{anchor}"' in (site / file).read_text("utf-8")


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
    shell.extension_manager.unload_extension("smtp_nb")
    InteractiveShell.clear_instance()


def answer(prompt: str = "") -> str:
    """A reader types how many messages a merge is to send, and nothing else."""
    asked = re.search(r"Type (\d+) to send", prompt)
    assert asked, prompt
    return asked[1]
