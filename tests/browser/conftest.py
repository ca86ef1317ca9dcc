"""The fixture `lab`: JupyterLab in Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import sync_playwright

from browser.lab import Lab, LabServer
from components import require


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    server = LabServer(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A browser for the tests of one file.

    Playwright keeps an event loop running in this thread for as long as it lives, so it must be
    gone before other files use asyncio.
    """
    chromium = require("chromium")["chromium"]
    server = request.getfixturevalue("lab_server")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        yield Lab(server, browser)
        browser.close()
