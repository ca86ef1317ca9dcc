"""The documentation builds without a warning, needs no network, and its examples are true."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright

from components import require
from servers.postgresql import PostgreSQL
from smtp_nb.client.settings.reference import rows
from smtp_nb.model.knowledge import meanings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(pycon|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WRITTEN = [
    path
    for path in [*DOCS.rglob("*.md"), ROOT / "README.md"]
    if BLOCK.search(path.read_text("utf-8"))
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


@pytest.mark.browser
def test_the_table_of_replies_prints_on_two_sides(site: Path) -> None:
    """Every reply that `explain` knows, and nothing of the site around it."""
    chromium = require("chromium")["chromium"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        page = browser.new_page()
        page.goto((site / "teaching" / "replies.html").as_uri())
        printed = page.pdf(prefer_css_page_size=True)
        page.emulate_media(media="print")
        shown = page.locator("body").inner_text()
        browser.close()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
    assert "Search" not in shown
    assert "Skip to content" not in shown
    known = {code: one for code, one in meanings.table("replies").items() if len(code) == 3}
    assert [code for code, one in known.items() if code not in shown] == []
    assert [code for code, one in known.items() if one.meaning not in shown] == []


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
            continue
        example = doctest.DocTestParser().get_doctest(text, names, path.name, str(path), 0)
        failures: list[str] = []
        doctest.DocTestRunner().run(example, out=failures.append, clear_globs=False)
        assert failures == []
        names = example.globs
