"""The live stepper in JupyterLab, in a real Chromium, mostly by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Locator, expect

from browser.axe import barriers
from browser.lab import SCREENSHOTS, Lab, Notebook
from judges.parsers import Judges

pytestmark = pytest.mark.browser

START = """%load_ext smtp_nb
from smtp_nb.classroom import Stepper
from smtp_nb.sandbox import SandboxServer
server = SandboxServer(inline=True).start()
stepper = Stepper(server, name="ann")
stepper"""
CLIENT = "%smtp step --client"
LOOK = "print(stepper.text); print(stepper.state)"
HAND, OURS, CELL = 0, 1, 2


@pytest.fixture(scope="module")
def notebook(lab: Lab) -> Iterator[Notebook]:
    opened = lab.open_notebook([START, CLIENT, LOOK])
    opened.run(HAND)
    opened.run(OURS)
    opened.page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    opened.page.evaluate(
        "window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Light' })"
    )
    yield opened
    assert opened.foreign == []
    assert opened.errors == []
    opened.page.close()


def view(notebook: Notebook, cell: int = HAND) -> Locator:
    return notebook.output_area(cell).locator(".smtpnb-stepper")


def place(notebook: Notebook) -> Locator:
    return view(notebook).locator(".smtpnb-place")


def picture(notebook: Notebook, name: str, cell: int = HAND) -> None:
    view(notebook, cell).screenshot(path=SCREENSHOTS / f"{name}.png")


def say(notebook: Notebook, line: str) -> None:
    field = view(notebook).get_by_label("Say", exact=True)
    field.fill(line)
    field.press("Enter")


def test_a_letter_is_typed_and_the_diagram_goes_along(notebook: Notebook) -> None:
    shown = view(notebook)
    expect(place(notebook)).to_contain_text("State: connected · 0 steps")
    field = shown.get_by_label("Say", exact=True)
    options = shown.locator(f"#{field.get_attribute('list')} option")
    offered = options.evaluate_all("all => all.map(one => one.value)")
    assert "EHLO me.test" in offered
    assert "DATA" not in offered
    for steps, (line, state) in enumerate(
        [("EHLO me.test", "greeted"), ("MAIL FROM:<ann@school.test>", "mail")], 1
    ):
        say(notebook, line)
        expect(place(notebook)).to_contain_text(f"State: {state} · {steps} step")
        expect(field).to_be_focused()
        expect(field).to_have_value("")
    expect(shown.locator("circle.smtpnb-here + text")).to_have_text("mail")
    expect(shown.locator(".smtpnb-trail .smtpnb-row").last).to_contain_text("250 2.1.0 Sender ok")


def test_wrong_is_refused_by_us_and_then_by_the_server(notebook: Notebook) -> None:
    shown = view(notebook)
    say(notebook, "DATA")
    expect(shown.get_by_role("alert")).to_contain_text("DATA is not allowed now")
    expect(shown.get_by_label("Say", exact=True)).to_have_value("DATA")
    shown.get_by_role("switch", name="Let me do wrong").check()
    expect(shown.locator(".smtpnb-illegal", has_text="DATA")).to_be_visible()
    say(notebook, "DATA")
    expect(shown.locator(".smtpnb-trail .smtpnb-refusal").last).to_contain_text("554")
    expect(shown.get_by_role("alert")).to_be_hidden()
    picture(notebook, "stepper")


def test_alt_left_goes_back_and_the_page_stays(notebook: Notebook) -> None:
    address = notebook.page.url
    view(notebook).get_by_label("Say", exact=True).press("Alt+ArrowLeft")
    expect(place(notebook)).to_contain_text("2 steps")
    expect(view(notebook).locator(".smtpnb-trail .smtpnb-refusal")).to_have_count(0)
    assert notebook.page.url == address


def test_octets_leave_as_they_are(notebook: Notebook) -> None:
    shown = view(notebook)
    shown.get_by_role("switch", name="Bytes as they are").check()
    field = shown.get_by_label("Bytes", exact=True)
    field.fill("RCPT TO:<ben@school.test>")
    field.press("Enter")
    expect(place(notebook)).to_contain_text("waits for 25 octets without an end of line")
    shown.get_by_role("button", name="Insert CR LF").click()
    expect(field).to_have_value(r"\r\n")
    field.press("Enter")
    expect(place(notebook)).to_contain_text("State: rcpt")
    shown.get_by_role("switch", name="Bytes as they are").uncheck()


def test_the_commands_that_may_come_are_one_stop_and_walked_by_arrows(notebook: Notebook) -> None:
    bar = view(notebook).get_by_role("toolbar", name="What may come now")
    first = bar.get_by_role("button").first
    first.focus()
    first.press("ArrowRight")
    expect(bar.get_by_role("button").nth(1)).to_be_focused()
    assert bar.locator("[tabindex='0']").count() == 1
    notebook.page.keyboard.press("Home")
    notebook.page.keyboard.press("Enter")
    expect(view(notebook).get_by_label("Say", exact=True)).to_have_value("EHLO me.test")
    expect(view(notebook).get_by_label("Say", exact=True)).to_be_focused()


def test_a_question_mark_explains_and_f_opens_the_faults(notebook: Notebook) -> None:
    shown = view(notebook)
    shown.get_by_role("button", name="Back").focus()
    notebook.page.keyboard.press("?")
    expect(shown.locator(".smtpnb-detail")).to_contain_text("What may come next")
    notebook.page.keyboard.press("f")
    choice = shown.get_by_label("What goes wrong")
    expect(choice).to_be_focused()
    choice.select_option("greylist")
    shown.get_by_role("button", name="Inject fault").click()
    expect(shown.locator(".smtpnb-active")).to_contain_text('replies "450')
    shown.get_by_role("button", name="Heal all").click()
    expect(shown.locator("summary", has_text="Faults of the sandbox: none")).to_be_visible()
    shown.locator("summary", has_text="Faults of the sandbox").press("f")
    expect(choice).to_be_hidden()


def test_our_client_is_stepped_through(notebook: Notebook) -> None:
    shown = view(notebook, OURS)
    doing = shown.locator(".smtpnb-doing")
    expect(doing).to_have_text("Next: connect to sandbox.test")
    for words in ("wait for the banner", "write EHLO", "wait for the reply to EHLO", "write 3 lin"):
        shown.get_by_role("button", name="Next").press("Enter")
        expect(doing).to_contain_text(words)
    expect(shown.locator(".smtpnb-where")).to_contain_text("flows/delivering/")
    shown.locator("summary", has_text="lines that wait").click()
    expect(shown.locator(".smtpnb-flow")).to_contain_text("client/component.py")
    picture(notebook, "stepper-client", OURS)
    shown.get_by_role("button", name="Back").click()
    expect(doing).to_contain_text("wait for the reply to EHLO")
    shown.get_by_role("button", name="Run to the end").click()
    expect(doing).to_have_text("send() returned: ACCEPTED")
    expect(shown.get_by_role("button", name="Next")).to_be_disabled()


def test_the_steps_are_text_for_the_cells_and_the_file_is_discreet(notebook: Notebook) -> None:
    notebook.run(CELL)
    steps = notebook.text(CELL).split()
    assert steps[:4] == ["EHLO", "me.test", "MAIL", "FROM:<ann@school.test>"]
    assert steps[-1] == "rcpt"
    for cell in (HAND, OURS):
        (output,) = notebook.outputs(cell)
        assert "State of the conversation: " in str(output["data"]["text/html"])
        assert "a…@school.test" in str(output["data"])
        assert "ann@" not in str(output["data"])


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
    assert barriers(notebook.page, judges.axe, ".smtpnb-stepper") == []
    for cell in (HAND, OURS):
        outside = view(notebook, cell).evaluate(
            """root => [...root.querySelectorAll("*")]
                .filter(each => each.checkVisibility())
                .filter(each => !each.closest(".smtpnb-unseen, .smtpnb-box, pre"))
                .filter(each => !each.closest(".smtpnb-diagram svg"))
                .filter(each => each.getBoundingClientRect().right
                    > root.getBoundingClientRect().right + 1)
                .map(each => each.className)"""
        )
        assert outside == []
        size = (
            view(notebook, cell)
            .locator(".smtpnb-diagram text")
            .first.evaluate("each => 13 * each.getScreenCTM().a")
        )
        assert size >= 12
        hidden = view(notebook, cell).evaluate(
            """root => {
                const here = root.querySelector("circle.smtpnb-here").getBoundingClientRect();
                const box = root.querySelector(".smtpnb-diagram").getBoundingClientRect();
                return here.left < box.left - 1 || here.right > box.right + 1;
            }"""
        )
        assert not hidden
    picture(notebook, f"stepper-{theme.lower()}-{width}")


@pytest.mark.parametrize("colours", ["none", "active"])
def test_where_we_are_differs_from_all_other_states(
    notebook: Notebook, colours: Literal["none", "active"]
) -> None:
    notebook.page.set_viewport_size({"width": 1200, "height": 1000})
    notebook.page.emulate_media(forced_colors=colours)
    fills = view(notebook).evaluate(
        """root => [...root.querySelectorAll("circle")].map(
            each => [each.classList.contains("smtpnb-here"), getComputedStyle(each).fill])"""
    )
    here = [fill for is_here, fill in fills if is_here]
    others = {fill for is_here, fill in fills if not is_here}
    assert len(here) == len(others) == 1
    assert here[0] not in others
    notebook.page.emulate_media(forced_colors="none")
