"""A day in the notebook, walked as a person does: in JupyterLab, by its buttons.

One notebook is lived in from the first message to the saved file; the quickstart is the other one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, Locator, expect

from browser.lab import SCREENSHOTS, Lab, LabServer, Notebook

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
FRAMES = """import pandas as pd
jan = pd.DataFrame({"email": ["ann@school.test", "left@school.test"], "points": [10, 20]})
feb = jan.assign(points=[50, 60])
many = pd.DataFrame({"email": [f"p{n}@school.test" for n in range(40)], "points": range(40)})"""
TEMPLATE = """%%smtp template monthly
Subject: Your points

You have {{ points }} points."""
SEND = "%smtp send --to {to} --subject Hello --text Hello"
CELLS = {
    "load": "%load_ext smtp_nb",
    "start": "%smtp server start --refuse left@school.test",
    "connect": "%smtp connect --from teacher@school.test",
    "trail": "%smtp trail",
    "frames": FRAMES,
    "template": TEMPLATE,
    "january": "%smtp merge jan monthly --send --yes 2 --journal monthly.smtp-merge.sqlite",
    "look": "%smtp merge feb monthly --journal monthly.smtp-merge.sqlite",
    "february": "%smtp merge feb monthly --send --yes 2 --journal monthly.smtp-merge.sqlite",
    "refused": SEND.format(to="ann@school.test --to left@school.test"),
    "doubt": "%smtp server fault drop_before_final_reply --times 1\n"
    + SEND.format(to="ann@school.test"),
    "explain": "%smtp explain",
    "nobody": "%smtp connect smtp://127.0.0.1:1",
    "status": "%smtp status",
    "send": SEND.format(to="bob@school.test"),
    "slow": "%smtp server fault slow --stage END",
    "many": "%smtp merge many monthly --name many --send --yes 40",
    # A server that has the message and takes its time.
    "mute": "from smtp_nb.sandbox import SandboxServer\nmute = SandboxServer().start()\n"
    'mute.inject("slow", stage="END", delay=600)\nurl = mute.url\n%smtp connect {{ url }}',
    "silent": "import socket\nsilent = socket.create_server(('127.0.0.1', 0))\n"
    'url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"\n%smtp connect {{ url }}',
    "results": "%smtp results monthly",
    "inbox": "%smtp server inbox",
    "ladder": "%smtp ladder",
}
# What the static form of each view says.
STATIC = {
    "trail": "SMTP conversation",
    "january": "0 sent: 2 were decided on",
    "results": "1 REFUSED",
    "inbox": "Hello",
    "ladder": "No such mailbox here",
}
NBCONVERT = "https://cdnjs.cloudflare.com/ajax/libs/"
PEOPLE = ("ann@", "bob@", "left@", "teacher@", "p1@")


class Walk:
    """A notebook whose cells are named by what they do."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.page = notebook.page

    def run(self, *names: str) -> None:
        for name in names:
            self.notebook.run(at(name))

    def begin(self, name: str) -> None:
        """Run a cell and come back while it runs."""
        self.notebook.run(at(name), wait=False)

    def stop(self) -> None:
        """Press the stop button of the toolbar, and wait until the cell has ended."""
        self.page.locator('.jp-NotebookPanel-toolbar [data-command*="interrupt"]').first.click()
        self.notebook.wait_until_idle()

    def view(self, name: str) -> Locator:
        return self.notebook.output_area(at(name))

    def text(self, name: str) -> str:
        return self.notebook.text(at(name))

    def error(self, name: str) -> list[str]:
        """The lines of the error below a cell, as a person sees them."""
        lines = self.view(name).locator(".jp-RenderedText[data-mime-type*=stderr]").inner_text()
        return lines.strip().splitlines()


def at(name: str) -> int:
    return list(CELLS).index(name)


@pytest.fixture(scope="module")
def walk(lab: Lab) -> Iterator[Walk]:
    notebook = lab.open_notebook(CELLS.values())
    notebook.page.set_default_timeout(10_000)
    walk = Walk(notebook)
    walk.run("load", "start", "connect", "trail", "frames", "template")
    yield walk
    assert notebook.foreign == []
    assert notebook.errors == []
    notebook.page.close()


