"""Each fault on the wire, as a client meets it."""

from __future__ import annotations

import ssl
from base64 import b64encode

import pytest

from drivers.peers import wait_until
from sandbox.line import Line
from smtp_nb.sandbox import SandboxServer
from smtp_nb.sandbox.connection import HUNG

ENVELOPE = b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\n"
MESSAGE = ENVELOPE + b"DATA\r\n"


def test_a_fault_for_one_user_leaves_the_others_alone(connect):
    with SandboxServer(auth={"ann": "a", "ben": "b"}) as server:
        server.inject("refuse", stage="MAIL", user="ben", code=451)
        codes = []
        for user in ("ann", "ben"):
            client = connect(server, ehlo=True)
            secret = b64encode(f"\0{user}\0{user[0]}".encode())
            assert client.ask(b"AUTH PLAIN " + secret + b"\r\n") == [235]
            codes += client.ask(b"MAIL FROM:<x@x.test>\r\n")
    assert codes == [250, 451]


def test_a_dribbled_reply_comes_byte_by_byte_and_those_around_it_whole():
    line = Line()
    line.say(b"EHLO x.test\r\n")
    line.shared.faults.inject("dribble", {"stage": "RCPT", "gap": 1.0})
    seen = len(line.got)
    line.say(ENVELOPE + b"NOOP\r\n")
    line.clock.run()
    pieces = [data for _, data in line.got[seen:]]
    reply = b"250 2.1.5 Recipient ok\r\n"
    assert pieces == [b"250 2.1.0 Sender ok\r\n", *(bytes([one]) for one in reply),
                      b"250 2.0.0 Ok\r\n"]  # fmt: skip
    assert line.clock.now == len(reply) - 1
    assert b"".join(data for _, data in line.session.wire).endswith(b"".join(pieces[-1:]))


@pytest.mark.parametrize("ending", ["close", "reset"])
def test_a_dribble_ends_with_its_connection(ending, connect, server):
    server.inject("dribble", gap=0.001)
    client = connect(server, greeting=False)
    if ending == "reset":
        server.reset()
    client.close()
    assert connect(server, greeting=False).line().startswith("220 ")


def test_a_dribble_inside_tls(connect):
    with SandboxServer(tls="implicit") as server:
        server.inject("dribble", gap=0.0001)
        client = connect(server, greeting=False)
        client.secure(server)
        assert client.codes(1) == [220]
        assert client.ask(b"EHLO x.test\r\nQUIT\r\n", 2) == [250, 221]


def test_late_replies_of_a_group_come_in_the_wrong_order(connect, server):
    server.inject("wrong_order")
    client = connect(server, ehlo=True)
    client.send(MESSAGE)
    assert [client.line()[:9] for _ in range(3)] == ["354 End d", "250 2.1.5", "250 2.1.0"]
    assert client.ask(b".\r\n") == [250]
    told = [event.message[:3] for event in server.sessions[0] if event.message[:3].isdigit()]
    assert told[-4:] == ["354", "250", "250", "250"]
    assert server.messages


def test_a_late_reply_comes_after_the_next_one():
    line = Line()
    line.say(b"EHLO x.test\r\n")
    line.shared.faults.inject("wrong_order", {"stage": "MAIL"})
    line.say(MESSAGE)
    codes = [part[:9] for part in line.got[-1][1].split(b"\r\n")]
    assert codes[:3] == [b"250 2.1.5", b"250 2.1.0", b"354 End d"]


def test_a_server_that_hangs_hears_and_says_nothing_and_nobody_is_blamed(connect, server):
    server.inject("hang_after_354")
    client = connect(server, ehlo=True)
    assert client.ask(b"DATA\r\n") == [503]
    assert client.ask(MESSAGE, 3) == [250, 250, 354]
    client.send(b"hi\r\n.\r\nQUIT\r\n")
    session = server.sessions[0]
    wait_until(lambda: session.wire[-1][1].endswith(b"QUIT\r\n"))
    assert (session.waiting, session.exchanges[-1].command) == (HUNG, "DATA")
    client.close()
    wait_until(lambda: not session.is_open)
    assert session.remarks == []
    assert "hangs from here on" in str(session)
    assert server.messages == []


def test_refuse(connect, server):
    fault = server.inject("refuse", recipient="b@x.test")
    client = connect(server, ehlo=True)
    client.send(ENVELOPE + b"RCPT TO:<c@x.test>\r\n")
    assert client.codes(1) == [250]
    assert client.line() == "550 5.1.1 No such mailbox here"
    assert client.ask(b"DATA\r\n", 2) == [250, 354]
    assert client.ask(b".\r\n") == [250]
    assert server.messages[0].rcpt_tos == ("c@x.test",)
    assert server.faults == (fault,)
    assert fault.hits == 1


@pytest.mark.parametrize(
    ("stage", "codes"),
    [
        ("MAIL", [550, 503, 503]),
        ("RCPT", [250, 550, 554]),
        ("DATA", [250, 250, 550]),
    ],
)
def test_refuse_at_any_stage(stage, codes, connect, server):
    server.inject("refuse", stage=stage)
    assert connect(server, ehlo=True).ask(MESSAGE, 3) == codes


