"""The site of `make lite`, served by a server that hands out files and can do nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser

from browser.axe import barriers
from browser.lab import KERNEL_IDLE, Notebook
from judges.parsers import Judges

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "notebooks" / "lessons" / "01-by-hand.ipynb"
READY_MS = 400_000  # Python is compiled first, which takes a busy machine minutes
RUN_ALL = "async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
LIVE = "application/vnd.jupyter.widget-view+json"

pytestmark = pytest.mark.long


class Files(SimpleHTTPRequestHandler):
    """Hands out files, silently."""

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site that was built just now."""
    place = tmp_path_factory.mktemp("lite") / "site"
    command = [sys.executable, str(ROOT / "notebooks" / "lite" / "build.py"), str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # So that the test may ask Lab itself what it shows.
    settings = place / "jupyter-lite.json"
    content = json.loads(settings.read_text("utf-8"))
    content["jupyter-config-data"]["exposeAppInBrowser"] = True
    settings.write_text(json.dumps(content), "utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(place))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.timeout(1200)
def test_a_lesson_runs_in_a_browser_and_asks_nobody_else(browser: Browser, site: str) -> None:
    """From the front page into lesson 1, all cells; the outputs are those of the saved notebook."""
    context = browser.new_context(viewport={"width": 1200, "height": 1000})
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))  # of its workers too
    opened = Notebook(context.new_page(), LESSON)
    page = opened.page
    page.goto(site)
    page.get_by_role("link", name="Lesson 1:").click()
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=READY_MS)
    page.wait_for_function(KERNEL_IDLE, timeout=READY_MS)
    page.evaluate(RUN_ALL)
    cells = nbformat.read(LESSON, as_version=4).cells
    for index, cell in enumerate(cells):
        if cell.cell_type == "code":
            shown = opened.outputs(index)
            for output in shown:
                output.get("data", {}).pop(LIVE, None)
                output.pop("execution_count", None)
            expected = [{**output} for output in cell.outputs]
            for output in expected:
                output.pop("execution_count", None)
            assert shown == expected, cell.id
    opened.screenshot("lite")
    assert opened.foreign == []
    assert [url for url in asked if not url.startswith((site, "data:", "blob:"))] == []
    assert any("/smtp_nb-" in url for url in asked)
    context.close()


def test_the_front_page_is_accessible(browser: Browser, site: str, judges: Judges) -> None:
    page = browser.new_page()
    page.goto(site)
    assert barriers(page, judges.axe) == []
    assert page.get_by_role("link", name="Lesson").count() == 8
    page.close()