def test_a_second_run_says_that_none_was_sent_and_why(walk: Walk) -> None:
    walk.run("january", "january")
    said = walk.view("january").locator(".smtpnb-counts")
    expect(said).to_contain_text("0 sent: 2 were decided on")
    expect(said).to_contain_text("another --name sends to them again")
    assert said.inner_text().startswith("0 sent")
    expect(walk.view("january").locator(".smtpnb-list .smtpnb-row").first).to_contain_text("left@")


def test_new_data_under_an_old_name_is_not_sent_and_said_to_differ(walk: Walk) -> None:
    walk.run("january", "look", "february")
    expect(walk.view("look")).to_contain_text("0 messages would be sent")
    expect(walk.view("look")).to_contain_text("Nothing will be sent")
    expect(walk.view("look")).to_contain_text("their values were changed")
    first, second, _ = walk.error("february")
    assert "TemplateChanged: nothing was sent" in first
    assert "Give another --name to send to all" in second


def test_one_refused_of_two_is_told_with_the_other_who_got_nothing_either(walk: Walk) -> None:
    walk.run("connect", "refused")
    first, second, third, _ = walk.error("refused")
    assert "1 other recipient got nothing either" in first
    assert "a…@school.test NOT_SENT, l…@school.test REFUSED" in second
    assert "What to do" in third


def test_doubt_is_said_first_and_explained_afterwards(walk: Walk) -> None:
    walk.run("connect", "doubt", "explain")
    first, second, third, _ = walk.error("doubt")
    assert first.startswith("ConnectionClosed: it is not known whether the message was accepted")
    assert "a…@school.test UNKNOWN" in second
    assert "Ask a recipient" in third
    heading = walk.view("explain").locator(".smtpnb").first
    expect(heading).to_contain_text("it may have been delivered")


def test_a_failed_connect_changes_nothing(walk: Walk) -> None:
    walk.run("connect", "nobody", "status", "send")
    assert len(walk.error("nobody")) <= 4
    expect(walk.view("status")).to_contain_text("Connected")
    expect(walk.view("status")).to_contain_text("could not connect to 127.0.0.1:1")
    expect(walk.view("send")).to_contain_text("ACCEPTED")


def test_a_stopped_merge_ends_short_and_says_how_to_resume(walk: Walk) -> None:
    walk.run("connect", "slow")
    walk.begin("many")
    said = walk.view("many").locator(".smtpnb-counts")
    expect(said).to_contain_text("ACCEPTED", timeout=20_000)
    walk.stop()
    lines = walk.error("many")
    assert len(lines) <= 4
    assert "of 40 messages of this run are decided; run again to resume" in lines[0]
    expect(said).to_contain_text("stopped; run again to resume")
    expect(walk.view("many").get_by_role("button", name="Pause")).to_have_count(0)
    walk.notebook.screenshot("walk-stopped-merge")


def test_a_stopped_send_says_that_it_may_have_been_delivered(walk: Walk) -> None:
    walk.run("mute")
    walk.begin("send")
    trail = walk.view("trail").locator(".smtpnb-list")
    last = trail.locator(".smtpnb-row").last
    expect(last).to_contain_text("waiting for", timeout=20_000)
    walk.stop()
    lines = walk.error("send")
    assert len(lines) <= 4
    assert lines[0].startswith("KeyboardInterrupt: stopped; it is not known whether the message")
    assert "b…@school.test UNKNOWN" in lines[1]
    expect(last).to_contain_text("disconnected")


def test_a_stopped_connect_says_what_it_waited_for_and_keeps_the_session(walk: Walk) -> None:
    walk.run("connect")
    walk.begin("silent")
    waiting = walk.view("silent").get_by_text("waiting for the banner of 127.0.0.1")
    expect(waiting).to_be_visible(timeout=20_000)
    expect(waiting).to_contain_text("the stop button ends it")
    walk.stop()
    assert len(walk.error("silent")) <= 4
    expect(waiting).to_have_count(0)
    walk.run("status", "send")
    expect(walk.view("status")).to_contain_text("the sandbox")
    expect(walk.view("send")).to_contain_text("ACCEPTED")