def test_refuse_at_the_end_stores_nothing(connect, server):
    server.inject("refuse", stage="end", code=552, text="5.2.2 Full")
    client = connect(server, ehlo=True)
    client.ask(MESSAGE, 3)
    client.send(b".\r\n")
    assert client.line() == "552 5.2.2 Full"
    assert server.messages == []


def test_refuse_the_greeting(connect, server):
    server.inject("refuse", stage="greeting", code=554, text="5.3.2 Go away")
    client = connect(server, greeting=False)
    assert client.line() == "554 Go away"
    assert client.ask(b"EHLO x\r\nMAIL FROM:<a@x.test>\r\nQUIT\r\n", 3) == [503, 503, 221]


def test_greylist(connect, server):
    server.inject("greylist")
    client = connect(server, ehlo=True)
    client.send(ENVELOPE)
    assert client.codes(1) == [250]
    assert client.line().startswith("450 4.7.1")
    assert client.ask(b"RCPT TO:<b@x.test>\r\nDATA\r\n", 2) == [250, 354]
    assert client.ask(b".\r\n") == [250]


def test_421_ends_the_session(connect, server):
    server.inject("421", stage="MAIL", after=1, times=1)
    client = connect(server, ehlo=True)
    assert client.ask(b"MAIL FROM:<a@x.test>\r\nRSET\r\n", 2) == [250, 250]
    client.send(MESSAGE)
    assert client.line() == "421 4.3.2 Service shutting down"
    assert client.rest() == b""
    assert connect(server, ehlo=True).ask(MESSAGE, 3) == [250, 250, 354]


def test_slow_replies_come_in_order_and_all(connect, server):
    server.inject("slow", delay=0.01)
    client = connect(server)
    assert client.ask(b"EHLO x\r\n" + ENVELOPE + b"BDAT 2 LAST\r\nhiQUIT\r\n", 5) == [
        250,
        250,
        250,
        250,
        221,
    ]
    assert server.messages[0].content == b"hi"


def test_close_ends_the_line_without_a_reply(connect, server):
    server.inject("close", stage="DATA")
    client = connect(server, ehlo=True)
    client.send(MESSAGE)
    assert client.codes(2) == [250, 250]
    assert client.rest() == b""


@pytest.mark.parametrize("ending", [b"DATA\r\nhello\r\n.\r\n", b"BDAT 7 LAST\r\nhello\r\n"])
@pytest.mark.parametrize(
    ("name", "arguments", "stored", "replies"),
    [
        ("drop_before_final_reply", {}, 0, 0),
        ("drop_before_final_reply", {"stored": True}, 1, 0),
        ("drop_after_final_reply", {}, 1, 1),
    ],
)
def test_drops_around_the_final_reply(name, arguments, stored, replies, ending, connect, server):
    server.inject(name, times=1, **arguments)
    client = connect(server, ehlo=True)
    client.send(ENVELOPE + ending + ENVELOPE)
    lines = client.rest().decode().splitlines()
    assert [line[:3] for line in lines if line[:3] != "354"] == ["250", "250", *["250"] * replies]
    assert len(server.messages) == stored
    again = connect(server, ehlo=True)
    assert again.ask(ENVELOPE + b"BDAT 0 LAST\r\n", 3) == [250, 250, 250]


def test_a_dropped_message_leaves_other_sessions_alone(connect, server):
    first, second = connect(server, ehlo=True), connect(server, ehlo=True)
    server.inject("drop_before_final_reply", times=1)
    first.ask(MESSAGE, 3)
    second.ask(MESSAGE, 3)
    first.send(b".\r\n")
    assert first.rest() == b""
    assert second.ask(b".\r\n") == [250]


def test_a_server_that_answers_354_to_a_message_without_recipients(connect, server):
    server.inject("refuse", times=1)
    server.inject("reply", stage="DATA", code=354, text="Go")
    client = connect(server, ehlo=True)
    assert client.ask(MESSAGE, 3) == [250, 550, 354]
    assert client.ask(b".\r\n") == [554]
    assert server.messages == []


def test_plaintext_injected_behind_starttls(connect):
    with SandboxServer(tls="starttls") as server:
        server.inject("starttls_injection")
        client = connect(server, ehlo=True)
        client.send(b"STARTTLS\r\n")
        assert client.line().startswith("220")
        assert client.line() == "250 2.0.0 Injected in clear"


def test_starttls_refused(connect):
    with SandboxServer(tls="starttls") as server:
        server.inject("reply", stage="STARTTLS", code=454, text="4.7.0 No TLS today")
        client = connect(server, ehlo=True)
        assert client.ask(b"STARTTLS\r\nNOOP\r\n", 2) == [454, 250]


def test_a_drop_inside_tls_has_no_goodbye(connect):
    with SandboxServer(tls="implicit") as server:
        server.inject("close", stage="NOOP")
        client = connect(server, greeting=False)
        client.secure(server)
        assert client.codes(1) == [220]
        client.send(b"NOOP\r\n")
        with pytest.raises(ssl.SSLEOFError):
            client.rest()
