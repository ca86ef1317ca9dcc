"""The documentation as readers meet it: built, whole, found, and usable in a browser."""

from __future__ import annotations

import csv
import html
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page
from sphinx.util.inventory import InventoryFile

from browser.axe import barriers
from judges.parsers import Judges
from smtp_nb.client.settings.reference import rows
from smtp_nb.model.knowledge import meanings

# The first test waits for the whole site, half a minute of work, on a machine that may be busy.
pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).parents[2]
ASKED = (Path(__file__).parent / "questions.csv").read_text("utf-8")
QUESTIONS = list(csv.DictReader(ASKED.splitlines()))
# What a browser fetches by itself, from another machine.
FETCHED = re.compile(
    r"<(?:link|script|img|source|iframe)\b[^>]*\b(?:href|src)=.(?:https?:)?//[^>]*>"
)
FETCHED_BY_STYLE = re.compile(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//")
ARTICLE = re.compile(r"<article[^>]*>(.*)</article>", re.DOTALL)
LINK = re.compile(r'<a\b[^>]*\bhref="([^"]+)"')
ANCHOR = re.compile(r'\b(?:id|name)="([^"]+)"')
CODE = re.compile(r"<(code|pre)\b.*?</\1>", re.DOTALL)
TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)
# One page of each kind: start, steps, pairs, a long list, objects, a wide table, a picture.
KINDS = (
    "index",
    "howto/gmail",
    "howto/proxy",
    "coming/smtplib",
    "help/troubleshooting",
    "reference/methods",
    "conformance",
    "guides/merge",
    "lessons/01-by-hand",
    "genindex",
)
WIDE, NARROW = 1400, 400
# Wider than what holds them, so that something is cut or the page moves sideways.
TOO_WIDE = """() => [...document.querySelectorAll("html, article :is(dt.sig, pre)")]
    .filter(part => part.scrollWidth > part.clientWidth + 1).map(part => part.innerText)"""

# What a phone would cut; pictures of letters and tables may scroll.
CUT = """() => [...document.querySelectorAll("[class*=highlight-py] pre, .highlight-text pre, h1")]
    .filter(part => part.scrollWidth > part.clientWidth + 1).map(part => part.innerText)"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site, built; a warning would have failed it."""
    target = tmp_path_factory.mktemp("docs") / "site"
    command = [sys.executable, "-W", "ignore", ROOT / "docs" / "build.py", target]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return target


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@cache
def source(path: Path) -> str:
    return path.read_text("utf-8")


def article(path: Path) -> str:
    """What a page says, without the bars at its sides."""
    found = ARTICLE.search(source(path))
    return found[1] if found else ""


def text(path: Path) -> str:
    return html.unescape(TAG.sub("", article(path)))


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def targets(path: Path, site: Path, code: str) -> Iterator[tuple[Path, str]]:
    """The pages of this site to which a page links, with the place on each."""
    for link in LINK.findall(code):
        parts = urlsplit(html.unescape(link))
        if not parts.scheme:
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            yield there, unquote(parts.fragment)


# -- whole ------------------------------------------------------------------------------------


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for path in pages(site):
        assert FETCHED.findall(source(path)) == [], path
    for path in site.rglob("*.css"):
        assert FETCHED_BY_STYLE.findall(path.read_text("utf-8")) == [], path


def test_no_link_of_any_page_is_broken(site: Path) -> None:
    anchors = {path: set(ANCHOR.findall(source(path))) for path in pages(site)}
    broken = {
        (path.relative_to(site).as_posix(), str(there), place)
        for path in anchors
        for there, place in targets(path, site, source(path))
        if not there.exists() or (place and there in anchors and place not in anchors[there])
    }
    assert sorted(broken) == []


def test_no_page_is_empty_and_none_shows_markup(site: Path) -> None:
    for path in pages(site):
        if path.name != "search.html":  # which a script fills
            assert len(text(path)) > 150, path
    shown = [path for path in pages(site) if "tests" not in path.relative_to(site).parts]
    assert [path.name for path in shown if re.search(r"&amp;(#\d|[a-z]+;)", article(path))] == []
    prose = {path.name: CODE.sub("", article(path)) for path in shown}
    assert [name for name, said in prose.items() if re.search(r":::|\]\(", said)] == []


