"""The sandbox tells the truth: what a class sees is what happened on the wire."""

from __future__ import annotations

from base64 import b64encode

import pytest

from protocol.server.talk import login_service
from sandbox.line import Line
from smtp_nb import SMTP
from smtp_nb.errors import InputError
from smtp_nb.model.enums import TrailDirection
from smtp_nb.protocol.server.policy import EXTENSIONS, Service
from smtp_nb.sandbox import SandboxServer
from smtp_nb.sandbox.session import Session, Sessions

CLIENT, SERVER, INFO = TrailDirection.CLIENT, TrailDirection.SERVER, TrailDirection.INFO


def test_a_group_is_told_in_the_order_in_which_it_passed(connect, server):
    client = connect(server, ehlo=True)
    client.ask(b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n", 3)
    events = list(server.sessions[0])[-6:]
    assert [event.direction for event in events] == [CLIENT] * 3 + [SERVER] * 3
    assert [event.seconds for event in events] == sorted(event.seconds for event in events)


ENVELOPE = b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\n"


@pytest.mark.parametrize(
    ("said", "waiting"),
    [
        (b"", "a command"),
        (b"NOOP", "4 octets without an end of line (CRLF)"),
        (b"NOOP\n", "5 octets without an end of line (CRLF)"),
        (ENVELOPE + b"DATA\r\nno dot\r\n here",
         "the dot on a line of its own (13 bytes of content so far)"),
        (ENVELOPE + b"BDAT 9 LAST\r\nabc", "6 more bytes of a chunk"),
        (b"QUIT\r\n", "nothing: the session is over"),
    ],
)  # fmt: skip
def test_what_the_server_waits_for_is_said(said, waiting):
    line = Line()
    line.say(b"EHLO x.test\r\n" + said)
    assert line.session.waiting == waiting
    assert waiting in repr(line.session)


def test_a_challenge_waits_for_its_answer():
    line = Line(login_service())
    line.say(b"EHLO x.test\r\nAUTH LOGIN\r\n")
    assert line.session.waiting == "the answer to a challenge"


@pytest.mark.parametrize("said", [b"EHLO x", b"NOOP\n", b"\r", b"\x00\xff"])
def test_octets_that_are_no_command_are_kept(said):
    line = Line()
    line.say(said)
    greeting = (SERVER, b"220 sandbox.test ESMTP smtp_nb sandbox\r\n")
    assert line.session.wire[:2] == [greeting, (CLIENT, said)]


def test_the_wire_shows_no_password():
    line = Line(login_service(), passwords=("wonderland",))
    secret, name, word = (b64encode(x) for x in (b"\0alice\0guess", b"alice", b"guess"))
    line.say(b"EHLO x.test\r\nAUTH PLAIN " + secret + b"\r\n")
    for said in (b"AUTH LOGIN", name, word, secret, b"NOOP wonderland", b"HELP"):
        line.say(said + b"\r\n")
    line.say(b"AUTH PLAIN " + secret[:6])
    octets = b"".join(data for _, data in line.session.wire)
    for hidden in (secret, secret[:6], name, word, b"wonderland"):
        assert hidden not in octets
    assert octets.count(b"AUTH PLAIN <hidden>") == 2
    assert b"NOOP <hidden>\r\nHELP\r\n" not in octets  # the server spoke in between
    assert b"NOOP <hidden>\r\n" in octets


def test_the_wire_forgets_the_oldest_octets(connect, server):
    client = connect(server, ehlo=True)
    client.ask(b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n", 3)
    client.ask(b"0123456789abcd\r\n" * 40_000 + b".\r\n")
    wire = server.sessions[0].wire
    assert sum(len(data) for _, data in wire) <= 256 * 1024
    assert wire[-1][1].startswith(b"250 ")


TRIP = 0.02


@pytest.mark.parametrize("commands", [1, 5, 50])
def test_a_group_takes_one_trip_however_many_commands_it_has(commands):
    line = Line(latency_s=TRIP)
    line.clock.run()
    line.ask(b"EHLO x.test\r\n")
    assert line.ask(b"NOOP\r\n" * commands) == pytest.approx(TRIP)
    assert line.got[-1][1].count(b"250 ") == commands


def test_trips_and_delays_add_up():
    line = Line(latency_s=TRIP)
    line.shared.faults.inject("slow", {"delay": 1.0, "stage": "NOOP"})
    line.clock.run()
    line.ask(b"EHLO x.test\r\n")
    began = line.clock.now
    line.say(b"NOOP\r\nNOOP\r\n")
    line.clock.run()
    assert [when - began for when, _ in line.got[-2:]] == pytest.approx([1.0 + TRIP, 2.0 + TRIP])


def test_pieces_on_the_way_keep_their_order():
    line = Line(latency_s=TRIP)
    line.clock.run()
    for piece in (b"EHLO x.test\r\n", b"NO", b"OP\r\nHE", b"LP\r\n", b"QUIT\r\n"):
        line.say(piece)
    line.clock.run()
    codes = [part[:4] for part in b"".join(data for _, data in line.got).split(b"\r\n")]
    assert [code for code in codes if code[3:] == b" "] == [
        b"220 ",
        b"250 ",
        b"250 ",
        b"214 ",
        b"221 ",
    ]
    assert line.is_closed


def test_a_client_that_shuts_its_side_gets_the_replies_that_are_on_the_way():
    line = Line(latency_s=TRIP)
    line.say(b"NOOP\r\n")
    assert line._connection.eof_received()
    line.clock.run()
    assert line.got[-1][1] == b"250 Ok\r\n"
    assert line.is_closed


@pytest.mark.parametrize(
    ("latency", "seconds"), [("20ms", 0.02), (0.5, 0.5), ("1.5 s", 1.5), (0, 0), ("0", 0)]
)
def test_latency_is_text_or_seconds(latency, seconds):
    assert SandboxServer(latency=latency)._shared.latency_s == seconds


@pytest.mark.parametrize("latency", ["fast", "-1", -1, "٢٠ms", float("nan"), None])
def test_what_is_no_latency_is_said(latency):
    with pytest.raises(InputError, match=r"20ms|a number or a string"):
        SandboxServer(latency=latency)


def test_a_slow_line_works():
    with SandboxServer(latency="1ms", tls="starttls") as server:
        with SMTP.from_url(server.url, from_="ann@x.test", send_to="ben@x.test") as smtp:
            smtp.send()
        assert len(server.messages) == 1


@pytest.mark.parametrize(
    ("without", "reads", "remarks"),
    [
        ((), [ENVELOPE + b"DATA\r\n", b"hi\r\n.\r\n" + ENVELOPE + b"QUIT\r\n"], []),
        ((), [ENVELOPE, b"BDAT 4 LAST\r\nhi\r\n" + ENVELOPE + b"BDAT 1 LAST\r\n", b"x"], []),
        ((), [ENVELOPE + b"DATA\r\nhi\r\n.\r\n"], ["out-of-turn"]),
        ((), [b"NOOP\r\nNOOP\r\n"], ["out-of-turn"]),
        (("PIPELINING",), [ENVELOPE], ["out-of-turn"]),
        (("PIPELINING",), ENVELOPE.splitlines(keepends=True), []),
        ((), [b"NOOP\n"], ["bare-lf"]),
        ((), [ENVELOPE + b"DATA\r\n", b"a\nb\n\r\n.\r\n"], ["bare-lf"]),
    ],
)
def test_what_a_beginner_does_wrong_leaves_a_mark(without, reads, remarks):
    kept = tuple(name for name in EXTENSIONS if name not in without)
    line = Line(Service("sandbox.test", kept))
    line.say(b"EHLO x.test\r\n")
    for read in reads:
        line.say(read)
    assert line.session.remarks == remarks
    assert bool(remarks) is any(event.direction is INFO and "bytes of" not in event.message
                                for event in line.session)  # fmt: skip


def test_a_thousand_sessions_have_a_short_repr():
    sessions = Sessions(Session(n, "127.0.0.1:1", ()) for n in range(1000))
    assert repr(sessions).startswith("<1,000 sessions>\n… 980 before\n<Session 980 from")
    assert sessions == list(sessions)


def test_a_refused_command_leaves_the_server_as_it_was():
    line = Line()
    line.say(b"EHLO x.test\r\n")
    for said in (b"MAIL FROM: <a@x.test>", b"MAIL FROM:<a@x.test> SIZE=x", b"RCPT TO:<b@x.test>"):
        line.say(said + b"\r\n")
        assert line.session.waiting == "a command"
        line.say(b"DATA\r\n")
        assert line.got[-1][1].startswith(b"503 ")
    line.say(ENVELOPE)
    for said in (b"RCPT TO: b@x.test", b"MAIL FROM:<c@x.test>", b"EHLO a@b", b"STARTTLS"):
        line.say(said + b"\r\n")
        assert line.got[-1][1].startswith(b"50")
    line.say(b"DATA\r\n")
    line.say(b"hi\r\n.\r\n")
    assert line.shared.messages[0].rcpt_tos == ("b@x.test",)
