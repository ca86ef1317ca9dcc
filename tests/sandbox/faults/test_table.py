"""Faults: as a table, and each of them on the wire."""

from __future__ import annotations

import ssl
from base64 import b64encode

import pytest

from drivers.peers import wait_until
from sandbox.line import Line
from smtp_nb.errors import InputError
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server.policy import END, ReceivedTransaction, Request
from smtp_nb.sandbox import FAULTS, SandboxServer
from smtp_nb.sandbox.connection import HUNG
from smtp_nb.sandbox.faults.catalogue import make
from smtp_nb.sandbox.faults.fault import Visitor
from smtp_nb.sandbox.faults.table import NO_ACTION, FaultTable

OK = Reply(250, ("2.0.0 Ok",))
ENVELOPE = b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\n"
MESSAGE = ENVELOPE + b"DATA\r\n"


def rcpt(address: str, sender: str = "a@x.test") -> Request:
    return Request("RCPT", OK, address=address, transaction=ReceivedTransaction("MAIL", sender, {}))


def end(*recipients: str) -> Request:
    transaction = ReceivedTransaction("MAIL", "a@x.test", {}, [(to, {}) for to in recipients])
    return Request(END, OK, transaction=transaction)


# The table


def test_nothing_goes_wrong_by_itself():
    table = FaultTable()
    assert not table
    assert table.strike(rcpt("b@x.test")) is NO_ACTION


def test_every_fault_says_what_it_does_and_no_two_say_the_same():
    told = [str(fault) for fault in FAULTS.values()]
    assert len(set(told)) == len(told)
    assert not [line for line in told if "does nothing" in line]
    assert str(FAULTS["refuse"]) == 'at RCPT: replies "550 5.1.1 No such mailbox here"'
    assert "forges the challenge" in str(FAULTS["wrong_proof"])
    assert str(FAULTS["close"]) == "at RCPT: closes the connection before the reply"


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("stage", END),
        ("code", 431),
        ("text", "4.0.0 later"),
        ("delay", 2.0),
        ("growth", 2.0),
        ("gap", 0.2),
        ("is_late", True),
        ("hangs", True),
        ("in_clear", True),
        ("tail", "250 ok"),
        ("is_forged", True),
        ("cut", "after"),
        ("once_each", True),
        ("recipient", ("a@x.test", "b@x.test")),
        ("sender", "*@y.test"),
        ("user", "alice"),
        ("peer", "127.0.0.2"),
        ("hello", "client.test"),
        ("session", 3),
        ("times", 2),
        ("after", 4),
        ("every", 5),
    ],
)
def test_whatever_a_fault_is_given_shows_in_its_words(argument, value):
    plain = {"code": 451, "text": "4.3.0 no"}
    fault = make("reply", plain | {argument: value})
    assert str(fault) != str(make("reply", plain))
    assert str(fault) in repr(fault)


def test_the_words_of_a_fault_hide_no_control_characters():
    assert "\x1b" not in str(make("reply", {"text": "4.3.0 \x1b[2J"}))


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_can_be_injected_as_it_is(name):
    table = FaultTable()
    fault = table.inject(name, {})
    assert table.active == (fault,)
    assert FAULTS[name].hits == 0


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("refues", {}, "Did you mean 'refuse'"),
        ("refuse", {"recipients": "x"}, "Did you mean 'recipient'"),
        ("refuse", {"stage": "BODY"}, "stage='BODY' is unknown"),
        ("refuse", {"code": 99}, "not a reply code"),
        ("close", {"cut": "off"}, "before"),
        ("refuse", {"hits": 3}, "no argument 'hits'"),
        ("refuse", {"_delayed": {}}, "no argument '_delayed'"),
        ("keyword", {"keyword": "STARTTLS"}, r"keyword='STARTTLS' at EHLO.*\+NAME"),
        ("keyword", {"keyword": "+A\r\n250 B"}, "changes nothing"),
        ("keyword", {"keyword": "+\N{KELVIN SIGN}"}, "changes nothing"),
        ("keyword", {"stage": "HELO"}, "at HELO changes nothing"),
    ],
)
def test_what_a_fault_does_not_take_is_said_at_once(name, arguments, words):
    with pytest.raises(InputError, match=words):
        make(name, arguments)


def test_a_code_without_a_text_gets_words_of_its_class():
    assert make("refuse", {"code": 450}).reply == Reply(450, ("4.3.0 Try again later",))
    assert make("reply", {"code": 554, "text": "No\nNever"}).reply == Reply(554, ("No", "Never"))


@pytest.mark.parametrize(
    ("recipient", "address", "strikes"),
    [
        ("b@x.test", "B@X.test", True),
        ("b@x.test", "c@x.test", False),
        ("*@x.test", "c@x.test", True),
        (("b@x.test", "c@x.test"), "c@x.test", True),
        ({"d@x.test"}, "c@x.test", False),
    ],
)
def test_a_fault_can_be_about_some_recipients(recipient, address, strikes):
    table = FaultTable()
    table.inject("refuse", {"recipient": recipient})
    assert bool(table.strike(rcpt(address)).reply) is strikes


def test_a_fault_can_be_about_a_sender():
    table = FaultTable()
    table.inject("refuse", {"sender": "spam@*"})
    assert table.strike(rcpt("b@x.test", "spam@x.test")).reply
    assert table.strike(rcpt("b@x.test")) is NO_ACTION
    assert table.strike(Request("NOOP", OK)) is NO_ACTION


