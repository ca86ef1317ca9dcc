"""A conversation step by step: the diagram, what may come, wrong steps, and the way back."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup

from smtp_nb.classroom import Stepper
from smtp_nb.classroom.diagram import EDGES, PLACES, diagram
from smtp_nb.errors import InputError, StateError
from smtp_nb.sandbox import SandboxServer

LETTER = ["EHLO me", "MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "DATA", "Subject: x", "", "hi"]


def test_a_letter_is_sent_step_by_step():
    with SandboxServer(inline=True) as server:
        stepper = Stepper(server, name="ann")
        states = []
        for line in [*LETTER, ".", "QUIT"]:
            stepper.say(line)
            states.append(stepper.state)
        assert states == ["greeted", "mail", "rcpt", *["data"] * 4, "greeted", "closed"]
        assert len(server.messages) == 1
        assert server.messages[0].content == b"Subject: x\r\n\r\nhi\r\n"
        assert server.sessions[0].remarks == []
        with pytest.raises(StateError, match="the conversation is over"):
            stepper.say("NOOP")


def test_a_wrong_step_is_refused_unless_it_is_let():
    with SandboxServer(inline=True) as server:
        stepper = Stepper(server)
        with pytest.raises(InputError, match=r"DATA is not allowed now.*What may come: EHLO"):
            stepper.say("DATA")
        assert len(server.sessions[0].exchanges) == 1
        stepper.lets_wrong = True
        stepper.say("DATA")
        assert server.sessions[0].exchanges[1].reply.code == 503
        assert stepper.state == "connected"
        with pytest.raises(InputError, match="a step is one line"):
            stepper.say("NOOP\nNOOP")
        stepper.close()


def test_back_and_replay_lead_to_the_same():
    with SandboxServer(inline=True) as server:
        stepper = Stepper(server)
        for line in LETTER:
            stepper.say(line)
        before = str(stepper.terminal.trail)
        stepper.say("..")
        stepper.back()
        assert str(stepper.terminal.trail) == before
        text = stepper.text
        assert text == "\n".join(LETTER)
        other = Stepper(server)
        other.replay(text)
        assert (str(other.terminal.trail), other.text) == (before, text)
        for _ in LETTER:
            other.back()
        assert other.state == "connected"
        with pytest.raises(StateError, match="nothing has been said yet"):
            other.back()
        stepper.close()
        other.close()


def test_tls_is_a_step():
    with SandboxServer(inline=True, tls="starttls") as server:
        stepper = Stepper(server)
        stepper.say("EHLO me")
        stepper.say("<tls>")
        assert stepper.state == "tls"
        stepper.back()
        assert stepper.state == "greeted"
        stepper.close()


def test_no_form_holds_a_password_or_an_address():
    with SandboxServer(inline=True, auth={"alice": "wonderland"}) as server:
        stepper = Stepper(server)
        for line in ["EHLO me", "AUTH LOGIN", "YWxpY2U=", "d29uZGVybGFuZA==", *LETTER[1:2]]:
            stepper.say(line)
        assert stepper.state == "mail"
        for form in (repr(stepper), stepper._repr_html_(), stepper.text):
            assert "d29uZGVybGFuZA" not in form
        assert "a@x.test" not in repr(stepper) + stepper._repr_html_()
        assert "a@x.test" in stepper.forms(show_addresses=True)[0]
        stepper.close()


@pytest.mark.parametrize("state", PLACES)
def test_the_diagram_fills_where_we_are_and_dashes_what_may_not_come(state):
    legal = ("MAIL", "EHLO", "QUIT", "RCPT", "RSET", "DATA", ".", "STARTTLS", "AUTH", "*")
    drawn = BeautifulSoup(diagram(state, legal), "html.parser")
    assert len(drawn.find_all("circle")) == len(PLACES) == 8
    filled = drawn.find_all("circle", fill="#1b1f24")
    assert [(float(one["cx"]), float(one["cy"])) for one in filled] == [PLACES[state]]
    solid = [one for one in drawn.find_all("path") if not one.get("stroke-dasharray")]
    assert len(solid) == sum(edge.start == state for edge in EDGES)
    assert drawn.title.text == f"State of the conversation: {state}"
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", str(drawn))
    assert diagram(state, legal) == diagram(state, legal)
