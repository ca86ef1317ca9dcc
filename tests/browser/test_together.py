"""All views in one page, as people have them, in a real Chromium: what a person sees of each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from browser.lab import Lab, Notebook

pytestmark = pytest.mark.browser

START = """%load_ext smtp_nb
%smtp server start --tls starttls --auth teacher
%smtp connect --from teacher@school.test -o session"""
SEND = "%smtp send --to ann@school.test --subject Hello --text Hello"
MERGE = """import pandas as pd
df = pd.DataFrame({"name": range(12), "email": [f"p{n}@school.test" for n in range(12)]})"""
TEMPLATE = """%%smtp template hello
Subject: Hello {{ name }}

Dear {{ name }}, hello"""
RUN = "%smtp server fault refuse --to p7@*\nsent = %smtp merge df hello --send --yes 12"
CELLS = [
    START,
    SEND,
    "%smtp server inbox",
    "%smtp trail",
    MERGE,
    TEMPLATE,
    RUN,
    "%smtp server inbox",
    "%smtp results",
    "%smtp compose --to ann@school.test --subject Hi --text Hello",
    "%smtp explain tls",
]
INBOX, TRAIL, RUN_CELL, LAST_INBOX, RESULTS, FORM, TABLE = 2, 3, 6, 7, 8, 9, 10
WIDTHS = (1280, 600, 400)


@pytest.fixture(scope="module")
def page(lab: Lab) -> Iterator[Notebook]:
    notebook = lab.open_notebook(CELLS)
    for index in range(len(CELLS)):
        notebook.run(index)
    notebook.page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    yield notebook
    assert notebook.foreign == []
    assert notebook.errors == []
    notebook.page.close()


def height(shown: Locator) -> float:
    shown.scroll_into_view_if_needed()
    box = shown.bounding_box()
    return box["height"] if box else 0.0


def see(page: Notebook, shown: Locator) -> None:
    """Wait until a person sees the element: its middle belongs to it, and nothing covers it."""
    page.page.wait_for_function(
        """element => {
            element.scrollIntoView({ block: "center" });
            const box = element.getBoundingClientRect();
            const middle = document.elementFromPoint(
                box.left + box.width / 2, box.top + box.height / 2);
            return middle !== null && (element.contains(middle) || middle.contains(element));
        }""",
        arg=shown.element_handle(),
    )


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark", "forced"])
def test_every_view_shows_rows_of_its_own(page: Notebook, width: int, scheme: str) -> None:
    theme = "JupyterLab Dark" if scheme == "dark" else "JupyterLab Light"
    page.page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme
    )
    page.page.emulate_media(forced_colors="active" if scheme == "forced" else "none")
    page.page.set_viewport_size({"width": width, "height": 1000})
    inbox = page.output_area(LAST_INBOX).locator(".smtpnb-inbox")
    letters = inbox.locator("tbody tr")
    expect(letters).to_have_count(12)
    first_inbox = page.output_area(INBOX).locator(".smtpnb-inbox tbody tr").first
    lines = page.output_area(TRAIL).locator(".smtpnb-list .smtpnb-row")
    expect(lines.first).to_be_visible()
    progress = page.output_area(RUN_CELL).locator(".smtpnb-progress")
    expect(page.output_area(RUN_CELL).locator(".smtpnb-counts")).to_contain_text("12 of 12")
    failing = page.output_area(RUN_CELL).locator(".smtpnb-list .smtpnb-row")
    expect(failing.first).to_contain_text("p7@school.test")
    expect(failing.first).to_contain_text("550")
    results = page.output_area(RESULTS).locator(".smtpnb-list .smtpnb-row")
    form = page.output_area(FORM).locator(".smtpnb-composer")
    expect(form.locator(".smtpnb-cell")).to_contain_text("%%smtp send --to ann@school.test")
    meanings = page.output_area(TABLE).locator(".smtpnb-explanations tbody tr")
    expect(meanings.first).to_be_visible()
    typed, cell = form.locator(".smtpnb-input").first, form.locator(".smtpnb-cell")
    merged = (lines.last, progress, failing.first, results.first)
    for seen in (letters.first, first_inbox, *merged, typed, cell, meanings.first):
        assert height(seen) >= 10
        see(page, seen)
    # The rows of the inbox push each other down, and its box holds them.
    assert height(inbox) > 3 * height(letters.first) - 1
    page.screenshot(f"together-{scheme}-{width}")
    form.scroll_into_view_if_needed()
    page.screenshot(f"together-form-{scheme}-{width}")


def test_no_view_sticks_out_of_its_cell(page: Notebook) -> None:
    for width in WIDTHS:
        page.page.set_viewport_size({"width": width, "height": 1000})
        for root in page.page.locator(".smtpnb").all():
            outside = root.evaluate(
                """root => {
                    const limit = root.closest(".jp-OutputArea").getBoundingClientRect().right + 1;
                    return [...root.querySelectorAll("*")]
                        .filter(each => !each.closest(".smtpnb-unseen, .smtpnb-box, pre"))
                        .filter(each => each.getBoundingClientRect().right > limit)
                        .map(each => each.className);
                }"""
            )
            assert outside == [], width
