"""Promises of `%smtp compose`: the form, its cell and what is sent say the same."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtp_nb.model.outcome import Outcome
from smtp_nb.notebook.verbs.compose.cell import cell_of
from smtp_nb.notebook.verbs.compose.desk import MAX_NAME, NotebookDesk
from smtp_nb.notebook.words import split_words
from smtp_nb.widgets.composing.letter_form import LetterForm

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from smtp_nb.model.events import PITrailEvent
    from smtp_nb.notebook.state import NotebookState
    from smtp_nb.sandbox import SandboxServer
    from smtp_nb.widgets import ComposerView

    from ..conftest import Kernel

LETTER = {
    "sender": "teacher@school.test",
    "to": "ann@school.test",
    "subject": "Hi",
    "body": "Hello",
}
# What differs between any two messages.
_OF_ITS_OWN = re.compile(rb"(?mi)^(?:Date|Message-ID): .*\r\n(?:[ \t].*\r\n)*|=_[amr][0-9a-f]{20,}")


def state_of(shell: InteractiveShell) -> NotebookState:
    state: NotebookState = shell.magics_manager.magics["line"]["smtp"].__self__._state
    return state


@pytest.fixture
def sandbox(shell: InteractiveShell) -> Iterator[SandboxServer]:
    """A running sandbox to which the notebook is connected."""
    shell.run_line_magic("smtp", "server start --refuse bob@example.org")
    shell.run_line_magic("smtp", "connect --from teacher@school.test")
    yield state_of(shell).running_sandbox()
    shell.run_line_magic("smtp", "disconnect")
    shell.run_line_magic("smtp", "server stop")


@pytest.fixture
def desk(shell: InteractiveShell, sandbox: SandboxServer) -> NotebookDesk:
    return NotebookDesk(state_of(shell))


def form(**fields: object) -> LetterForm:
    return LetterForm.read({**LETTER, **fields})


def said(composer: ComposerView) -> list[dict[str, Any]]:
    """What the page of a composer hears from now on."""
    heard: list[dict[str, Any]] = []
    composer.send = lambda content, buffers=None: heard.append(content)
    return heard


def say(composer: ComposerView, **content: object) -> None:
    composer._handle_custom_msg(content, [])


def finish() -> None:
    for thread in threading.enumerate():
        if thread.name == "smtp_nb composer":
            thread.join()


def composer(shell: InteractiveShell, line: str) -> ComposerView:
    made: ComposerView = shell.run_line_magic("smtp", f"compose {line}")
    return made


TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ue000\ue001"), max_size=30
)


@given(
    to=TEXT,
    subject=TEXT,
    body=TEXT,
    attach=st.lists(TEXT, max_size=2),
    kind=st.sampled_from(["text", "html"]),
)
@settings(max_examples=150, deadline=None)
def test_a_cell_is_read_back_as_the_words_it_was_made_of(
    to: str, subject: str, body: str, attach: list[str], kind: str
) -> None:
    letter = form(to=to, subject=subject, body=body, attach=attach, kind=kind)
    cell = cell_of(letter)
    if "{{" in cell.source:
        return
    assert tuple(split_words(cell.line)) == cell.words
    if cell.body is None or not re.match(r"\s*(>>>|\.\.\.|In \[|.*\]: )", cell.body):
        assert cell.is_read_as_written


@pytest.mark.parametrize("body", [">>> 1 + 1", "In [1]: x", "... x"])
def test_a_body_that_ipython_would_change_is_refused(desk: NotebookDesk, body: str) -> None:
    checked = desk.check(form(body=body))
    if not cell_of(form(body=body)).is_read_as_written:
        assert [problem.field for problem in checked.problems] == ["body"]
        assert "prompt" in checked.problems[0].text
    else:
        assert checked.is_sendable


SENT = [
    {},
    {"kind": "markdown", "body": "**Dear**\n\n- a\n- b\n\nbye\n\n"},
    {"kind": "html", "body": '<p>it\'s "so" 100 %</p>'},
    {"to": "Ann <ann@school.test>, Ben <ben@school.test>", "cc": "c@school.test; d@school.test"},
    {"bcc": "hidden@school.test", "reply_to": "office@school.test", "importance": "high"},
    {"subject": "it's 5 o'clock \\ \"now\"", "body": "  indented\n\n\nend  "},
    {"subject": "--to nobody", "sender": "Other <other@school.test>"},
    {"subject": "{{ 6 * 7 }} {{ 'x' }}", "body": "{{ word }}"},
    {"subject": "Grüße \u2028 über", "body": "{{ left }} {% as it is", "raw": True},
    {"body": "", "attach": ["plan 1.txt", "data.csv"]},
    {"body": "sorry :-( for 'that"},
    {"subject": "", "body": "a line \x0b\x85 and another"},
]


@pytest.mark.parametrize("fields", SENT, ids=range(len(SENT)))
def test_the_shown_cell_sends_what_the_form_sends(
    shell: InteractiveShell,
    sandbox: SandboxServer,
    fields: dict[str, object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan 1.txt").write_text("plan")
    (tmp_path / "data.csv").write_text("a,b\n")
    shell.user_ns["word"] = "from a variable"
    view = composer(shell, "")
    heard = said(view)
    letter = {**LETTER, **fields}
    say(view, check=letter, edit=1)
    cell = heard[-1]["cell"]
    say(view, send=letter, turn=1)
    finish()
    assert heard[-1]["ended"]["outcome"] == "ACCEPTED", heard
    assert shell.run_cell(cell).success
    by_form, by_cell = list(sandbox.messages)[-2:]
    assert by_form.mail_from == by_cell.mail_from
    assert by_form.rcpt_tos == by_cell.rcpt_tos
    assert comparable(by_form.content) == comparable(by_cell.content)
    view.close()


def comparable(content: bytes) -> bytes:
    return _OF_ITS_OWN.sub(b"", content)


def test_nothing_is_sent_without_a_press_and_a_press_sends_once(
    shell: InteractiveShell, sandbox: SandboxServer
) -> None:
    view = composer(shell, "--to ann@school.test --subject Hi --text Hello")
    heard = said(view)
    say(view, ready=True)
    say(view, check={**LETTER}, edit=1)
    assert len(sandbox.messages) == 0
    for _ in range(3):
        say(view, send={**LETTER}, turn=1)
    finish()
    for turn in (1, 0, None, "2"):
        say(view, send={**LETTER}, turn=turn)
    finish()
    assert len(sandbox.messages) == 1
    assert heard[-1]["turn"] == 2
    assert heard[-1]["sentCell"] == heard[-1]["cell"]
    view.close()


def test_options_fill_the_form(shell: InteractiveShell, sandbox: SandboxServer) -> None:
    shell.run_cell_magic(
        "smtp",
        "compose --to ann@school.test --to b@school.test --importance low --html -o form",
        "<p>Hello</p>\n",
    )
    view = shell.user_ns["form"]
    assert view._form == LetterForm(
        sender="teacher@school.test",
        to="ann@school.test, b@school.test",
        importance="low",
        kind="html",
        body="<p>Hello</p>",
    )
    assert repr(view) == "<ComposerView: draft>"
    view.close()


WRONG = [
    ({"to": ""}, "to", "no recipient"),
    ({"to": "ann@"}, "to", "not an e-mail address"),
    ({"cc": "a@b.test, x y"}, "cc", ""),
    ({"bcc": "@"}, "bcc", ""),
    ({"sender": "nobody"}, "sender", "not an e-mail address"),
    ({"reply_to": "x@@y"}, "reply_to", ""),
    ({"subject": "{{ nowhere }}"}, "subject", "nowhere"),
    ({"body": "{{ nowhere }}"}, "body", "nowhere"),
    ({"body": "{% if %}"}, "body", ""),
    ({"attach": ["not-there.pdf"]}, "attach", "not-there.pdf"),
    ({"subject": "AGFubgBnZWhlaW0="}, "", "password"),
    ({"subject": "bell \x07"}, "body", "subject"),
    ({"to": "", "cc": "ann@school.test"}, "to", "no To recipient"),
]


@pytest.mark.parametrize(("fields", "field", "words"), WRONG, ids=range(len(WRONG)))
def test_an_error_is_said_at_its_field_and_nothing_leaves(
    shell: InteractiveShell,
    sandbox: SandboxServer,
    desk: NotebookDesk,
    fields: dict[str, object],
    field: str,
    words: str,
) -> None:
    errors = [problem for problem in desk.check(form(**fields)).problems if problem.is_error]
    assert [problem.field for problem in errors] == [field], errors
    assert words.lower() in errors[0].text.lower()
    view = composer(shell, "")
    heard = said(view)
    say(view, send={**LETTER, **fields}, turn=1)
    finish()
    assert heard[-1]["refused"] is True
    assert len(sandbox.messages) == 0
    view.close()


ODD = [
    ({"subject": ""}, "subject", "subject is empty"),
    ({"body": " \n"}, "body", "text is empty"),
    ({"body": "The plan is attached."}, "attach", "'attached'"),
    ({"body": "<p>siehe Anhang</p>", "kind": "html"}, "attach", "'Anhang'"),
    ({"to": "ann@gmial.com"}, "to", "Did you mean gmail.com?"),
    ({"cc": "ann@localhost"}, "cc", "full stop"),
]


@pytest.mark.parametrize(("fields", "field", "words"), ODD, ids=range(len(ODD)))
def test_what_is_hardly_meant_is_said_and_does_not_stop(
    desk: NotebookDesk, fields: dict[str, object], field: str, words: str
) -> None:
    checked = desk.check(form(**fields))
    assert checked.is_sendable
    assert [(p.field, words in p.text) for p in checked.problems] == [(field, True)]


def test_quoted_lines_and_markup_promise_no_file(desk: NotebookDesk) -> None:
    assert desk.check(form(body="> it is attached\n\nfine")).problems == ()
    assert desk.check(form(body='<p class="attached">x</p>', kind="html")).problems == ()


def test_the_preview_shows_what_the_reader_sees(desk: NotebookDesk) -> None:
    checked = desk.check(
        form(kind="markdown", body="**Hi** \u202e", bcc="hidden@school.test", subject="Grüße")
    )
    assert checked.headers == (
        ("From", "teacher@school.test"),
        ("To", "ann@school.test"),
        ("Bcc", "hidden@school.test"),
        ("Subject", "Grüße"),
    )
    assert "<strong>Hi</strong>" in checked.html
    assert "\\u202e" in checked.text
    assert checked.recipients == 2


def test_without_a_session_the_form_says_what_send_says(shell: InteractiveShell) -> None:
    view = composer(shell, "--to ann@school.test --from a@school.test --subject Hi --text Hello")
    (problem,) = view._checked.problems
    assert problem.text.startswith("no session is open. Write %smtp connect")
    assert view._checked.headers
    view.close()


def test_refusals_are_told_recipient_by_recipient(
    shell: InteractiveShell, sandbox: SandboxServer
) -> None:
    view = composer(shell, "")
    heard = said(view)
    say(view, send={**LETTER, "to": "ann@school.test, bob@example.org"}, turn=1)
    finish()
    ended = heard[-1]["ended"]
    assert [(who, what) for who, what, _ in ended["recipients"]] == [
        ("ann@school.test", "NOT_SENT"),
        ("bob@example.org", "REFUSED"),
    ]
    assert ended["remedy"]
    text, html = view.static_forms()
    for saved in (text, html):
        assert "ann@" not in saved
        assert "bob@" not in saved
        assert "REFUSED" in saved
        assert "b…@example.org" in saved
    view.close()


def test_a_doubt_is_called_a_doubt(shell: InteractiveShell, sandbox: SandboxServer) -> None:
    shell.run_line_magic("smtp", "server fault drop_before_final_reply --times 1")
    view = composer(shell, "")
    heard = said(view)
    say(view, send={**LETTER}, turn=1)
    finish()
    ended = heard[-1]["ended"]
    assert ended["outcome"] == "UNKNOWN"
    assert "may have been delivered" in ended["title"]
    assert "before you send it again" in ended["remedy"]
    assert state_of(shell).receipt.outcome is Outcome.UNKNOWN  # type: ignore[union-attr]
    assert "may have been delivered" in view.static_forms()[0]
    view.close()


def test_a_send_is_cancelled_while_it_waits(
    shell: InteractiveShell, sandbox: SandboxServer
) -> None:
    view = composer(shell, "")
    heard = said(view)
    deliver = view._desk.delivery

    def hear(event: PITrailEvent) -> None:
        if event.message.startswith("EHLO"):
            say(view, cancel=True)

    view._desk.delivery = lambda letter, _: deliver(letter, hear)
    say(view, send={**LETTER}, turn=1)
    finish()
    assert heard[-1]["ended"]["outcome"] in ("", "NOT_SENT")
    assert heard[-1]["sending"] is False
    assert len(sandbox.messages) == 0
    view.close()


def test_a_draft_that_was_changed_after_its_end_is_saved_as_a_draft(
    shell: InteractiveShell, sandbox: SandboxServer
) -> None:
    view = composer(shell, "")
    said(view)
    say(view, send={**LETTER}, turn=1)
    finish()
    assert "took over the responsibility" in view.static_forms()[0]
    say(view, check={**LETTER, "subject": "Another"}, edit=2)
    assert "a draft: not sent" in view.static_forms()[0]
    view.close()


@pytest.mark.parametrize("name", ["../../plan.txt", "C:\\x\\plan.txt", "plan.txt", ".plan.txt"])
def test_an_upload_is_kept_in_the_folder_and_nowhere_else(
    desk: NotebookDesk, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert desk.keep(name, b"one") == "plan.txt"
    assert desk.keep(name, b"one") == "plan.txt"
    assert desk.keep(name, b"two") == "plan-2.txt"
    assert (tmp_path / "plan.txt").read_bytes() == b"one"
    assert len(desk.keep("x" * 500, b"")) == MAX_NAME


def test_a_kernel_saves_neither_state_nor_address(connected: Kernel) -> None:
    seen = connected.run("%smtp compose --to ann@school.test --subject Hi --text Hello")
    (bundle,) = seen.outputs
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "a…@school.test" in bundle["text/html"]
    assert "ann@" not in str(bundle)
    state = connected.value(
        "[w.get_state() for w in __import__('ipywidgets').widgets.widget._instances.values()]"
    )
    assert "ann@" not in state
    assert "Hello" not in state
