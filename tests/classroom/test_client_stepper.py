"""Our own send() step by step: what it is about to do, which line waits, and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

import smtp_nb
from smtp_nb.classroom import ClientStepper
from smtp_nb.errors import InputError, LinkError, StateError
from smtp_nb.model.outcome import Outcome
from smtp_nb.sandbox import SandboxServer

STEPS = [
    ("connected", "connect to sandbox.test", "open_connection"),
    ("connected", "wait for the banner of sandbox.test port 587", "hear_banner"),
    ("connected", "write EHLO [127.0.0.1]", "greet"),
    ("greeted", "wait for the reply to EHLO", "greet"),
    (
        "greeted",
        "write 3 lines in one piece: MAIL FROM:<ann@school.test> SIZE={size}, "
        "RCPT TO:<ben@school.test>, DATA",
        "send_envelope",
    ),
    ("data", "wait for the reply to MAIL", "take_reply"),
    ("data", "write the message and the dot that ends it, {more} bytes", "send_content"),
    ("greeted", "wait for the reply to the end of the message", "take_reply"),
    ("greeted", "write QUIT", "_leave"),
    ("closed", "wait for the reply to QUIT", "_leave"),
    ("closed", "close the connection", "_leave"),
]


def test_each_step_says_what_comes_and_which_line_waits() -> None:
    with SandboxServer(inline=True, without=["CHUNKING"]) as server:
        stepper = ClientStepper(server)
        seen = []
        while not stepper.is_over:
            seen.append((stepper.state, stepper.doing, stepper.why.function))
            place = stepper.flow[-1]
            source = (Path(smtp_nb.__file__).parent / place.path).read_text("utf-8").splitlines()
            assert source[place.line - 1].strip() == place.source
            assert str(place.line) in str(place)
            stepper.step()
        size = server.messages[0].size
        assert seen == [
            (state, doing.format(size=size, more=size + 3), who) for state, doing, who in STEPS
        ]
        assert stepper.doing == "send() returned: ACCEPTED"
        assert stepper.receipt.outcome is Outcome.ACCEPTED
        assert (stepper.state, stepper.flow) == ("closed", ())
        assert stepper.text.splitlines() == [doing for _, doing, _ in seen]
        for what in (stepper.step, lambda: stepper.why):
            with pytest.raises(StateError, match="has returned"):
                what()


def test_a_line_is_in_the_trail_only_once_it_was_written() -> None:
    with SandboxServer(inline=True) as server:
        stepper = ClientStepper(server)
        while not stepper.doing.startswith("write EHLO"):
            stepper.step()
        assert "EHLO" not in str(stepper.trail)
        assert stepper.state == "connected"
        stepper.step()
        assert "EHLO" in str(stepper.trail)


def test_back_and_replay_lead_to_the_same() -> None:
    with SandboxServer(inline=True, tls="starttls", auth={"ann": "pw"}) as server:
        stepper = ClientStepper(server)
        with pytest.raises(StateError, match="nothing has been done yet"):
            stepper.back()
        for _ in range(9):
            stepper.step()
        at = stepper.doing, stepper.state, str(stepper.trail), stepper.text
        stepper.step()
        stepper.back()
        assert (stepper.doing, stepper.state, str(stepper.trail), stepper.text) == at
        other = ClientStepper(server)
        other.replay(stepper.text)
        assert (other.doing, str(other.trail), other.text) == (at[0], at[2], at[3])
        stepper.run()
        other.close()
        assert other.doing == "send() was abandoned"
        assert len(server.messages) == 1
        assert server.sessions[0].by == "abandoned"


def test_tls_is_a_state_and_no_password_is_told() -> None:
    with SandboxServer(inline=True, tls="starttls", auth={"ann": "s3cret"}) as server:
        stepper = ClientStepper(server)
        states, told = [], []
        while not stepper.is_over:
            states.append(stepper.state)
            told += [stepper.doing, *stepper.forms()]
            stepper.step()
        assert "tls" in states
        assert "login" in states
        assert any("bytes of the TLS handshake" in one for one in told)
        assert "write AUTH PLAIN <hidden> through TLS" in told
        assert not [one for one in told if "s3cret" in one or "AGFubgBzM2NyZXQ" in one]
        assert not [form for form in stepper.forms() if "ben@school.test" in form]
        assert "State of the conversation: closed" in stepper._repr_html_()


def test_what_goes_wrong_is_the_last_thing_that_is_told() -> None:
    with SandboxServer(inline=True) as server:
        server.inject("close")
        stepper = ClientStepper(server, from_="ann@school.test", send_to="ben@school.test")
        stepper.run()
        assert stepper.doing.startswith("send() raised ConnectionClosed: ")
        with pytest.raises(LinkError):
            _ = stepper.receipt


def test_it_needs_a_server_in_this_process_and_a_message() -> None:
    with SandboxServer() as server, pytest.raises(InputError, match="only a server of this proc"):
        ClientStepper(server)
    with SandboxServer(inline=True) as server, pytest.raises(InputError, match="recipient"):
        ClientStepper(server, from_="ann@school.test")
