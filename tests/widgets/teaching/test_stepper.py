"""The live stepper without a browser: what a page is told, and what it may ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from smtp_nb.classroom import ClientStepper, Stepper
from smtp_nb.sandbox import SandboxServer
from smtp_nb.widgets import StepperView

Told = list[dict[str, Any]]
Open = Callable[[Stepper | ClientStepper], tuple[StepperView, Told]]


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(inline=True) as running:
        yield running


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    views = []

    def open_view(stepper: Stepper | ClientStepper) -> tuple[StepperView, Told]:
        view = StepperView(stepper)
        told: Told = []
        monkeypatch.setattr(view, "send", told.append)
        views.append(view)
        ask(view, ready=True)
        return view, told

    yield open_view
    for view in views:
        view.close()


def ask(view: StepperView, **content: Any) -> None:
    view._listen(view, content, [])


def test_a_person_types_and_the_page_is_told_what_may_come(
    server: SandboxServer, opened: Open
) -> None:
    view, told = opened(Stepper(server))
    assert told[-1]["state"] == "connected"
    assert ["EHLO", "EHLO me.test"] in told[-1]["legal"]
    for line in ("EHLO me.test", "MAIL FROM:<a@x.test>"):
        ask(view, say=line)
    assert (told[-1]["state"], told[-1]["count"], told[-1]["said"]) == ("mail", 2, "")
    assert told[-1]["waiting"] == "a command"
    assert "State of the conversation: mail" in told[-1]["svg"]
    assert "MAIL FROM:<a@x.test>" in str(view._trail.trail)


def test_what_is_refused_is_said_and_stays_to_be_mended(
    server: SandboxServer, opened: Open
) -> None:
    view, told = opened(Stepper(server))
    ask(view, say="DATA")
    assert "DATA is not allowed now" in told[-1]["said"]
    assert told[-1]["count"] == 0
    assert told[-1]["illegal"] == []
    ask(view, wrong=True)
    assert told[-1]["said"] == ""
    assert ["DATA", "DATA"] in told[-1]["illegal"]
    ask(view, say="DATA")
    assert server.sessions[0].exchanges[1].reply.code == 503


def test_octets_leave_as_they_are_and_their_reply_is_read(
    server: SandboxServer, opened: Open
) -> None:
    stepper = Stepper(server)
    view, told = opened(stepper)
    ask(view, octets=r"EHLO me\r\n\x4dAIL FROM:<a@x.test>\r\nRCPT")
    assert told[-1]["state"] == "mail"
    assert told[-1]["waiting"] == "4 octets without an end of line (CRLF)"
    assert "250 2.1.0 Sender ok (out of turn: wait for the reply to EHLO first)" in str(
        stepper.trail
    )
    ask(view, octets="")
    assert "there is nothing to send" in told[-1]["said"]
    ask(view, octets=r"\q")
    assert "not an escape" in told[-1]["said"]
    assert stepper.text.startswith("<raw 45484c4f")


def test_back_shows_all_of_the_replay_and_nothing_twice(
    server: SandboxServer, opened: Open
) -> None:
    stepper = Stepper(server)
    view, told = opened(stepper)
    for line in ("EHLO me", "MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>"):
        ask(view, say=line)
    ask(view, press="back")
    assert (told[-1]["state"], told[-1]["count"]) == ("mail", 2)
    assert str(view._trail.trail) == str(stepper.trail)
    stepper.say("RSET")  # a cell goes on, too
    ask(view, ready=True)
    assert told[-1]["state"] == "greeted"
    assert str(view._trail.trail) == str(stepper.trail)


def test_faults_are_those_of_the_sandbox(server: SandboxServer, opened: Open) -> None:
    view, told = opened(Stepper(server))
    ask(view, fault="greylist")
    assert [fault.name for fault in server.faults] == ["greylist"]
    assert told[-1]["faults"]["active"][0].startswith("greylist at RCPT")
    ask(view, press="heal")
    assert told[-1]["faults"]["active"] == []
    ask(view, fault="nonsense")
    assert "unknown fault" in told[-1]["said"]
    other, told = opened(Stepper(server.url))
    ask(other, fault="greylist")
    assert told[-1]["faults"] is None
    assert server.faults == ()


def test_our_client_goes_on_step_by_step(server: SandboxServer, opened: Open) -> None:
    view, told = opened(ClientStepper(server))
    assert told[-1]["doing"] == "connect to sandbox.test"
    assert "open_connection" in told[-1]["where"]
    assert told[-1]["source"].startswith("session.peer = ")
    ask(view, press="next")
    ask(view, press="back")
    assert (told[-1]["count"], told[-1]["doing"]) == (0, "connect to sandbox.test")
    ask(view, press="run")
    assert told[-1]["isOver"]
    assert told[-1]["doing"] == "send() returned: ACCEPTED"
    assert told[-1]["flow"] == []
    ask(view, press="next")
    assert "send() has returned" in told[-1]["said"]


def test_what_makes_no_sense_changes_nothing(server: SandboxServer, opened: Open) -> None:
    stepper = Stepper(server)
    view, told = opened(stepper)
    for content in ({"press": "next"}, {"press": "nonsense"}, {"say": 7}, {"octets": None}, {}):
        ask(view, **content)
    view._listen(view, ["no", "message"], [])
    assert (stepper.count, told[-1]["said"]) == (0, "")


def test_the_saved_form_is_the_static_one(server: SandboxServer, opened: Open) -> None:
    stepper = Stepper(server)
    view, _ = opened(stepper)
    ask(view, say="EHLO me")
    ask(view, say="MAIL FROM:<ann@school.test>")
    assert view.static_forms() == stepper.forms()
    assert "ann@school.test" not in "".join(view.static_forms())
    assert repr(view) == "<StepperView: mail, 2 steps>"
