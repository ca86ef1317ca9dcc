"""The views of a merge and of an inbox in JupyterLab, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from browser.lab import OUTPUTS, SCREENSHOTS, Lab, Notebook

pytestmark = pytest.mark.browser
Open = Callable[..., Notebook]

START = """%load_ext smtp_nb
%smtp server start
%smtp connect --from teacher@school.test -o session"""
MERGE = """%%smtp template hello
Subject: Hello

Hello {{ name }}"""
FRAME = """import pandas as pd
df = pd.DataFrame({"name": range(1000), "email": [f"p{n}@school.test" for n in range(1000)]})
%smtp server fault slow --stage END"""
SEND = "job = %smtp merge df hello --send --yes 1000 --background --journal cancel.sqlite"
HOSTILE = """%%smtp send --to ann@school.test --html --subject "<img src=x onerror=hacked()>"
<h1>Dear Ann</h1>
<script>document.body.dataset.ran = 1</script>
<img src="http://127.0.0.1:1/pixel.png"><a href="http://example.org" target="_top">x</a>
<style>@import "http://127.0.0.1:1/x.css"; h1 { color: rgb(1, 2, 3) }</style>"""


@pytest.fixture
def opened(lab: Lab) -> Iterator[Open]:
    """Opens notebooks; at the end nothing was fetched from elsewhere."""
    notebooks: list[Notebook] = []

    def open_notebook(*cells: str) -> Notebook:
        notebooks.append(lab.open_notebook(cells))
        for cell in range(len(cells) - 1):
            notebooks[-1].run(cell)
        return notebooks[-1]

    yield open_notebook
    for notebook in notebooks:
        assert notebook.foreign == []
        notebook.page.close()


def test_a_merge_in_the_background_is_paused_and_cancelled_with_buttons(opened: Open) -> None:
    notebook = opened(START, MERGE, FRAME, SEND, "job.wait(30); job")
    view = notebook.output_area(3)
    bar = view.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuemax", "1000")
    view.get_by_role("button", name="Pause").click()
    expect(view.locator(".smtpnb-counts")).to_contain_text("paused")
    view.get_by_role("button", name="Resume").click()
    expect(view.get_by_role("button", name="Pause")).to_be_visible()
    notebook.screenshot("merge-in-background")
    view.get_by_role("button", name="Cancel").click()
    expect(view.locator(".smtpnb-counts")).to_contain_text("cancelled")
    notebook.run(4)
    assert "cancelled" in notebook.text(4)
    assert int(bar.get_attribute("aria-valuenow") or 1000) < 1000
    assert notebook.errors == []


def test_while_a_cell_blocks_the_buttons_do_not_pretend(opened: Open) -> None:
    send = "r = %smtp merge df hello --send --yes 4 --limit 4 --journal block.sqlite"
    notebook = opened(START, MERGE, FRAME, send)
    notebook.run(3, wait=False)
    view = notebook.output_area(3)
    expect(view.get_by_role("button", name="Cancel")).to_be_disabled(timeout=20_000)
    expect(view.locator(".smtpnb-hint")).to_contain_text("stop button")
    notebook.wait_until_idle()
    expect(view.locator(".smtpnb-counts")).to_contain_text("4 of 4", timeout=20_000)
    expect(view.get_by_role("button", name="Cancel")).to_have_count(0)


def test_a_message_is_shown_behind_glass(opened: Open) -> None:
    notebook = opened(START, HOSTILE, "%smtp server inbox", "1")
    view = notebook.output_area(2)
    view.get_by_role("button", name="<img src=x").click()
    frame = view.frame_locator("iframe")
    expect(frame.locator("h1")).to_have_text("Dear Ann")
    assert frame.locator("h1").evaluate("h => getComputedStyle(h).color") == "rgb(1, 2, 3)"
    assert view.locator("iframe").get_attribute("sandbox") == ""
    assert frame.locator("body").get_attribute("data-ran") is None
    assert view.locator(".smtpnb-inbox img").count() == 0
    expect(view).to_contain_text("RCPT TO")
    expect(view).to_contain_text("<ann@school.test>")
    notebook.screenshot("inbox")


def test_the_inbox_follows_the_cells(opened: Open) -> None:
    send = "%smtp send --to ann@school.test --subject Second --text x"
    notebook = opened(START, "%smtp server inbox", send, "1")
    expect(notebook.output_area(1).get_by_role("button", name="Second")).to_be_visible()
    (output,) = notebook.outputs(1)
    assert "Second" in str(output["data"]["text/html"])
    assert "ann@" not in str(output["data"])


# The sending cell waits for the test before each of its messages.
HOLD = """import time
from pathlib import Path
for subject in ("Second", "Third"):
    while not Path("let-" + subject).exists():
        time.sleep(0.02)
    %smtp send --to ann@school.test --subject {{ subject }} --text x
