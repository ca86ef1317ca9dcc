"""`%%smtp talk`: a conversation by hand in a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..conftest import Kernel

LETTER = "EHLO me\nMAIL FROM:<ann@school.test>\nRCPT TO:<ben@x.test>\nDATA\nSubject: x\n\nhi\n"


def test_a_cell_is_a_conversation_saved_masked(kernel: Kernel) -> None:
    kernel.run("%smtp server start")
    seen = kernel.run(f"%%smtp talk --name ann\n{LETTER}.\nQUIT")
    assert seen.status == "ok", seen.error
    (bundle,) = seen.outputs
    assert "250 2.0.0 Ok: queued" in bundle["text/plain"]
    assert "<svg" in bundle["text/html"]
    for saved in (bundle["text/plain"], bundle["text/html"]):
        assert "ann@school.test" not in saved
        assert "a…@school.test" in saved
    assert "application/vnd.jupyter.widget-view+json" in bundle
    sandbox = "get_ipython().magics_manager.registry['SMTPMagics']._state.sandbox"
    kernel.run(f"session = {sandbox}.sessions[-1]")
    assert kernel.value("session.by, session.student, session.remarks") == "('hand', 'ann', [])"


def test_what_was_wrong_stands_in_the_conversation(kernel: Kernel) -> None:
    kernel.run("%smtp server start")
    for said, words in [
        (LETTER + "hi.", "content without the dot on a line of its own (no-dot)"),
        ("EHLO me\n<raw 4e4f4f50>\n<wait>", "4 octets without an end of line (CRLF)"),
        ("EHLO me", "the client left without QUIT (no-quit)"),
        ("QUIT\nNOOP", "the conversation is over; 1 line was not said"),
    ]:
        seen = kernel.run(f"%%smtp talk\n{said}")
        assert words in seen.outputs[0]["text/plain"], said
        assert words in seen.outputs[0]["text/html"], said


def test_it_leads_to_this_machine_and_says_what_it_needs(kernel: Kernel) -> None:
    seen = kernel.run("%%smtp talk\nNOOP")
    assert "the sandbox is not running" in seen.error["evalue"]
    assert "it needs a cell" in kernel.run("%smtp talk").text
    kernel.run("%smtp server start")
    assert "not hexadecimal" in kernel.run("%%smtp talk\n<raw xy>").error["evalue"]
    seen = kernel.run("%%smtp talk --to smtp://127.0.0.1:1\nNOOP")
    assert "could not connect" in seen.error["evalue"]


def test_step_goes_on_and_back_and_shows_the_diagram(kernel: Kernel) -> None:
    kernel.run("%smtp server start")
    for line, words in [
        ("EHLO me", "What may come now: EHLO, HELO, MAIL"),
        ("MAIL FROM:<ann@school.test>", "What may come now: EHLO, HELO, RCPT"),
        ("--wrong DATA", "554 5.5.1 No valid recipients"),
        ("--back", "MAIL FROM:<a…@school.test>"),
        ("", "mail, waiting for: a command"),
    ]:
        seen = kernel.run(f"%smtp step {line}")
        assert seen.status == "ok", seen.error
        assert words in seen.outputs[0]["text/plain"], line
        assert "State of the conversation: " in seen.outputs[0]["text/html"]
        assert "ann@school.test" not in seen.outputs[0]["text/html"]
    assert "DATA is not allowed now" in kernel.run("%smtp step DATA").error["evalue"]
    kernel.run("%smtp server stop")
    assert "the sandbox is not running" in kernel.run("%smtp step NOOP").error["evalue"]
