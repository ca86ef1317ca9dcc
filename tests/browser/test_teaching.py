"""The views of lessons in JupyterLab, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from browser.axe import barriers
from browser.lab import Lab, Notebook
from judges.parsers import Judges

pytestmark = pytest.mark.browser

START = """%load_ext smtp_nb
%smtp server start
%smtp connect --from teacher@school.test -o session"""
SEND = """%%smtp send --to ann@school.test --subject Zoë
.hidden"""
QUIZ = """import smtp_nb
from smtp_nb.classroom import Terminal
lesson = smtp_nb.lesson(1, student="ann")
with Terminal(lesson.server) as terminal:
    _ = terminal.dialogue("EHLO me.test\\nMAIL FROM:<ann@school.test>\\nDATA")
quiz = lesson.quiz(terminal.session, at=["EHLO", "MAIL", "DATA"])
quiz"""
CELLS = [START, SEND, "%smtp server sessions 1 --bytes", QUIZ, "quiz.points"]
BYTES, ASKED, POINTS = 2, 3, 4


@pytest.fixture(scope="module")
def page(lab: Lab) -> Iterator[Notebook]:
    notebook = lab.open_notebook(CELLS)
    for index in range(len(CELLS)):
        notebook.run(index)
    yield notebook
    assert notebook.foreign == []
    assert notebook.errors == []
    notebook.page.close()


@pytest.fixture
def inspector(page: Notebook) -> Locator:
    view = page.output_area(BYTES).locator(".smtpnb-bytes")
    expect(view.locator(".smtpnb-row").first).to_be_visible()
    return view


def test_bytes_are_searched_selected_and_explained(page: Notebook, inspector: Locator) -> None:
    inspector.locator(".smtpnb-search").fill("=?utf-8")
    detail = inspector.locator(".smtpnb-detail")
    expect(detail).to_contain_text("client: 7 bytes")
    inspector.get_by_role("button", name="Line").click()
    expect(detail).to_contain_text("Subject: Zoë")
    expect(detail).to_contain_text("RFC 5322 section 2.2")
    expect(inspector.locator(".smtpnb-chosen").first).to_be_visible()
    page.screenshot("bytes-line")


def test_the_keyboard_moves_and_selects(page: Notebook, inspector: Locator) -> None:
    inspector.locator(".smtpnb-box").focus()
    page.page.keyboard.press("Control+Home")
    page.page.keyboard.press("Shift+ArrowRight")
    page.page.keyboard.press("Shift+ArrowRight")
    detail = inspector.locator(".smtpnb-detail")
    expect(detail).to_contain_text("Bytes 0 to 2, server: 3 bytes")
    expect(inspector.get_by_role("status")).to_contain_text("The server is ready")
    page.page.keyboard.press("Escape")
    expect(detail).to_contain_text("arrow keys")
    places = detail.get_by_role("button")
    if places.count():
        places.first.click()
        expect(detail).to_contain_text("RFC 5321 section")
    page.screenshot("bytes-place")


def test_a_byte_is_changed_and_the_conversation_said_again(
    page: Notebook, inspector: Locator, judges: Judges
) -> None:
    inspector.locator(".smtpnb-search").fill("RCPT TO")
    field = inspector.get_by_label("Other bytes in their place")
    expect(field).to_have_value("RCPT TO")
    field.fill("RCPT  TO")
    field.press("Enter")
    outcome = inspector.locator(".smtpnb-outcome")
    expect(outcome).to_contain_text("In the end the server waits for a command")
    field.fill("RCPT FOR")
    inspector.get_by_role("button", name="Replay").click()
    expect(outcome.get_by_role("row").nth(1)).to_contain_text("501")
    expect(outcome).to_contain_text("RCPT FOR")
    assert barriers(page.page, judges.axe, ".smtpnb-bytes") == []
    page.screenshot("bytes-replay")
    field.fill("\\q")
    field.press("Enter")
    expect(outcome).to_contain_text("is not an escape")


def test_the_saved_notebook_has_the_beginning_masked(page: Notebook, inspector: Locator) -> None:
    saved = page.save()["cells"][BYTES]["outputs"][0]["data"]
    assert "32 32 30" in "".join(saved["text/plain"])
    assert "teacher@" not in "".join(saved["text/plain"]) + "".join(saved["text/html"])


def test_a_quiz_is_answered_by_clicks_and_by_keys(page: Notebook) -> None:
    view = page.output_area(ASKED).locator(".smtpnb-quiz")
    view.get_by_role("button", name="3: go on").click()
    expect(view.locator(".smtpnb-wrong")).to_contain_text("EHLO is answered with a list")
    page.screenshot("quiz-class")
    code = view.get_by_role("button", name="250")
    expect(view.get_by_role("button", name="3: go on")).to_be_disabled()
    expect(view.locator(".smtpnb-card .smtpnb-button:focus")).to_have_count(1)
    code.press("Enter")
    expect(view.locator(".smtpnb-right")).to_contain_text("right: 250-sandbox.test")
    expect(view.locator(".smtpnb-sum")).to_contain_text("1 of 6 points")
    view.get_by_role("button", name="Next").click()
    expect(view.locator(".smtpnb-said")).to_contain_text("MAIL FROM:<ann@school.test>")
    page.screenshot("quiz-next")
    page.run(POINTS)
    assert page.text(POINTS) == "1"
    saved = page.save()["cells"][ASKED]["outputs"][0]["data"]
    text = "".join(saved["text/plain"]) + "".join(saved["text/html"])
    assert "you said 3" in text
    assert "ann@" not in text
