"""All views in one page, as people have them, in a real Chromium: what a person sees of each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Literal

import pytest
from playwright.sync_api import Locator, expect

from browser.axe import barriers
from browser.lab import Lab, Notebook
from judges.parsers import Judges

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
QUIZ = """from smtp_nb.classroom import Quiz, Terminal
from smtp_nb.sandbox import SandboxServer
inline = SandboxServer(inline=True).start()
with Terminal(inline) as terminal:
    _ = terminal.dialogue("EHLO me.test\\nMAIL FROM:<ann@school.test>")
Quiz(terminal.session, at=["EHLO", "MAIL"])"""
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
    "%smtp server sessions 1 --bytes",
    QUIZ,
    "%smtp step EHLO me.test",
    "from smtp_nb.classroom import Attack\nAttack('smuggling')",
]
INBOX, TRAIL, RUN_CELL, LAST_INBOX, RESULTS, FORM, TABLE = 2, 3, 6, 7, 8, 9, 10
BYTES, ASKED, STEPPER, LAB = 11, 12, 13, 14
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
    octets = page.output_area(BYTES).locator(".smtpnb-bytes .smtpnb-row").first
    choice = page.output_area(ASKED).locator(".smtpnb-quiz .smtpnb-choices").first
    here = page.output_area(STEPPER).locator("circle.smtpnb-here + text")
    expect(here).to_have_text("greeted")
    said = page.output_area(STEPPER).locator(".smtpnb-list .smtpnb-row").last
    hostile = page.output_area(LAB).locator(".smtpnb-wire .smtpnb-hostile").first
    verdict = page.output_area(LAB).locator(".smtpnb-verdict")
    merged = (lines.last, progress, failing.first, results.first)
    lessons = (octets, choice, here, said, hostile, verdict)
    for seen in (letters.first, first_inbox, *merged, typed, cell, meanings.first, *lessons):
        assert height(seen) >= (8 if seen is here else 10)  # a diagram shrinks with its page
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
                        .filter(each => !each.closest(
                            ".smtpnb-unseen, .smtpnb-box, .smtpnb-diagram, pre"))
                        .filter(each => each.getBoundingClientRect().right > limit)
                        .map(each => each.className);
                }"""
            )
            assert outside == [], width


def open_details(page: Notebook) -> None:
    """A line of the trail explained, a message of the inbox opened."""
    trail = page.output_area(TRAIL)
    detail = trail.locator(".smtpnb-detail")
    for _ in range(5):  # rows are drawn anew where the page changes its width
        if detail.is_visible():
            break
        trail.locator(".smtpnb-row", has_text="S: 250").last.click()
        with suppress(AssertionError):
            expect(detail).to_be_visible(timeout=1000)
    page.output_area(LAST_INBOX).locator(".smtpnb-open").first.click()
    expect(detail).to_be_visible()
    expect(page.output_area(LAST_INBOX).locator(".smtpnb-letter summary").first).to_be_visible()


@pytest.mark.parametrize(("width", "theme"), [(1280, "Light"), (400, "Dark")])
def test_no_view_has_a_barrier(page: Notebook, judges: Judges, width: int, theme: str) -> None:
    page.page.emulate_media(forced_colors="none")
    page.page.set_viewport_size({"width": width, "height": 1000})
    page.page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })",
        f"JupyterLab {theme}",
    )
    body = page.page.locator("body")
    expect(body).to_have_attribute("data-jp-theme-light", str(theme == "Light").lower())
    open_details(page)
    # The colours of a theme arrive after its name: look again while they are on their way.
    for _ in range(5):
        if not (found := barriers(page.page, judges.axe, ".smtpnb")):
            break
    assert found == []


# What Tab stops at in a view, in the order of the page.
STOPS = """root => [...root.querySelectorAll("button, input, summary, a[href], [tabindex='0']")]
    .filter(each => !each.disabled && each.checkVisibility({ visibilityProperty: true }))
    .map((each, place) => { each.dataset.stop = place; return place; })"""
FOCUS = """() => {
    const style = getComputedStyle(document.activeElement);
    const isSeen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return [+document.activeElement.dataset.stop, isSeen];
}"""


@pytest.mark.parametrize("colours", ["none", "active"])
@pytest.mark.parametrize("cell", [INBOX, TRAIL, RUN_CELL, LAST_INBOX, BYTES, ASKED])
def test_tab_walks_through_every_view_and_the_focus_is_seen(
    page: Notebook, cell: int, colours: Literal["none", "active"]
) -> None:
    page.page.set_viewport_size({"width": 1280, "height": 1000})
    page.page.emulate_media(forced_colors=colours)
    open_details(page)
    for root in page.output_area(cell).locator(".smtpnb").all():
        # A live view may draw its rows anew under the walker's feet: walk again.
        for _ in range(3):
            wanted, walked = walk(page, root)
            if walked == wanted:
                break
        assert walked == wanted


Stops = list[list[object]]


def walk(page: Notebook, root: Locator) -> tuple[Stops, Stops]:
    """Where Tab should stop and where it does, each with whether the focus is seen there."""
    stops = root.evaluate(STOPS)
    if not stops:
        return [], []
    root.locator("[data-stop='0']").focus()
    # By keys, for the focus of a click is not shown.
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Shift+Tab")
    walked = []
    for _ in stops:
        walked.append(page.page.evaluate(FOCUS))
        page.page.keyboard.press("Tab")
        while page.page.evaluate("() => document.activeElement.tagName === 'IFRAME'"):
            page.page.keyboard.press("Tab")
    return [[stop, True] for stop in stops], walked


def test_escape_leads_from_an_explanation_back_to_the_lines(page: Notebook) -> None:
    page.page.emulate_media(forced_colors="none")
    open_details(page)
    trail = page.output_area(TRAIL)
    trail.locator(".smtpnb-detail").focus()
    page.page.keyboard.press("Escape")
    expect(trail.locator(".smtpnb-detail")).to_be_hidden()
    expect(trail.locator(".smtpnb-box")).to_be_focused()


def test_nothing_moves_for_those_who_asked_for_less_motion(page: Notebook) -> None:
    page.page.emulate_media(reduced_motion="reduce")
    moving = """() => [...document.querySelectorAll(".smtpnb *")].filter(each => {
        const style = getComputedStyle(each);
        const isMoving = parseFloat(style.transitionDuration) > 0 || style.animationName !== "none";
        return isMoving || style.scrollBehavior === "smooth";
    }).length"""
    assert page.page.evaluate(moving) == 0
    page.page.emulate_media(reduced_motion="no-preference")
