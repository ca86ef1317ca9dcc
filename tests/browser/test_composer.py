"""The composer and the table of explanations in JupyterLab, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect

from browser.lab import Lab, Notebook

pytestmark = pytest.mark.browser
Open = Callable[..., Notebook]

START = """%load_ext smtp_nb
%smtp server start -o card
%smtp connect --from t@school.test
server = get_ipython().magics_manager.magics["line"]["smtp"].__self__._state.sandbox"""
FORM = "%smtp compose --to ann@school.test --subject Hi --text Hello"
COUNT = "len(server.messages)"


@pytest.fixture
def opened(lab: Lab) -> Iterator[Open]:
    """Opens notebooks with a session; at the end nothing went wrong or was fetched."""
    notebooks: list[Notebook] = []

    def open_notebook(*cells: str) -> Notebook:
        notebooks.append(lab.open_notebook([START, *cells, COUNT]))
        for cell in range(len(cells) + 1):
            notebooks[-1].run(cell)
        return notebooks[-1]

    yield open_notebook
    for notebook in notebooks:
        assert notebook.foreign == []
        assert notebook.errors == []
        notebook.page.close()


def form_of(notebook: Notebook, index: int = 1) -> Locator:
    form = notebook.output_area(index).locator(".smtpnb-composer")
    expect(form.get_by_label("From", exact=True)).to_have_value("t@school.test")
    return form


def send(form: Locator) -> Locator:
    return form.get_by_role("button", name="Send", exact=True)


def sent(notebook: Notebook, index: int = 2) -> str:
    notebook.run(index)
    return notebook.text(index).strip()


def test_a_message_is_written_checked_and_sent_once(opened: Open) -> None:
    notebook = opened(FORM)
    form = form_of(notebook)
    form.get_by_label("Format").select_option("markdown")
    form.get_by_label("Text", exact=True).fill("Dear **Ann**")
    expect(form.frame_locator("iframe").locator("strong")).to_have_text("Ann")
    expect(form.locator(".smtpnb-cell")).to_have_text(
        "%%smtp send --to ann@school.test --subject Hi --markdown\nDear **Ann**"
    )
    assert sent(notebook) == "0"
    send(form).dblclick()
    ended = form.locator(".smtpnb-ended")
    expect(ended).to_contain_text("ACCEPTED: The server took over the responsibility")
    expect(ended).to_contain_text("ann@school.test")
    trail = notebook.output_area(1).locator(".smtpnb-trail")
    expect(trail).to_contain_text("round trip")
    notebook.screenshot("composer")
    assert sent(notebook) == "1"
    (output,) = notebook.outputs(1)
    assert "took over the responsibility" in output["data"]["text/html"]
    assert "ann@" not in str(output["data"])
    assert "widgets" not in notebook.save()["metadata"]


def test_the_first_field_in_error_gets_the_focus_and_says_why(opened: Open) -> None:
    notebook = opened(FORM)
    form = form_of(notebook)
    form.get_by_label("Cc", exact=True).fill("broken@")
    form.get_by_label("Text", exact=True).fill("{{ nowhere }}")
    send(form).click()
    wrong = form.get_by_label("Cc", exact=True)
    expect(wrong).to_be_focused()
    expect(wrong).to_have_attribute("aria-invalid", "true")
    said = form.locator(f"#{wrong.get_attribute('aria-describedby')}")
    expect(said).to_contain_text("is not an e-mail address")
    expect(form.locator(".smtpnb-said:visible")).to_have_count(2)
    assert sent(notebook) == "0"


def test_the_keyboard_alone_writes_asks_and_sends(opened: Open) -> None:
    notebook = opened(FORM)
    form = form_of(notebook)
    keys = notebook.page.keyboard
    form.get_by_label("Subject").focus()
    keys.press("End")
    keys.type(" there")
    keys.press("Control+Enter")
    expect(form.locator(".smtpnb-question")).to_contain_text("Send it to 1 recipient?")
    expect(form.get_by_role("button", name="Send it")).to_be_focused()
    keys.press("Escape")
    expect(form.locator(".smtpnb-question")).to_be_hidden()
    keys.press("Control+Enter")
    expect(form.get_by_role("button", name="Send it")).to_be_focused()
    keys.press("Enter")
    expect(form.locator(".smtpnb-ended")).to_contain_text("ACCEPTED")
    assert sent(notebook) == "1"


def test_what_is_odd_is_asked_about_and_a_second_time_too(opened: Open) -> None:
    notebook = opened("%smtp compose --to ann@gmial.com --subject Hi --text 'It is attached.'")
    form = form_of(notebook)
    send(form).click()
    question = form.locator(".smtpnb-question")
    expect(question).to_contain_text("gmail.com")
    expect(question).to_contain_text("nothing is attached")
    form.get_by_role("button", name="Send it").click()
    expect(form.locator(".smtpnb-ended")).to_contain_text("ACCEPTED")
    send(form).click()
    expect(question).to_contain_text("was sent before")
    form.get_by_role("button", name="Not yet").click()
    assert sent(notebook) == "1"


def test_a_file_is_uploaded_attached_and_in_the_cell(opened: Open) -> None:
    notebook = opened(FORM)
    form = form_of(notebook)
    name = f"{notebook.path.stem}.txt"
    form.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": b"a plan"}
    )
    expect(form.locator(".smtpnb-cell")).to_contain_text(f"--attach {name}")
    assert (notebook.path.parent / name).read_bytes() == b"a plan"
    form.get_by_role("button", name=f"Remove {name}").click()
    expect(form.locator(".smtpnb-cell")).not_to_contain_text("--attach")


def test_explanations_are_searched_and_filtered(opened: Open) -> None:
    notebook = opened("%smtp explain")
    table = notebook.output_area(1).locator(".smtpnb-explanations")
    rows, status = table.locator("tbody tr"), table.get_by_role("status")
    expect(status).to_contain_text("meanings")
    expect(rows).to_have_count(100)
    table.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(200)
    table.get_by_role("searchbox").fill("5.7")
    expect(rows.first).to_contain_text("X.7")
    table.get_by_role("searchbox").fill("certificate expired")
    expect(rows.first).to_contain_text("certificate has expired")
    expect(rows.first).to_contain_text("check your own clock", ignore_case=True)
    table.get_by_role("searchbox").fill("unknown")
    expect(rows.first).to_contain_text("may have been delivered")
    table.get_by_label("Show only rows of one kind").select_option("Outcomes")
    expect(rows).to_have_count(1)
    table.get_by_role("searchbox").fill("nothing has this")
    expect(table.locator(".smtpnb-none")).to_be_visible()
    table.get_by_role("button", name="Show all").click()
    expect(rows).to_have_count(100)
    notebook.screenshot("explanations")
