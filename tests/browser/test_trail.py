"""The live trail in JupyterLab, in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect

from browser.lab import Lab, Notebook

pytestmark = pytest.mark.browser

START = """%load_ext smtp_nb
%smtp server start --tls starttls --auth teacher --refuse left@school.test -o server
%smtp connect --from teacher@school.test -o session"""
# The sending cell stops in the middle until the test lets it go on.
SEND = """import time
from pathlib import Path

def hold(event):
    while event.message.startswith("RCPT TO:<ann") and not Path("{word}").exists():
        time.sleep(0.02)

session.about.on_pi_trail += hold
session.about.config("StopOnToErrors=False")
%smtp send --to ann@school.test --to left@school.test --subject Hello --text Hello"""
FEED = """from smtp_nb.widgets import TrailView
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.enums import TrailDirection as D
view = TrailView()
def say(direction, text, **facts):
    view(PITrailEvent(direction, text, **facts))
"""
HOSTILE = (
    FEED
    + r"""
say(D.SERVER, "220 <img src=x onerror=\"window.hacked = 1\"><script>window.hacked = 1</script>")
say(D.SERVER, "220 \x1b[2J\u202egnp.exe \x00")
view"""
)
FLOOD = (
    FEED
    + """
view"""
)
FLOOD_GO = """for n in range(0, 100_000, 2):
    say(D.SERVER, f"250 ok {n}", seconds=n / 1000)
    say(D.CLIENT, f"NOOP {n + 1}", seconds=n / 1000)"""
Open = Callable[..., Notebook]


@pytest.fixture
def opened(lab: Lab) -> Iterator[Open]:
    """Opens notebooks; at the end nothing may have gone wrong in them, or been fetched."""
    notebooks: list[Notebook] = []

    def open_notebook(*cells: str) -> Notebook:
        notebooks.append(lab.open_notebook(cells))
        return notebooks[-1]

    yield open_notebook
    for notebook in notebooks:
        assert notebook.foreign == []
        assert notebook.errors == []
        notebook.page.close()


def rows(notebook: Notebook, cell: int, words: str = "") -> Locator:
    found = notebook.output_area(cell).locator(".smtpnb-list .smtpnb-row:not(.smtpnb-begins)")
    return found.filter(has_text=words) if words else found


def box(notebook: Notebook, cell: int) -> Locator:
    return notebook.output_area(cell).locator(".smtpnb-box")


def count(notebook: Notebook, cell: int) -> int:
    return int(box(notebook, cell).get_attribute("data-rows") or 0)


def is_busy(notebook: Notebook) -> bool:
    return bool(
        notebook.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status"
            " === 'busy'"
        )
    )


def a_session(opened: Open, word: str) -> Notebook:
    """A notebook with a trail in cell 1 and a sending cell 2 that waits for the file `word`."""
    notebook = opened(START, "%smtp trail", SEND.format(word=word), "%smtp status")
    notebook.run(0)
    assert notebook.outputs(0) == []
    notebook.run(1)
    expect(rows(notebook, 1, "220 sandbox.test")).to_be_visible(timeout=20_000)
    return notebook


def let_go(notebook: Notebook, word: str) -> None:
    (notebook.path.parent / word).touch()
    notebook.wait_until_idle()


def test_the_trail_grows_while_the_sending_cell_still_runs(opened: Open) -> None:
    notebook = a_session(opened, "grow")
    notebook.run(2, wait=False)
    expect(rows(notebook, 1, "RCPT TO:<ann@school.test>")).to_be_visible(timeout=20_000)
    assert is_busy(notebook)
    assert rows(notebook, 1, "Recipient ok").count() == 0
    before = count(notebook, 1)
    notebook.screenshot("trail-while-sending")
    let_go(notebook, "grow")
    expect(rows(notebook, 1, "Ok: queued as")).to_be_visible()
    assert count(notebook, 1) > before
    rows(notebook, 1, "550 5.1.1").click()
    detail = notebook.output_area(1).locator(".smtpnb-detail")
    expect(detail).to_contain_text("The mailbox does not exist there")
    notebook.screenshot("trail")


def test_a_reload_brings_every_row_back_and_none_twice(opened: Open) -> None:
    notebook = a_session(opened, "reload")
    (notebook.path.parent / "reload").touch()
    notebook.run(2)
    expect(rows(notebook, 1, "Ok: queued as")).to_be_visible()
    lines = count(notebook, 1)
    notebook.save()
    notebook.page.reload()
    notebook.wait_for_kernel()
    expect(rows(notebook, 1, "Ok: queued as")).to_be_visible(timeout=20_000)
    assert count(notebook, 1) == lines
    notebook.run(3)
    assert count(notebook, 1) == lines


def test_a_second_view_shows_the_same_rows_once(opened: Open) -> None:
    notebook = opened(START, "%smtp trail", "%smtp trail")
    for cell in range(3):
        notebook.run(cell)
    expect(rows(notebook, 2, "220 sandbox.test")).to_be_visible(timeout=20_000)
    assert count(notebook, 1) == count(notebook, 2)


def test_what_a_person_chose_outlasts_the_cells_that_follow(opened: Open) -> None:
    notebook = opened(START, "%smtp trail", "%smtp command NOOP")
    notebook.run(0)
    notebook.run(1)
    expect(rows(notebook, 1, "220 sandbox.test")).to_be_visible(timeout=20_000)
    area = notebook.output_area(1)
    area.get_by_role("searchbox").fill("sandbox")
    area.get_by_role("button", name="As sent").click()
    rows(notebook, 1, "220 sandbox.test").click()
    expect(area.locator(".smtpnb-detail")).to_contain_text("What may come next")
    before = count(notebook, 1)
    notebook.run(2)  # then what is saved changes, and Lab draws a new view
    notebook.page.wait_for_function(
        "before => +document.querySelector('.smtpnb-box').dataset.rows > before", arg=before
    )
    expect(area.get_by_role("searchbox")).to_have_value("sandbox")
    expect(area.get_by_role("button", name="As sent")).to_have_attribute("aria-pressed", "true")
    expect(area.locator(".smtpnb-current")).to_contain_text("220 sandbox.test")
    expect(area.locator(".smtpnb-detail")).to_contain_text("What may come next")


def test_what_is_saved_is_whole_masked_and_static(opened: Open) -> None:
    notebook = a_session(opened, "saved")
    (notebook.path.parent / "saved").touch()
    notebook.run(2)
    expect(rows(notebook, 1, "Ok: queued as")).to_be_visible()
    saved = notebook.save()
    (trail,) = saved["cells"][1]["outputs"]
    html = "".join(trail["data"]["text/html"])
    text = "".join(trail["data"]["text/plain"])
    for form in (html, text):
        assert "a…@school.test" in form
        assert "ann@" not in form
    assert "221" not in text  # the session is still open
    assert "RCPT TO" in html
    outputs = json.dumps([cell["outputs"] for cell in saved["cells"]])
    assert "ann@school.test" not in outputs
    assert "<script" not in outputs
    assert "http://" not in outputs
    assert "https://" not in outputs


def test_the_keyboard_walks_folds_and_explains(opened: Open) -> None:
    notebook = opened(START, "%smtp trail")
    notebook.run(0)
    notebook.run(1)
    expect(rows(notebook, 1, "220 sandbox.test")).to_be_visible(timeout=20_000)
    area = box(notebook, 1)
    area.focus()
    press = notebook.page.keyboard.press
    current = notebook.output_area(1).locator(".smtpnb-current")
    status = notebook.output_area(1).locator(".smtpnb-status")
    press("Home")
    expect(current).to_contain_text("Remote host")
    press("ArrowDown")
    expect(current).to_contain_text("220 sandbox.test")
    expect(status).to_contain_text("Line 3 of")
    expect(status).to_contain_text("Server, in clear: 220 sandbox.test")
    press("ArrowDown")
    expect(current).to_contain_text("EHLO")
    press("ArrowDown")
    expect(current).to_contain_text("more lines")
    before = int(current.get_attribute("aria-setsize") or 0)
    press("Enter")
    expect(rows(notebook, 1, "250-PIPELINING").first).to_be_visible()
    assert int(current.get_attribute("aria-setsize") or 0) > before
    press("Enter")
    press("End")
    expect(current).to_contain_text("235")
    expect(status).to_contain_text("The login succeeded")
    press("ArrowUp")
    expect(current).to_contain_text("AUTH PLAIN")
    press("Escape")
    expect(current).to_have_count(0)
    assert notebook.page.locator(".jp-Notebook.jp-mod-commandMode").count() == 1


def test_the_meaning_comes_first_and_each_line_of_a_reply_has_its_own(opened: Open) -> None:
    notebook = opened(START, "%smtp trail")
    notebook.run(0)
    notebook.run(1)
    expect(rows(notebook, 1, "220 sandbox.test")).to_be_visible(timeout=20_000)
    rows(notebook, 1, "more lines").first.click()
    detail = notebook.output_area(1).locator(".smtpnb-detail")
    meaning = detail.locator("dt", has_text="250-PIPELINING").locator("+ dd")
    expect(meaning).to_contain_text("The client may send several commands at once")
    title, box = detail.locator(".smtpnb-title"), detail.bounding_box()
    where = title.bounding_box()
    assert where is not None
    assert box is not None
    assert box["y"] <= where["y"] < box["y"] + box["height"]


def test_sessions_have_heads_and_words_are_found(opened: Open) -> None:
    notebook = opened(START, "%smtp trail", "%smtp disconnect", "%smtp connect")
    for cell in range(4):
        notebook.run(cell)
    heads = notebook.output_area(1).locator(".smtpnb-begins")
    expect(heads.last).to_contain_text("Session 2 · sandbox.test")
    box(notebook, 1).focus()
    notebook.page.keyboard.press("Home")  # and so it follows the newest line no longer
    expect(heads.first).to_contain_text("Session 1 · sandbox.test")
    search = notebook.output_area(1).get_by_role("searchbox")
    search.fill("starttls")
    expect(heads).to_have_count(0)
    found = rows(notebook, 1)
    expect(found).to_have_count(4)
    search.fill("")
    expect(heads.first).to_be_visible()
    notebook.output_area(1).get_by_role("button", name="Refusals").click()
    expect(found).to_have_count(0)


def test_a_screen_reader_finds_a_log_with_words_for_the_speakers(opened: Open) -> None:
    notebook = opened(START, "%smtp trail")
    notebook.run(0)
    notebook.run(1)
    expect(rows(notebook, 1, "220 sandbox.test")).to_be_visible(timeout=20_000)
    tree = notebook.output_area(1).locator(".smtpnb-trail").aria_snapshot()
    assert 'log "SMTP conversation"' in tree
    assert "S: 220 sandbox.test" in tree
    assert "C: EHLO" in tree
    assert 'button "Follow" [pressed]' in tree
    assert box(notebook, 1).get_attribute("aria-live") == "off"
    expect(notebook.output_area(1).get_by_role("status")).to_contain_text("round trips")


def test_pipelined_lines_stand_in_one_bracket(opened: Open) -> None:
    notebook = a_session(opened, "bracket")
    (notebook.path.parent / "bracket").touch()
    notebook.run(2)
    expect(rows(notebook, 1, "Ok: queued as")).to_be_visible()
    group = notebook.output_area(1).locator(".smtpnb-row.smtpnb-group")
    assert [text.strip() for text in group.locator("bdi").all_inner_texts()][:3] == [
        group.locator("bdi").nth(0).inner_text(),
        "RCPT TO:<ann@school.test>",
        "RCPT TO:<left@school.test>",
    ]
    assert "MAIL FROM:" in group.first.inner_text()


def test_hostile_server_text_is_inert(opened: Open) -> None:
    notebook = opened(HOSTILE)
    notebook.run(0)
    expect(rows(notebook, 0)).to_have_count(2)
    shown = rows(notebook, 0).all_inner_texts()
    assert '<img src=x onerror="window.hacked = 1"><script>' in shown[0]
    assert r"\x1b[2J\u202egnp.exe \x00" in shown[1]
    rows(notebook, 0).first.click()
    assert notebook.output_area(0).locator(".smtpnb-trail :is(img, script)").count() == 0
    assert notebook.page.evaluate("() => window.hacked") is None


@pytest.mark.long
def test_a_hundred_thousand_lines_scroll(opened: Open) -> None:
    notebook = opened(FLOOD, FLOOD_GO)
    notebook.run(0)
    expect(notebook.output_area(0).locator(".smtpnb-box")).to_be_visible()
    notebook.run(1)
    notebook.page.wait_for_function(
        "() => +document.querySelector('.smtpnb-box').dataset.rows === 100000", timeout=60_000
    )
    assert rows(notebook, 0).count() < 40
    expect(rows(notebook, 0, "NOOP 99999")).to_be_visible()
    area = box(notebook, 0)
    area.focus()
    notebook.page.keyboard.press("Home")
    expect(rows(notebook, 0, "250 ok 0")).to_be_visible()
    # A frame takes far less than a tenth of a second, or scrolling would stutter.
    frames = notebook.page.evaluate(
        """async () => {
            const box = document.querySelector('.smtpnb-box');
            const frame = () => new Promise(requestAnimationFrame);
            let drawn = 0;
            for (let k = 0; k <= 100; k++) {
                box.scrollTop = (box.scrollHeight - box.clientHeight) * k / 100;
                await frame(); await frame();
                const top = box.getBoundingClientRect().top + 30;
                const rows = [...box.querySelectorAll('.smtpnb-row')];
                if (rows.some(row => row.getBoundingClientRect().top <= top
                              && row.getBoundingClientRect().bottom >= top)) drawn += 1;
            }
            return drawn;
        }"""
    )
    assert frames == 101  # every stop showed rows, never an empty box
    expect(rows(notebook, 0, "NOOP 99999")).to_be_visible()


CONTRAST = """selector => {
    const trail = document.querySelector('.smtpnb-trail');
    const light = (colour) => {
        const part = (x) => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
        const [r, g, b] = colour.match(/[\\d.]+/g).map((x) => part(x / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const [ink, ground] = [
        light(getComputedStyle(trail.querySelector(selector)).color),
        light(getComputedStyle(trail).backgroundColor),
    ];
    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
}"""


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_both_themes_can_be_read(opened: Open, theme: str) -> None:
    notebook = a_session(opened, f"theme{theme}")
    notebook.page.evaluate(
        "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})",
        f"JupyterLab {theme}",
    )
    body = notebook.page.locator("body")
    expect(body).to_have_attribute("data-jp-theme-light", str(theme == "Light").lower())
    (notebook.path.parent / f"theme{theme}").touch()
    notebook.run(2)
    expect(rows(notebook, 1, "Ok: queued as")).to_be_visible()
    for selector in (".smtpnb-row bdi", ".smtpnb-time", ".smtpnb-tls:not(:empty)",
                     ".smtpnb-refusal bdi", ".smtpnb-sum"):  # fmt: skip
        assert notebook.page.evaluate(CONTRAST, selector) >= 4.5, selector
    notebook.screenshot(f"trail-{theme.lower()}")
    notebook.page.evaluate(
        "() => window.jupyterapp.commands.execute('apputils:change-theme',"
        " {theme: 'JupyterLab Light'})"
    )
