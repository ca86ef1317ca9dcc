"""The fixtures `browser`, a Chromium, and `lab`, JupyterLab in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from browser.lab import Lab, LabServer
from components import require


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    server = LabServer(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for the tests of one file.

    Playwright keeps an event loop running in this thread for as long as it lives, so it must be
    gone before other files use asyncio.
    """
    chromium = require("chromium")["chromium"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lab(browser: Browser, lab_server: LabServer) -> Lab:
    """JupyterLab in that browser."""
    return Lab(lab_server, browser)
