"""Kernels of three generations in JupyterLab: a live trail, a merge stopped, one cancelled.

ipykernel 6 runs cells and messages on one thread. From 7.0 on Lab sends what a page says to a
subshell, a thread of its own; and once that has answered, Lab calls the kernel idle, though a cell
still runs. 7.0.1 is what images for Binder have. So these tests ask the cell, not the kernel.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from browser.lab import Lab, LabServer, Notebook
from environments import environment

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(1800)]

START = """%load_ext smtp_nb
%smtp server start
%smtp connect --from teacher@school.test
import pandas as pd
df = pd.DataFrame({"email": [f"p{n}@school.test" for n in range(500)]})"""
TEMPLATE = "%%smtp template hello\nSubject: Hello\n\nHello"
SLOW = "%smtp server fault slow --stage END"
MERGE = "%smtp merge df hello --send --yes 500 --name {name} --journal {name}.sqlite"
CELLS = [
    START,
    TEMPLATE,
    "%smtp trail",
    SLOW,
    MERGE.format(name="stopped"),
    f"job = {MERGE.format(name='cancelled')} --background",
    "_ = job.wait(60); job",
    "import ipykernel; ipykernel.__version__",
]
TRAIL, STOPPED, CANCELLED, WAIT, VERSION = 2, 4, 5, 6, 7


@pytest.fixture(scope="module", params=["==6.29.*", "==7.0.1", ""], ids=["6.29", "7.0.1", "newest"])
def kernel(
    request: pytest.FixtureRequest,
    lab_server: LabServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The name of a kernel that Lab offers, with its version, in an environment of its own."""
    programs = environment(tmp_path_factory.mktemp("kernel"), (f"ipykernel{request.param}",))
    ask = [programs / "python", "-c", "import ipykernel; print(ipykernel.__version__)"]
    asked = subprocess.run(ask, check=True, capture_output=True, text=True)
    name = f"kernel-{asked.stdout.strip()}"
    install = ["-m", "ipykernel", "install", "--name", name, "--prefix", lab_server.root / "share"]
    subprocess.run([programs / "python", *install], check=True, capture_output=True)
    found = lab_server.root / "share" / "share" / "jupyter" / "kernels" / name
    place = lab_server.root / ".data" / "kernels" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    found.rename(place)
    return name


@pytest.fixture
def notebook(lab: Lab, kernel: str, tmp_path: Path) -> Iterator[Notebook]:
    cells = [
        {"cell_type": "code", "id": f"c{n}", "source": source, "metadata": {}, "outputs": [],
         "execution_count": None}
        for n, source in enumerate(CELLS)
    ]  # fmt: skip
    path = tmp_path / "kernels.ipynb"
    spec = {"name": kernel, "display_name": kernel, "language": "python"}
    content = {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), encoding="utf-8")
    opened = lab.open_notebook(path)
    yield opened
    assert opened.foreign == []
    assert opened.errors == []
    opened.page.close()


def test_it_is_live_it_stops_and_it_is_cancelled(notebook: Notebook, kernel: str) -> None:
    for cell in (*range(STOPPED), VERSION):
        notebook.run(cell)
    assert notebook.text(VERSION) == f"'{kernel.removeprefix('kernel-')}'"
    box = notebook.output_area(TRAIL).locator(".smtpnb-box")
    assert_live(notebook, box)
    notebook.page.locator('.jp-NotebookPanel-toolbar [data-command*="interrupt"]').first.click()
    notebook.wait_until_run(STOPPED)
    said = notebook.output_area(STOPPED)
    lines = said.locator(".jp-RenderedText[data-mime-type*=stderr]").inner_text()
    assert len(lines.strip().splitlines()) <= 4
    assert "run again to resume" in lines
    expect(said.locator(".smtpnb-counts")).to_contain_text("stopped; run again to resume")
    notebook.run(CANCELLED)
    view = notebook.output_area(CANCELLED)
    expect(view.locator(".smtpnb-counts")).to_contain_text("ACCEPTED", timeout=20_000)
    view.get_by_role("button", name="Cancel").click()
    expect(view.locator(".smtpnb-counts")).to_contain_text("cancelled", timeout=20_000)
    notebook.run(WAIT)
    assert "cancelled" in notebook.text(WAIT)
    notebook.screenshot(kernel)


def assert_live(notebook: Notebook, box: Locator) -> None:
    """The trail grows while the cell that sends is still at work."""
    before = int(box.get_attribute("data-rows") or 0)
    notebook.run(STOPPED, wait=False)
    notebook.page.wait_for_function(
        """([cell, before]) => {
            const { model } = window.jupyterapp.shell.currentWidget.content.widgets[cell];
            const { rows } = document.querySelector(".smtpnb-trail .smtpnb-box").dataset;
            return model.executionState === "running" && +rows > before + 10;
        }""",
        arg=[STOPPED, before],
        timeout=180_000,
    )
