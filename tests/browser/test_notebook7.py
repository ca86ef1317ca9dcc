"""The quickstart in Notebook 7: its views are live, and its stop button stops."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, expect

from browser.lab import Lab, LabServer, Notebook

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
TRAIL = 3  # the cell
EXTRA = [
    "%smtp server fault slow --stage END",
    "%smtp merge results result --name again --to email --send --yes 57 --skip-invalid",
]
# Notebook's own, on every page.
ITS_OWN = "Cannot read properties of undefined (reading 'schema')"


def quickstart() -> list[str]:
    """Its cells, with a live trail, and a merge that takes its time instead of the end."""
    path = NOTEBOOKS / "quickstart.ipynb"
    read = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat's
    cells = [cell.source for cell in read.cells if cell.cell_type == "code"]
    assert cells[TRAIL - 1].startswith("%smtp connect")
    assert cells[-1] == "%smtp server stop"
    return [*cells[:TRAIL], "%smtp trail", *cells[TRAIL:-1], *EXTRA]


@pytest.fixture
def notebook(browser: Browser, tmp_path: Path) -> Iterator[Notebook]:
    shutil.copytree(NOTEBOOKS / "data", tmp_path / "data")
    server = LabServer(tmp_path, "notebook")
    opened = Lab(server, browser).open_notebook(quickstart())
    yield opened
    opened.page.close()
    server.stop()


def test_the_quickstart_lives_and_stops_in_notebook_7(notebook: Notebook) -> None:
    count = len(quickstart())
    for index in range(count - 1):
        notebook.run(index)
        assert [o for o in notebook.outputs(index) if o["output_type"] == "error"] == []
    box = notebook.output_area(TRAIL).locator(".smtpnb-box")
    expect(box.locator(".smtpnb-list .smtpnb-row").last).to_be_visible()
    expect(notebook.output_area(count - 3).locator(".smtpnb-inbox tbody tr").first).to_be_visible()
    before = int(box.get_attribute("data-rows") or 0)
    notebook.run(count - 1, wait=False)
    notebook.page.wait_for_function(
        "before => +document.querySelector('.smtpnb-trail .smtpnb-box').dataset.rows > before",
        arg=before,
    )
    stop = notebook.page.locator('.jp-NotebookPanel-toolbar [data-command*="interrupt"]').first
    stop.click()
    notebook.wait_until_idle()
    said = notebook.output_area(count - 1)
    lines = said.locator(".jp-RenderedText[data-mime-type*=stderr]").inner_text()
    assert len(lines.strip().splitlines()) <= 4
    assert "run again to resume" in lines
    expect(said.locator(".smtpnb-counts")).to_contain_text("stopped")
    notebook.screenshot("notebook7")
    assert set(notebook.errors) <= {ITS_OWN}
    assert notebook.foreign == []
