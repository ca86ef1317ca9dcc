"""The attack lab in JupyterLab, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from browser.axe import barriers
from browser.lab import SCREENSHOTS, Lab, Notebook
from judges.parsers import Judges

pytestmark = pytest.mark.browser

START = """%load_ext smtp_nb
from smtp_nb.classroom import Attack
attack = Attack("smuggling")
attack"""
CELLS = [
    START,
    "Attack('injection')",
    "Attack('stripping')",
    "attack.defend('relay').verdict",
    "Attack('spoofing')",
]


@pytest.fixture(scope="module")
def notebook(lab: Lab) -> Iterator[Notebook]:
    opened = lab.open_notebook(CELLS)
    for cell in (0, 1, 2, 4):
        opened.run(cell)
    opened.page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    opened.page.evaluate(
        "window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Light' })"
    )
    yield opened
    assert opened.foreign == []
    assert opened.errors == []
    opened.page.close()


def lab_of(notebook: Notebook, cell: int = 0) -> Locator:
    return notebook.output_area(cell).locator(".smtpnb-attack")


def test_it_is_green_only_when_the_attack_fails_and_honest_mail_arrives(
    notebook: Notebook,
) -> None:
    shown = lab_of(notebook)
    verdict = shown.get_by_role("status")
    expect(verdict).to_have_text("✗ The attack succeeds")
    expect(shown.locator(".smtpnb-inboxlist .smtpnb-hostile")).to_contain_text("Pay at once")
    shown.locator(".smtpnb-wire").scroll_into_view_if_needed()
    expect(shown.locator(".smtpnb-wire .smtpnb-hostile").first).to_be_in_viewport()
    shown.screenshot(path=SCREENSHOTS / "attack.png")
    no_dots = shown.get_by_role("switch", name="The relay refuses lines that begin with a dot")
    no_dots.check()
    expect(verdict).to_contain_text("but so does a letter with dots in it")
    no_dots.press("Space")
    shown.get_by_role("switch", name="The bank's server is strict").press("Space")
    expect(verdict).to_have_text("✓ Safe: the attack fails and honest mail arrives")
    expect(shown.locator(".smtpnb-inboxlist .smtpnb-hostile")).to_have_count(0)


def test_eve_writes_what_she_likes(notebook: Notebook) -> None:
    shown = lab_of(notebook, 1)
    verdict = shown.get_by_role("status")
    expect(verdict).to_have_text("✗ The attack succeeds")
    shown.get_by_role("button", name="no attack").click()
    expect(verdict).to_contain_text("Safe")
    field = shown.get_by_label("The subject, as the form sends it")
    field.fill("Hi%0aCc: <img src=x onerror=alert(1)>@victim.test")
    field.press("Enter")
    field.fill("Hi%0d%0aCc: ben@victim.test")
    field.press("Enter")
    expect(verdict).to_have_text("✗ The attack succeeds")
    expect(shown.locator(".smtpnb-inboxlist")).to_contain_text("ben@victim.test")
    assert shown.locator("img, script").count() == 0


def test_a_sender_is_forged_until_the_domain_has_a_policy(notebook: Notebook) -> None:
    shown = lab_of(notebook, 4)
    verdict = shown.get_by_role("status")
    expect(verdict).to_have_text("✗ The attack succeeds")
    expect(shown.locator(".smtpnb-inboxlist .smtpnb-hostile")).to_contain_text("spf=none")
    dmarc = shown.get_by_role("switch", name="The bank publishes DMARC, p=reject")
    dmarc.press("Space")
    expect(verdict).to_contain_text("but so does the bank's letter to Ben")
    shown.get_by_role("switch", name="The bank signs with DKIM").press("Space")
    expect(verdict).to_have_text("✓ Safe: the attack fails and honest mail arrives")
    row = shown.get_by_role("row", name="DMARC")
    expect(row).to_contain_text("none")
    expect(row).to_contain_text("fail")


def test_a_cell_and_the_page_are_one(notebook: Notebook) -> None:
    notebook.run(3)
    box = lab_of(notebook).get_by_role("switch", name="The relay refuses bare CR and LF")
    expect(box).to_be_checked()
    (output,) = notebook.outputs(0)
    assert "[x] The relay refuses bare CR and LF" in str(output["data"]["text/plain"])
    assert "eve@" not in str(output["data"])


@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_nothing_bars_the_way_or_sticks_out(
    notebook: Notebook, judges: Judges, width: int, theme: str
) -> None:
    notebook.page.set_viewport_size({"width": width, "height": 1000})
    notebook.page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })",
        f"JupyterLab {theme}",
    )
    body = notebook.page.locator("body")
    expect(body).to_have_attribute("data-jp-theme-light", str(theme == "Light").lower())
    assert barriers(notebook.page, judges.axe, ".smtpnb-attack") == []
    for cell in (0, 1, 2, 4):
        outside = lab_of(notebook, cell).evaluate(
            """root => [...root.querySelectorAll("*")]
                .filter(each => !each.closest(".smtpnb-unseen, .smtpnb-box, pre"))
                .filter(each => each.getBoundingClientRect().right
                    > root.getBoundingClientRect().right + 1)
                .map(each => each.className)"""
        )
        assert outside == []
    lab_of(notebook, 2).screenshot(path=SCREENSHOTS / f"attack-{theme.lower()}-{width}.png")
    lab_of(notebook, 4).screenshot(path=SCREENSHOTS / f"spoofing-{theme.lower()}-{width}.png")


def test_forced_colours_keep_the_signs(notebook: Notebook) -> None:
    notebook.page.set_viewport_size({"width": 1200, "height": 1000})
    notebook.page.emulate_media(forced_colors="active")
    expect(lab_of(notebook, 2).get_by_role("status")).to_have_text("✗ The attack succeeds")
    expect(lab_of(notebook, 2).locator(".smtpnb-mark").first).to_have_text("Eve")
    lab_of(notebook, 2).screenshot(path=SCREENSHOTS / "attack-forced.png")
    notebook.page.emulate_media(forced_colors="none")
