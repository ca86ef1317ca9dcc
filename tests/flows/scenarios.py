"""What is asked of the component in front of each dialogue, and what has to come of it.

One row a promise; `tests/dialogues/<name>.txt` holds the conversation. The rows know no driver.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from play.stage import Jobs, Stage
from smtp_nb.errors import (
    ConnectionClosed,
    DeferredError,
    ExtensionError,
    LinkError,
    MalformedReply,
    RefusedError,
    SMTPError,
    SMTPTimeout,
)

TWO = "bob@server.test, eve@server.test"
THREE = "bob@server.test, eve@server.test, cat@server.test"
NO_STOP = {"StopOnToErrors": False}
UTF8_CONTENT = "Subject: Täst\r\n\r\n.één\r\ntwo\r\n".encode()
LONG_CONTENT = b"Subject: x\r\n\r\n" + b"x" * (2 * 1048576 + 524298 - 16) + b"\r\n"


# -- what can be asked ------------------------------------------------------------------------


def send(stage: Stage) -> Any:
    """One message on a connection of its own."""
    return stage.call("send")


def send_twice(stage: Stage) -> Any:
    """Two messages on one connection, with a pause between them."""
    stage.call("connect")
    assert stage.call("send")
    stage.pass_time(40)
    try:
        return stage.call("send")
    finally:
        if stage.smtp.connected:
            stage.call("disconnect")


def send_twice_after_trouble(stage: Stage) -> Any:
    """The first one fails; the second must not be answered by what belongs to the first."""
    stage.call("connect")
    with pytest.raises(SMTPError) as caught:
        stage.call("send")
    assert not caught.value.connection_survives
    assert not stage.smtp.connected
    return stage.call("send")


def deliver(*recipients: str, **options: Any) -> Callable[[Stage], Any]:
    """A stream of messages, one for each argument; gives the last receipt."""

    def ask(stage: Stage) -> Any:
        jobs = Jobs(*recipients, **options)
        stage.jobs = jobs
        stage.call("deliver", jobs)
        assert [given.tag for given, _ in jobs.given] == list(recipients)
        return jobs.given[-1][1]

    return ask


def small_talk(stage: Stage) -> None:
    """VRFY, EXPN and single commands."""
    smtp, found = stage.smtp, []
    smtp.on_expand += lambda event: found.append(event.address)
    stage.call("connect")
    assert stage.call("verify", "bob") == "252 2.1.5 maybe"
    with pytest.raises(RefusedError) as caught:
        stage.call("verify", "nobody")
    assert caught.value.connection_survives
    assert caught.value.reply.code == 550
    stage.call("expand", "class")
    assert found == ["Bob <bob@server.test>", "eve@server.test"]
    assert stage.call("send_command", "noop hello") == "250 2.0.0 ok"
    assert stage.call("send_command", "HELP LAST") == "214 no help"
    assert stage.call("send_command", "XWHAT") == "500 5.5.2 what?"
    stage.call("disconnect")


# -- the table --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scenario:
    """One promise.

    Attributes:
        dialogue: the file that holds it.
        results: outcome and code of each recipient, such as `REFUSED 550`, in order.
        error: the class that is raised; None: a receipt is given.
        code: the reference's number on the error.
        survives: the error says that the session can be used on.
        trail: lines that the trail has, in this order.
        seconds: what the clock says in the end; such a scenario needs a virtual one.
        waits: how often the client waited for the server, from first to last.
        properties: set before; capitals are settings.
    """

    dialogue: str
    results: str = ""
    error: type[SMTPError] | None = None
    code: int | None = None
    survives: bool = False
    trail: tuple[str, ...] = ()
    seconds: float | None = None
    waits: int | None = None
    ask: Callable[[Stage], Any] = send
    properties: dict[str, Any] = field(default_factory=dict, repr=False)
    variant: str = ""

    @property
    def name(self) -> str:
        return f"{self.dialogue}-{self.variant}" if self.variant else self.dialogue


S = Scenario
GOOD, LOST, DOUBT = "ACCEPTED 250", "NOT_SENT 0", "UNKNOWN 0"

CONNECTING = [
    S("banner_554", LOST, RefusedError, 161, trail=("S: 554 5.7.1 no service for you",)),
    S("banner_421", LOST, DeferredError, 161),
    S("banner_250", LOST, MalformedReply, 161),
    S("banner_garbage", LOST, MalformedReply, 162),
    S("banner_close", LOST, ConnectionClosed, 1120, trail=("-- Remote host disconnected",)),
    S("ehlo_reset", LOST, LinkError, 10054),
    S("banner_silence", LOST, SMTPTimeout, 201, seconds=300),
    S("banner_silence", LOST, SMTPTimeout, 201, seconds=7, properties={"timeout": 7},
      variant="explicit"),
    S("banner_slow", GOOD, seconds=299),
    S("ehlo_refused", GOOD),
    S("ehlo_and_helo_refused", LOST, RefusedError, 161),
    S("ehlo_deferred", LOST, DeferredError, 161),
    S("ehlo_silence", LOST, SMTPTimeout, 201, seconds=60),
    S("ehlo_silence", LOST, SMTPTimeout, 201, seconds=9, properties={"timeout": 9},
      variant="explicit"),
    S("helo_wanted", GOOD, properties={"allow_extensions": False}),
]  # fmt: skip

SENDING = [
    S("one_command_at_a_time", GOOD, waits=7),
    S("grouped", GOOD, waits=5,
      trail=("C: MAIL FROM:<ann@client.test>", "C: RCPT TO:<bob@server.test>", "C: DATA",
             "S: 250 2.1.0 ok", "S: 250 2.1.0 ok", "S: 354 go on", "C: .",
             "-- waiting for the server to accept the message",
             "S: 250 2.0.0 Ok: queued as 4F2", "C: QUIT", "S: 221 bye")),
    S("grouping_off", GOOD, properties={"pipelining": "off"}),
    S("chunked", GOOD, trail=("C: BDAT 28 LAST",)),
    S("chunked_grouped", GOOD, waits=4),
    S("parameters", GOOD, properties={"message": UTF8_CONTENT, "send_to": "jörg@server.test",
                                      "options": "NOTIFY=SUCCESS,FAILURE"}),
    S("multi_line_replies", GOOD, trail=("S: 220-mx.test", "S: 220-no unsolicited mail",
                                         "S: 220 please", "S: 250-2.0.0 Ok:")),
]  # fmt: skip

SWITCHES = [
    S("stop_before_data", f"{LOST}, REFUSED 550", RefusedError, 161, True,
      properties={"send_to": TWO}),
    S("stop_before_bdat", f"{LOST}, REFUSED 550", RefusedError, 161, True,
      properties={"send_to": TWO}),
    S("stop_before_data", f"{LOST}, REFUSED 550", RefusedError, 161, True, variant="Cc",
      properties={"send_to": "bob@server.test", "cc": "eve@server.test"}),
    S("stop_before_data", f"{LOST}, REFUSED 550", RefusedError, 161, True, variant="Bcc",
      properties={"send_to": "bob@server.test", "bcc": "eve@server.test",
                  "StopOnToErrors": False, "StopOnBccErrors": True}),
    S("switch_on_nobody_refused", f"{GOOD}, {GOOD}", properties={"send_to": TWO}),
    S("switch_on_nobody_refused_bdat", f"{GOOD}, {GOOD}", properties={"send_to": TWO}),
    S("partial", f"{GOOD}, REFUSED 550, {GOOD}", properties={"send_to": THREE} | NO_STOP),
    S("partial_ungrouped", f"{GOOD}, DEFERRED 450, {GOOD}",
      properties={"send_to": THREE} | NO_STOP),
    S("same_recipient_twice", GOOD,
      properties={"send_to": "bob@server.test, bob@server.test"} | NO_STOP),
    S("partial_bdat", f"{GOOD}, REFUSED 550, {GOOD}", properties={"send_to": THREE} | NO_STOP),
    S("partial_bdat_ungrouped", f"{GOOD}, REFUSED 550, {GOOD}",
      properties={"send_to": THREE} | NO_STOP),
    S("lone_dot", "REFUSED 550", RefusedError, 161, True),
    S("lone_dot_accepted", "REFUSED 550", RefusedError, 161, True),
    S("lone_dot_after_refused_mail", "REFUSED 550", RefusedError, 161, True),
    S("all_refused_bdat", "REFUSED 550", RefusedError, 161, True),
]  # fmt: skip

ENVELOPE = [
    S("mail_refused", "REFUSED 550", RefusedError, 161, True),
    S("mail_refused_grouped", "REFUSED 550", RefusedError, 161, True),
    S("mail_deferred", "DEFERRED 452", DeferredError, 161, True),
    S("mail_421", "DEFERRED 421", ConnectionClosed, 1120),
    S("rcpt_421", f"{LOST}, DEFERRED 421", ConnectionClosed, 1120, properties={"send_to": TWO}),
    S("rcpt_334", LOST, LinkError, 162),
    S("too_many_recipients", f"{GOOD}, {GOOD}, {GOOD}", properties={"send_to": THREE} | NO_STOP),
    S("too_many_with_stop_switch", f"{GOOD}, {GOOD}", properties={"send_to": TWO}),
    S("too_many_at_once", "DEFERRED 452, DEFERRED 452", DeferredError, 161, True,
      properties={"send_to": TWO} | NO_STOP),
    S("extra_reply", LOST, MalformedReply, 162),
    S("extra_reply_with_354", LOST, MalformedReply, 162),
    S("hung_up_behind_354", LOST, ConnectionClosed, 1120),
    S("data_250", LOST, LinkError, 162),
    S("data_451", "DEFERRED 451", DeferredError, 161, True),
    S("data_554", "REFUSED 554", RefusedError, 161, True),
    S("data_421", "DEFERRED 421", ConnectionClosed, 1120),
]  # fmt: skip

MISSING = [
    S("size_exceeded", LOST, ExtensionError, 161, True),
    S("smtputf8_missing", LOST, ExtensionError, 161, True,
      properties={"send_to": "jörg@server.test"}),
    S("8bitmime_missing", LOST, ExtensionError, 161, True,
      properties={"message": "Subject: x\r\n\r\nGrüße\r\n".encode()}),
    S("dsn_missing", LOST, ExtensionError, 161, True, properties={"options": "NOTIFY=NEVER"}),
]  # fmt: skip

ENDS = [
    S("final_450", "DEFERRED 450", DeferredError, 161, True),
    S("final_554", "REFUSED 554", RefusedError, 161, True),
    S("final_552", "REFUSED 552", RefusedError, 161, True),
    S("final_421", "DEFERRED 421", ConnectionClosed, 1120),
    S("final_354", "UNKNOWN 354", LinkError, 162),
    S("final_garbage", DOUBT, MalformedReply, 162),
    S("final_half", DOUBT, ConnectionClosed, 1120),
    S("final_close", DOUBT, ConnectionClosed, 1120),
    S("final_reset", DOUBT, LinkError, 10054),
    S("final_silence", DOUBT, SMTPTimeout, 201, seconds=600),
    S("final_silence", DOUBT, SMTPTimeout, 201, seconds=11, properties={"timeout": 11},
      variant="explicit"),
    S("final_silence", DOUBT, SMTPTimeout, 201, seconds=90,
      properties={"timeout": 11, "FinalReplyTimeout": 90}, variant="its_own"),
    S("final_slow", GOOD, seconds=599),
    S("final_slow", GOOD, seconds=599, properties={"timeout": 11, "FinalReplyTimeout": 0},
      variant="for_ever"),
    S("final_slow", GOOD, seconds=599, properties={"timeout": 0}, variant="for_ever_everywhere"),
    S("bdat_close", DOUBT, ConnectionClosed, 1120),
    S("bdat_421", "DEFERRED 421", ConnectionClosed, 1120),
    S("bdat_taken_after_refused_mail", "UNKNOWN 250", LinkError, 162),
    S("bdat_chunk_refused", "REFUSED 552", RefusedError, 161, True,
      properties={"message": LONG_CONTENT}),
    S("bdat_chunks", GOOD, properties={"message": LONG_CONTENT}),
]  # fmt: skip

FOUR = ("bob@server.test", "bob@server.test", "eve@server.test", "cat@server.test")
STREAMS = [
    S("window_data", GOOD, ask=deliver(*FOUR), properties={"pipelining": "auto"}, waits=10),
    S("window_bdat", GOOD, ask=deliver(*FOUR), properties={"pipelining": "auto"}, waits=7),
    S("window_lone_dot", GOOD, ask=deliver("bob@server.test", "eve@server.test", "cat@server.test"),
      properties={"pipelining": "auto"}),
    S("window_out_of_step", GOOD, ask=deliver(*FOUR), properties={"pipelining": "auto"}, trail=(
        "-- the server does not accept commands after the end of a message;"
        " from now on one message at a time",)),
    S("rset_after_refusal", GOOD, ask=deliver("bob@server.test", "eve@server.test")),
    S("ehlo_for_rset", GOOD, ask=deliver("bob@server.test", "eve@server.test"),
      properties={"SendRSET": False}),
    S("rset_refused", LOST, ConnectionClosed, 1120,
      ask=deliver("bob@server.test", "eve@server.test")),
    S("no_rset_after_success", GOOD, ask=deliver("bob@server.test", "eve@server.test")),
    S("rset_after_refused_content", GOOD, ask=deliver("bob@server.test", "eve@server.test")),
    S("stream_hung_up", "DEFERRED 421", ConnectionClosed, 1120,
      ask=deliver("bob@server.test", "eve@server.test")),
    S("one_message_fails_alone", GOOD,
      ask=deliver("bob@server.test", "jörg@server.test", "eve@server.test")),
    S("idle_closed", GOOD, ask=send_twice, trail=(
        "-- the server hung up while we were idle; connecting again",
        "-- Remote host connection complete")),
    S("idle_421", GOOD, ask=send_twice, trail=(
        "S: 421 4.4.2 idle too long",
        "-- the server hung up while we were idle; connecting again",
        "-- Remote host connection complete")),
    S("idle_quiet", GOOD, ask=send_twice),
    S("idle_closed_twice", LOST, DeferredError, 161, ask=send_twice),
    S("late_reply", GOOD, ask=send_twice_after_trouble, properties={"timeout": 5}, seconds=5),
    S("group_half_answered", GOOD, ask=send_twice_after_trouble, properties={"timeout": 5},
      seconds=5, trail=("-- the server did not answer every command of a group;"
                        " from now on one command at a time",)),
    S("courtesy", ask=small_talk),
]  # fmt: skip

SCENARIOS = [*CONNECTING, *SENDING, *SWITCHES, *ENVELOPE, *MISSING, *ENDS, *STREAMS]