def test_the_conformance_table_shows_every_row_and_its_tests(site: Path) -> None:
    table = BeautifulSoup(source(site / "conformance.html"), "html.parser")
    lines = [line.find_all("td") for line in table.find_all("tr")]
    shown = [cells for cells in lines if len(cells) == 4]
    assert len(shown) == len(list(rows()))
    for _, promise, _, tests in shown:
        assert promise.get_text(strip=True)
        for link in tests.find_all("a"):
            file, _, anchor = link["href"].partition("#")
            assert f'id="{anchor}"' in source(site / file)


def test_other_projects_find_every_method_and_property(site: Path) -> None:
    with (site / "objects.inv").open("rb") as file:
        found = InventoryFile.load(file, "", lambda base, uri: base + uri)
    assert {"smtp_nb.SMTP.send", "smtp_nb.MailMerge.run"} <= found["py:method"].keys()
    assert {"smtp_nb.SMTP.send_to", "smtp_nb.SMTP.on_pi_trail"} <= found["py:attribute"].keys()
    assert {"smtp_nb.Receipt", "smtp_nb.sandbox.SandboxServer"} <= found["py:class"].keys()
    assert "smtp_nb.errors.DeferredError" in found["py:exception"]
    assert "SSLCheckCRL" in found["std:confval"]
    index = text(site / "genindex.html")
    assert all(name in index for name in ("send_to", "SandboxServer", "%smtp merge"))


# -- found ------------------------------------------------------------------------------------


def by_clicks(site: Path, most: int) -> set[Path]:
    """The pages that so many clicks in the text lead to, from the first page."""
    reached = {site / "index.html"}
    for _ in range(most):
        reached |= {
            there for path in reached for there, _ in targets(path, site, article(path)) if there
        }
        reached = {path for path in reached if path.suffix == ".html"}
    return reached


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked["search"].replace(" ", "-"))
def test_a_newcomer_s_question_is_answered_by_two_clicks_or_one_search(
    asked: dict[str, str], site: Path, page: Page
) -> None:
    answer = (site / asked["page"]).with_suffix(".html")
    assert asked["says"] in text(answer)
    assert answer in by_clicks(site, 2)
    page.goto((site / "index.html").as_uri())
    box = page.get_by_placeholder("Search").first
    box.fill(asked["search"])
    box.press("Enter")
    page.wait_for_selector("#search-results ul.search li")
    page.wait_for_function(
        "document.title && !document.querySelector('#search-progress')?.innerText"
    )
    links = page.eval_on_selector_all("#search-results li > a", "all => all.map(a => a.href)")
    first = [link.partition("#")[0].partition("?")[0] for link in links[:5]]
    assert answer.as_uri() in first, links[:8]


# -- usable -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_a_page_of_each_kind_is_usable_by_everybody(
    name: str, site: Path, page: Page, judges: Judges
) -> None:
    page.set_viewport_size({"width": WIDE, "height": 1000})
    page.goto((site / name).with_suffix(".html").as_uri())
    assert page.evaluate(TOO_WIDE) == []
    page.set_viewport_size({"width": NARROW, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    assert page.evaluate(CUT) == []
    assert barriers(page, judges.axe) == []  # what scrolls sideways included


def test_a_button_copies_code_without_its_prompts(site: Path, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto((site / "start.html").as_uri())
    block = page.locator("div.highlight", has_text="receipt = smtp.send()").first
    block.hover()
    block.locator("button.copybtn").click()
    page.wait_for_selector("button.copybtn.success")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("smtp = SMTP.from_url(server.url)\n")
    assert ">>>" not in copied
    assert "Outcome.ACCEPTED" not in copied


def test_the_table_of_replies_prints_on_two_sides(site: Path, page: Page) -> None:
    """Every reply that `explain` knows, and nothing of the site around it."""
    page.goto((site / "teaching" / "replies.html").as_uri())
    printed = page.pdf(prefer_css_page_size=True)
    page.emulate_media(media="print")
    shown = page.locator("body").inner_text()
    page.emulate_media(media="screen")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
    assert "Search" not in shown
    assert "Skip to content" not in shown
    known = {code: one for code, one in meanings.table("replies").items() if len(code) == 3}
    assert [code for code, one in known.items() if code not in shown] == []
    assert [code for code, one in known.items() if one.meaning not in shown] == []
