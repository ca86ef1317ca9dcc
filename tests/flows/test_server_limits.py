"""LIMITS (RFC 9422): what the server says of its limits is obeyed before it has to refuse."""

from __future__ import annotations

import pytest

from play.stage import Jobs, ScriptedStage
from smtp_nb.errors import RefusedError
from smtp_nb.protocol.extensions import Extensions

HELLO = "S: 220 mx.test\nC: EHLO client.test\nS: 250-mx.test\nS: 250 LIMITS {limits}\n"
BYE = "C: QUIT\nS: 221 bye\n-- close\n"
MANY = "a@x.test, b@y.test, c@x.test, d@z.test"


def transaction(*recipients: str) -> str:
    rcpts = "".join(f"C: RCPT TO:<{one}>\nS: 250 ok\n" for one in recipients)
    return (
        f"C: MAIL FROM:<ann@client.test>\nS: 250 ok\n{rcpts}"
        "C: DATA\nS: 354 go on\nC...\nS: 250 queued\n"
    )


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("RCPTMAX=2 MAILMAX=5 RCPTDOMAINMAX=1", {"RCPTMAX": 2, "MAILMAX": 5, "RCPTDOMAINMAX": 1}),
        ("rcptmax=20", {"RCPTMAX": 20}),
        ("RCPTMAX=0 MAILMAX=x RCPTDOMAINMAX=-1", {}),
        ("RCPTMAX=\u0662", {}),
        ("NEXT=1 RCPTMAX=7 X", {"RCPTMAX": 7}),
        ("XRCPTMAX=7 RCPTMAX=7Y RCPTMAX=9999999", {}),
        ("", {}),
    ],
)
def test_limits_are_read_and_what_makes_no_sense_is_passed_over(said, read):
    assert Extensions("", {"LIMITS": said}).limits == read


@pytest.mark.parametrize(
    ("limits", "portions"),
    [
        ("RCPTMAX=3", [("a@x.test", "b@y.test", "c@x.test"), ("d@z.test",)]),
        ("RCPTDOMAINMAX=1", [("a@x.test", "c@x.test"), ("b@y.test",), ("d@z.test",)]),
        ("RCPTMAX=2 RCPTDOMAINMAX=2", [("a@x.test", "b@y.test"), ("c@x.test", "d@z.test")]),
        ("RCPTMAX=100", [("a@x.test", "b@y.test", "c@x.test", "d@z.test")]),
    ],
)
def test_recipients_are_split_into_transactions_that_the_server_takes(limits, portions):
    text = HELLO.format(limits=limits) + "".join(transaction(*one) for one in portions) + BYE
    played = ScriptedStage(text, {"send_to": MANY})
    receipt = played.call("send")
    assert [result.address for result in receipt.recipients] == MANY.split(", ")
    assert {result.outcome for result in receipt.recipients} == {"ACCEPTED"}
    assert played.is_finished()


def test_a_stop_in_one_transaction_stops_those_after_it():
    refused = "C: MAIL FROM:<ann@client.test>\nS: 250 ok\nC: RCPT TO:<a@x.test>\nS: 550 no\n"
    played = ScriptedStage(
        HELLO.format(limits="RCPTMAX=1") + refused + BYE,
        {"send_to": "a@x.test, b@x.test", "StopOnToErrors": True},
    )
    with pytest.raises(RefusedError) as caught:
        played.call("send")
    assert [str(one.outcome) for one in caught.value.receipt.recipients] == ["REFUSED", "NOT_SENT"]


def test_a_new_connection_follows_after_the_most_mails_of_one():
    one = HELLO.format(limits="MAILMAX=2") + 2 * transaction("bob@server.test") + BYE
    last = HELLO.format(limits="MAILMAX=2") + transaction("bob@server.test") + BYE
    played = ScriptedStage(one + last, {})
    jobs = Jobs(*["bob@server.test"] * 3)
    played.smtp.deliver(jobs)
    assert [str(receipt.outcome) for _, receipt in jobs.given] == ["ACCEPTED"] * 3
    assert played.driver.opened == 2
    assert played.is_finished()


def test_single_sends_on_one_session_obey_it_too():
    one = HELLO.format(limits="MAILMAX=1") + transaction("bob@server.test") + BYE
    played = ScriptedStage(one * 2, {})
    played.call("connect")
    assert played.call("send")
    assert played.call("send")
    assert played.smtp.connected
    assert played.driver.opened == 2
