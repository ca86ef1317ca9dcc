"""`make demo` and `make statements`: what they print, and pages that open from a memory stick."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from browser.axe import barriers
from browser.lab import SCREENSHOTS
from judges.parsers import Judges

ROOT = Path(__file__).parents[2]
FOREIGN = re.compile(r"^\s*(https?:)?//", re.IGNORECASE)
FOREIGN_IN_CODE = re.compile(r"""(url\(|import\(?)\s*["']?(https?:)?//""", re.IGNORECASE)
NOTEBOOKS = ["quickstart", "statements"]
IGNORED = "nbval-ignore-output"
SANITIZED = ConfigParser(interpolation=None)
SANITIZED.read(ROOT / "tests" / "nbval_sanitize.cfg", "utf-8")
# What a page loads by itself; where a link leads is the reader's choice.
LOADS = ("src", "srcset", "data", "poster")


@dataclass(frozen=True, slots=True)
class Demo:
    printed: str

    def page(self, name: str) -> Path:
        return ROOT / "build" / f"{name}.html"

    def html(self, name: str) -> BeautifulSoup:
        return BeautifulSoup(self.page(name).read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def demo() -> Demo:
    run = subprocess.run(
        [sys.executable, ROOT / "notebooks" / "build.py", "demo", *NOTEBOOKS],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return Demo(run.stdout)


def test_results_of_all_rows_and_statements_are_printed(demo: Demo) -> None:
    quickstart, _, statements = demo.printed.partition("quickstart.html")
    counts = dict(re.findall(r"^([A-Z]+) +(\d+)$", quickstart, re.MULTILINE))
    assert counts == {"ACCEPTED": "56", "INVALID": "2", "REFUSED": "1", "DUPLICATE": "1"}
    counts = dict(re.findall(r"^([A-Z]+) +(\d+)$", statements, re.MULTILINE))
    assert counts == {"ACCEPTED": "12"}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_page_names_nothing_from_elsewhere(demo: Demo, name: str) -> None:
    html = demo.html(name)
    loaded = [tag[way] for tag in html.find_all() for way in LOADS if tag.has_attr(way)]
    loaded += [tag["href"] for tag in html.find_all("link", href=True)]
    code = [tag.get_text() for tag in html.find_all(["script", "style"])]
    code += [tag["style"] for tag in html.find_all(style=True)]
    assert [address for address in loaded if FOREIGN.match(str(address))] == []
    assert [text for text in code if FOREIGN_IN_CODE.search(str(text))] == []


def test_page_holds_the_trail_and_the_results(demo: Demo) -> None:
    text = demo.html("quickstart").get_text()
    assert "STARTTLS" in text
    assert "DUPLICATE" in text


def test_saved_notebook_shows_a_statement_with_its_picture_without_a_kernel(demo: Demo) -> None:
    (frame, *_) = demo.html("statements").find_all("iframe", srcdoc=True)
    statement = BeautifulSoup(frame["srcdoc"], "html.parser")
    assert statement.img["src"].startswith("data:image/png;base64,")
    assert statement.find("td", string="Cup and saucer") is not None
    saved = (ROOT / "notebooks" / "statements.ipynb").read_text("utf-8")
    assert "data:image/png;base64," in saved
    assert '"image/png"' in saved


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_page_shows_what_a_kernel_shows(demo: Demo, name: str) -> None:
    """The demo has none; the saved notebook was run in one, and nbval compares it with another."""
    page = steady(demo.html(name).get_text(" "))
    notebook = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    compared = [cell for cell in cells if IGNORED not in cell["metadata"].get("tags", [])]
    outputs = [output for cell in compared for output in cell["outputs"]]
    forms = [(output.get("data", {}), output.get("text", "")) for output in outputs]
    shown = [
        BeautifulSoup("".join(data["text/html"]), "html.parser").get_text(" ")
        if "text/html" in data
        else "".join(data.get("text/plain", text))
        for data, text in forms
    ]
    assert len(shown) > 5
    assert [text for text in shown if steady(text) not in page] == []


def steady(text: str) -> str:
    """The words without those that nbval leaves out too: times, and what is made up anew."""
    for section in SANITIZED.sections():
        text = re.sub(SANITIZED[section]["regex"], SANITIZED[section]["replace"], text)
    return " ".join(text.split())


@pytest.mark.browser
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_page_opens_offline(demo: Demo, browser: Browser, name: str) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 1200})
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(demo.page(name).as_uri())
    page.wait_for_load_state("networkidle")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert errors == []


@pytest.mark.browser
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_page_has_no_barrier(demo: Demo, browser: Browser, judges: Judges, name: str) -> None:
    """Titles of frames, order of headings, landmarks, contrast: every rule of axe-core."""
    page = browser.new_page(viewport={"width": 1000, "height": 1200})
    page.goto(demo.page(name).as_uri())
    assert barriers(page, judges.axe) == []
    page.close()