def test_the_end_of_a_message_is_struck_for_any_of_its_recipients():
    table = FaultTable()
    table.inject("reply", {"stage": "end", "recipient": "b@x.test"})
    assert table.strike(end("a@x.test", "b@x.test")).reply
    assert table.strike(end("a@x.test")) is NO_ACTION


def test_times_and_after_count():
    table = FaultTable()
    fault = table.inject("refuse", {"times": 2, "after": 1})
    struck = [table.strike(rcpt("b@x.test")).reply is not None for _ in range(5)]
    assert struck == [False, True, True, False, False]
    assert fault.hits == 2


def test_greylisting_is_for_each_client_sender_and_recipient_once():
    table = FaultTable()
    table.inject("greylist", {})
    class_of = [(peer, sender) for peer in ("10.0.0.1", "10.0.0.2") for sender in ("a@x", "b@x")]
    first = [table.strike(rcpt("t@x", of), Visitor(peer=peer)).reply for peer, of in class_of]
    again = [table.strike(rcpt("t@x", of), Visitor(peer=peer)).reply for peer, of in class_of]
    assert (all(first), any(again)) == (True, False)
    assert table.strike(rcpt("t@x", "a@x"), Visitor("10.0.0.1", user="cy")).reply
    assert not table.strike(rcpt("t@x", "a@x"), Visitor("10.0.0.9", user="cy")).reply


@pytest.mark.parametrize(
    ("arguments", "visitor", "strikes"),
    [
        ({"user": "ben*"}, Visitor(user="Benny"), True),
        ({"user": "ben*"}, Visitor(), False),
        ({"hello": "ann.class.test"}, Visitor(hello="ann.class.test"), True),
        ({"hello": "ann.class.test"}, Visitor(hello="ben.class.test"), False),
        ({"peer": "10.0.0.?"}, Visitor("10.0.0.7"), True),
        ({"session": 2}, Visitor(session=2), True),
        ({"session": 2}, Visitor(session=1), False),
    ],
)
def test_a_fault_can_be_for_one_of_a_class(arguments, visitor, strikes):
    table = FaultTable()
    table.inject("refuse", arguments)
    assert bool(table.strike(rcpt("t@x.test"), visitor).reply) is strikes


@pytest.mark.parametrize("arguments", [{"sender": "ben*"}, {"recipient": "t@*"}])
def test_a_fault_that_would_never_strike_is_said_at_once(arguments):
    with pytest.raises(InputError, match=r"never strike.*user="):
        make("421", {"stage": "AUTH", **arguments})


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


def test_greylisting_is_for_each_recipient_once():
    table = FaultTable()
    table.inject("greylist", {})
    people = ["b@x.test", "B@x.test", "c@x.test", "b@x.test", "c@x.test"]
    struck = [bool(table.strike(rcpt(to)).reply) for to in people]
    assert struck == [True, False, True, False, False]


def test_delays_add_up_and_the_oldest_reply_counts():
    table = FaultTable()
    table.inject("slow", {"delay": 1.0})
    table.inject("refuse", {})
    table.inject("greylist", {"delay": 2.0})
    action = table.strike(rcpt("b@x.test"))
    assert (action.delay, action.reply.code) == (3.0, 550)


def test_healing_takes_back_what_was_injected():
    table = FaultTable([make("refuse", {"recipient": "b@x.test"})])
    table.inject("slow", {})
    table.inject("421", {})
    table.heal("slow")
    assert [fault.name for fault in table.active] == ["refuse", "421"]
    table.heal(None)
    assert [fault.name for fault in table.active] == ["refuse"]


def test_a_tarpit_delays_each_reply_of_a_session_more_than_the_one_before():
    table = FaultTable()
    table.inject("tarpit", {"growth": 0.25, "delay": 1.0})
    delays = [table.strike(rcpt("b@x.test"), Visitor(session=n)).delay for n in (1, 1, 2, 1, 2)]
    assert delays == [1.25, 1.5, 1.25, 1.75, 1.5]


EHLO = Reply(250, ("sandbox.test greets x", "PIPELINING", "SIZE 100", "HELP"))


@pytest.mark.parametrize(
    ("changes", "keywords"),
    [
        (["-SIZE"], ("PIPELINING", "HELP")),
        (["-size"], ("PIPELINING", "HELP")),
        (["-DSN"], None),
        (["+X-NEW a b"], ("PIPELINING", "SIZE 100", "HELP", "X-NEW a b")),
        (["+SIZE 7"], ("PIPELINING", "HELP", "SIZE 7")),
        (["-SIZE", "+DSN", "-HELP"], ("PIPELINING", "DSN")),
    ],
)
def test_keywords_come_and_go_in_the_reply_to_ehlo_alone(changes, keywords):
    table = FaultTable()
    for change in changes:
        table.inject("keyword", {"keyword": change})
    changed = table.strike(Request("EHLO", EHLO)).reply
    assert (changed or EHLO).lines == (EHLO.lines[0], *(keywords or EHLO.lines[1:]))
    assert table.strike(Request("EHLO", EHLO), Visitor(in_tls=True)) is NO_ACTION
    assert table.strike(Request("HELO", OK)) is NO_ACTION
    assert table.strike(Request("EHLO", Reply(501, ("No",)))).reply is None


# On the wire


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
