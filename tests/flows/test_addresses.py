"""A host of several addresses, on a clock that costs no time: which is tried when (RFC 8305)."""

from __future__ import annotations

from math import inf

import pytest

from play.stage import ScriptedStage
from smtp_nb.errors import ConnectFailed, DeferredError, LinkError, SMTPError, SMTPTimeout

REFUSED = ConnectionRefusedError(111, "Connection refused")
SWALLOWS = inf
ONE, TWO, THREE = "192.0.2.1", "192.0.2.2", "192.0.2.3"
WELCOME = "S: 220 mx.test\nC: EHLO client.test\nS: 250 mx.test\n"
GOODBYE = "C: QUIT\nS: 221 bye"


def play(dialogue: str, addresses: dict[str, float | OSError], **properties: object):
    """Connect; gives the stage, and the error if there was one."""
    played = ScriptedStage(dialogue, {"mail_server": "two.test", **properties}, addresses=addresses)
    try:
        played.call("connect")
    except SMTPError as error:
        return played, error
    return played, None


@pytest.mark.parametrize(
    ("addresses", "seconds", "wanted"),
    [
        ({ONE: SWALLOWS, TWO: 0.01}, 0.26, TWO),
        ({ONE: SWALLOWS, TWO: SWALLOWS, THREE: 0.01}, 0.51, THREE),
        ({ONE: REFUSED, TWO: 0.01}, 0.01, TWO),
        ({ONE: REFUSED, TWO: SWALLOWS, THREE: 0.0}, 0.25, THREE),
        ({ONE: 0.2, TWO: 0.0}, 0.2, ONE),
        ({ONE: 0.3, TWO: 0.2}, 0.3, ONE),
        ({ONE: 9.0, TWO: 0.2}, 0.45, TWO),
    ],
)
def test_the_next_address_is_tried_after_250_ms_or_a_failure(addresses, seconds, wanted):
    played, error = play(WELCOME, addresses)
    assert error is None
    assert played.driver.now == pytest.approx(seconds)
    assert played.smtp.remote_address == wanted


@pytest.mark.parametrize("setting", ["timeout", "ConnectionTimeout"])
def test_one_deadline_is_for_all_addresses_and_its_error_names_each(setting):
    played, error = play("", {ONE: SWALLOWS, TWO: SWALLOWS}, **{setting: 4})
    assert isinstance(error, SMTPTimeout)
    assert error.code == 201
    assert played.driver.now == 4
    assert f"{ONE} did not answer; {TWO} did not answer" in str(error)


def test_the_error_says_what_became_of_each_address():
    _, error = play("", {ONE: OSError(113, "No route to host"), TWO: REFUSED})
    assert isinstance(error, ConnectFailed)
    assert error.code == 10061
    assert f"two.test port 25: {ONE}: no route to host; {TWO}: connection refused" in str(error)


def test_the_trail_says_which_addresses_failed_before():
    played, _ = play(WELCOME, {ONE: REFUSED, TWO: 0.0})
    assert f"-- {ONE}: connection refused; connected to {TWO}" in played.lines()


TURNS = {
    "greets and hangs up": "S: 220 mx.test\nC: EHLO client.test\n-- close\n",
    "greets and resets": "S: 220 mx.test\nC: EHLO client.test\n-- reset\n",
    "hangs up": "-- close\n",
    "is too busy": "S: 421 too many connections\n-- close\n",
    "serves nobody": "S: 554 no SMTP service here\n-- close\n",
    "is too busy after EHLO": "S: 220 mx.test\nC: EHLO client.test\nS: 421 bye\n-- close\n",
}


@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
def test_a_server_that_turns_us_away_leads_to_the_next_address(turn):
    played, error = play(turn + WELCOME + GOODBYE, {ONE: 0.0, TWO: 0.0})
    assert error is None
    assert played.smtp.remote_address == TWO
    assert played.driver.opened == 2
    assert any(line.startswith(f"-- {ONE}: ") for line in played.lines())
    played.call("disconnect")
    assert played.is_finished()


def test_who_is_turned_away_everywhere_hears_of_each_address():
    played, error = play(TURNS["hangs up"] + TURNS["is too busy"], {ONE: 0.0, TWO: 0.0})
    assert isinstance(error, DeferredError)
    assert f"before that, {ONE}: the server closed" in str(error)
    assert not played.driver.is_open


def test_an_address_that_does_not_answer_any_more_is_named_with_the_one_before():
    _, error = play(TURNS["is too busy"], {ONE: 0.0, TWO: SWALLOWS}, timeout=5)
    assert isinstance(error, SMTPTimeout)
    assert f"{TWO} did not answer; before that, {ONE}: " in str(error)


def test_a_refusal_of_our_name_is_not_asked_for_elsewhere():
    refused = "S: 220 mx.test\nC: EHLO client.test\nS: 550 no\nC: HELO client.test\nS: 550 no\n"
    played, error = play(refused, {ONE: 0.0, TWO: 0.0})
    assert error is not None
    assert not isinstance(error, LinkError)
    assert played.driver.opened == 1