"""


def test_inbox_and_conversation_go_on_while_a_later_cell_still_sends(opened: Open) -> None:
    first = "%smtp send --to ann@school.test --subject First --text x"
    notebook = opened(START, first, "%smtp server inbox", HOLD)
    view = notebook.output_area(2)
    view.get_by_role("button", name="First").click()
    view.get_by_text("The conversation that brought it").click()
    talk = view.locator(".smtpnb-talk")
    expect(talk).to_contain_text("queued as")
    notebook.run(3, wait=False)
    view.get_by_role("button", name="First").focus()
    (notebook.path.parent / "let-Second").touch()
    expect(view.get_by_role("button", name="Second")).to_be_visible()
    expect(talk).to_contain_text("exchanges about other messages")
    expect(view.get_by_role("button", name="First")).to_be_focused()
    (notebook.path.parent / "let-Third").touch()
    notebook.wait_until_idle()
    expect(view.locator("tbody tr").first).to_contain_text("Third")
    # What is saved was published again, in a new view: what was open is open.
    expect(talk).to_contain_text("queued as")
    expect(view.locator(".smtpnb-chosen")).to_contain_text("First")
    assert notebook.errors == []


def test_an_inbox_is_searched_walked_through_and_cleared(opened: Open) -> None:
    lines = "\n".join(
        f"%smtp send --to ann@school.test --subject {subject} --text x --attach-var text"
        for subject in ("First", "Second", "Third")
    )
    notebook = opened(START, "text = 'abc'", lines, "%smtp server inbox", "1")
    view = notebook.output_area(3)
    rows = view.locator("tbody tr")
    expect(rows.first).to_contain_text("Third")
    view.get_by_role("button", name="Third").focus()
    view.get_by_role("button", name="Third").press("ArrowDown")
    expect(view.get_by_role("button", name="Second")).to_be_focused()
    view.get_by_role("searchbox").fill("fir ann")
    expect(rows).to_have_count(1)
    expect(view.get_by_role("status")).to_have_text("1 of 3 messages")
    view.get_by_role("button", name="First").click()
    with notebook.page.expect_download() as download:
        view.get_by_role("button", name="text.txt, 3 bytes").click()
    assert download.value.suggested_filename == "text.txt"
    assert download.value.path().read_text() == "abc"
    view.get_by_role("button", name="Clear").click()
    keep = view.get_by_role("button", name="Keep")
    expect(keep).to_be_focused()
    keep.press("Escape")
    expect(view.get_by_role("button", name="Clear")).to_be_focused()
    view.get_by_role("button", name="Clear").click()
    expect(view.get_by_role("group", name="Forget 3 messages?")).to_be_visible()
    view.get_by_role("group", name="Forget").get_by_role("button", name="Clear").click()
    expect(view.get_by_role("status")).to_have_text("0 of 0 messages")
    assert notebook.errors == []


def test_a_card_shows_addresses_live_and_masks_what_is_saved(opened: Open) -> None:
    notebook = opened(START, "%smtp send --to ann@school.test --subject Hello --text x", "1")
    expect(notebook.output_area(1)).to_contain_text("ann@school.test")
    (output,) = notebook.outputs(1)
    assert "ann@" not in str(output["data"])
    assert "a…@school.test" in str(output["data"]["text/html"])
    assert notebook.errors == []


REFUSED = """import pandas as pd
df = pd.DataFrame({"name": range(600), "email": [f"p{n}@school.test" for n in range(600)]})
%smtp server fault refuse --to *99@*"""
SENT = "r = %smtp merge df hello --send --yes 600"


CLICK_THEN_END = """(button, box) => {
    button.click();
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true }));
}"""


def test_a_merge_ends_as_results_to_sort_and_to_search(opened: Open) -> None:
    notebook = opened(START, MERGE, REFUSED, SENT, "%smtp results", "df.loc[0, 'name']")
    for cell in (3, 4):
        view = notebook.output_area(cell)
        rows = view.locator(".smtpnb-list .smtpnb-row")
        expect(rows.first).to_contain_text("p99@school.test")
        expect(rows.first).to_contain_text("REFUSED")
        assert rows.count() < 40  # of six hundred, those in sight
        view.locator(".smtpnb-results").last.screenshot(path=SCREENSHOTS / "results-of-a-merge.png")
        by_row = view.get_by_role("columnheader", name="Row")
        expect(by_row).to_have_attribute("aria-sort", "none")
        by_row.get_by_role("button").press("Enter")
        expect(by_row).to_have_attribute("aria-sort", "ascending")
        expect(rows.first).to_contain_text("p0@school.test")
        by_row.get_by_role("button").press("Enter")
        expect(by_row).to_have_attribute("aria-sort", "descending")
        expect(rows.first).to_contain_text("p599@school.test")
        view.get_by_role("searchbox", name="Search recipients").fill("p123 accepted")
        expect(rows).to_have_count(1)
        expect(view.locator(".smtpnb-found")).to_have_text("1 of 600 recipients")
        view.get_by_role("searchbox").fill("")
        view.get_by_role("button", name="6 REFUSED").click()
        expect(rows).to_have_count(6)
        box = view.locator(".smtpnb-results .smtpnb-box")
        box.press("Home")
        expect(view.locator(".smtpnb-results .smtpnb-detail")).to_contain_text("No such mailbox")
        box.press("ArrowDown")
        expect(view.locator("[aria-current]")).to_contain_text("p499@school.test")
        # Quicker than a frame is drawn: the key is for all rows again.
        view.get_by_role("button", name="6 REFUSED").evaluate(CLICK_THEN_END, box.element_handle())
        expect(rows.last).to_contain_text("p0@school.test")  # the order is still by row, downwards
    notebook.screenshot("results")
    saved = str([notebook.outputs(cell) for cell in (3, 4)])
    assert "p99@" not in saved
    assert "6 REFUSED" in saved
    assert notebook.errors == []


def test_a_message_is_seen_on_a_phone_and_a_desk_and_with_its_conversation(opened: Open) -> None:
    letter = "%%smtp send --to ann@school.test --subject Hello --html\n<h1>Dear Ann</h1>"
    notebook = opened(START, letter, "%smtp server inbox", "1")
    view = notebook.output_area(2)
    view.get_by_role("button", name="Hello").click()
    frame = view.locator("iframe")
    for name, width in (("Phone", 375), ("Desktop", 1280)):
        chosen = view.get_by_role("button", name=name, exact=True)
        chosen.click()
        expect(chosen).to_have_attribute("aria-pressed", "true")
        assert frame.evaluate("frame => frame.clientWidth") == width - 2  # its border
        shown = frame.evaluate("f => f.getBoundingClientRect().right")
        assert shown <= view.evaluate("area => area.getBoundingClientRect().right")
    view.get_by_text("The conversation that brought it").click()
    talk = view.locator(".smtpnb-talk")
    expect(talk).to_contain_text("C: MAIL FROM:<teacher@school.test>")
    expect(talk).to_contain_text("queued as")
    lanes = [
        talk.locator(f".smtpnb-{who}").first.evaluate("e => e.getBoundingClientRect().left")
        for who in ("client", "server")
    ]
    assert lanes[0] < lanes[1]
    notebook.screenshot("inbox-conversation")
    assert notebook.errors == []


def test_a_stopped_merge_shows_how_it_ended_and_what_is_left(opened: Open) -> None:
    send = "r = %smtp merge df hello --send --yes 1000 --journal stop.sqlite"
    notebook = opened(START, MERGE, FRAME, send)
    notebook.run(3, wait=False)
    view = notebook.output_area(3)
    expect(view.locator(".smtpnb-counts")).to_contain_text("ACCEPTED", timeout=20_000)
    notebook.page.evaluate("window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
    notebook.wait_until_idle()
    expect(view.locator(".smtpnb-counts")).to_contain_text("stopped; run again to resume")
    expect(view.locator(".smtpnb-title")).to_contain_text("of 1,000 recipients")
    expect(view.get_by_role("button", name="NOT_SENT")).to_be_visible()
    expect(view.get_by_role("button", name="Pause")).to_have_count(0)
    notebook.page.wait_for_function(
        f"index => JSON.stringify(({OUTPUTS})(index)).includes('stopped; run again to resume')",
        arg=3,
    )