@pytest.fixture(scope="module")
def saved(walk: Walk) -> Path:
    """The file after a day: every view, then another kernel that knows only the folder."""
    walk.run("start", "connect", "template", "january", "refused", "send", "inbox", "ladder")
    walk.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    walk.notebook.wait_for_kernel()
    walk.run("load", "results")
    walk.notebook.save()
    return walk.notebook.path


def test_results_are_there_after_a_restart_of_the_kernel(walk: Walk, saved: Path) -> None:
    view = walk.view("results")
    expect(view.locator(".smtpnb-list .smtpnb-row").first).to_contain_text("left@school.test")
    expect(view).to_contain_text("1 REFUSED")
    walk.notebook.screenshot("walk-after-restart")


def test_the_saved_file_holds_no_widget_and_no_recipient(saved: Path) -> None:
    content = json.loads(saved.read_text(encoding="utf-8"))
    assert "widgets" not in content["metadata"]
    outputs = json.dumps([cell["outputs"] for cell in content["cells"]])
    assert [name for name in PEOPLE if f"{name}school" in outputs] == []


def test_the_file_is_read_in_lab_without_a_kernel_and_without_trust(lab: Lab, saved: Path) -> None:
    notebook = lab.open_without_kernel(saved)
    for name, words in STATIC.items():
        area = notebook.output_area(at(name))
        area.scroll_into_view_if_needed()
        expect(area).to_contain_text(words)
        area.screenshot(path=SCREENSHOTS / f"walk-reopened-{name}.png")
    # Lab drops the tags of a picture there; the words that are left stand one step a line.
    words = notebook.output_area(at("ladder")).locator("pre").inner_text()
    assert [line for line in words.splitlines() if line.count("Sender ok") > 2] == []
    assert notebook.foreign == []
    assert notebook.errors == []
    notebook.page.close()


def test_the_file_is_read_through_nbconvert(browser: Browser, saved: Path, tmp_path: Path) -> None:
    exporter = HTMLExporter()  # type: ignore[no-untyped-call]  # nbconvert's
    html, _ = exporter.from_filename(str(saved))
    place = tmp_path / "saved.html"
    place.write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": 1000, "height": 1200})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("https://**", lambda route: route.abort())
    page.goto(place.as_uri())
    for words in STATIC.values():
        expect(page.locator("body")).to_contain_text(words)
    expect(page.locator("svg[role=img]").first).to_be_visible()
    # nbconvert's own page asks for MathJax and require.js.
    foreign = [url for url in asked if not url.startswith(("file:", "data:"))]
    assert [url for url in foreign if not url.startswith(NBCONVERT)] == []
    page.screenshot(path=SCREENSHOTS / "walk-nbconvert.png", full_page=True)
    page.close()


def test_the_quickstart_makes_sense_a_second_time(lab: Lab, lab_server: LabServer) -> None:
    shutil.copytree(NOTEBOOKS / "data", lab_server.root / "data", dirs_exist_ok=True)
    notebook = lab.open_notebook(NOTEBOOKS / "quickstart.ipynb")
    path = NOTEBOOKS / "quickstart.ipynb"
    cells = nbformat.read(path, as_version=4).cells  # type: ignore[no-untyped-call]  # nbformat's
    (again,) = (
        n for n, cell in enumerate(cells) if cell.source.startswith("%smtp merge")
        and "Run it again" in cells[n - 1].source
    )  # fmt: skip
    (inbox,) = (n for n, cell in enumerate(cells) if cell.source == "%smtp server inbox")
    for _ in range(2):
        notebook.page.evaluate(
            "async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
        )
        outputs = [notebook.outputs(n) for n, cell in enumerate(cells) if cell.cell_type == "code"]
        assert [o for found in outputs for o in found if o["output_type"] == "error"] == []
        expect(notebook.output_area(again)).to_contain_text("0 messages would be sent")
        expect(notebook.output_area(again)).to_contain_text("were decided on")
        expect(notebook.output_area(inbox)).to_contain_text("57 messages")
        expect(notebook.output_area(inbox).locator("tbody tr").first).to_be_visible()
    notebook.screenshot("walk-quickstart-twice")
    assert notebook.foreign == []
    assert notebook.errors == []
    notebook.page.close()
