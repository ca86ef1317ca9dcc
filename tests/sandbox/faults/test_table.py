"""The table of faults: whom one strikes, when, how often, and what it says about itself."""

from __future__ import annotations

import pytest

from smtp_nb.errors import InputError
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server.policy import END, ReceivedTransaction, Request
from smtp_nb.sandbox import FAULTS
from smtp_nb.sandbox.faults.catalogue import make
from smtp_nb.sandbox.faults.fault import Visitor
from smtp_nb.sandbox.faults.table import NO_ACTION, FaultTable

OK = Reply(250, ("2.0.0 Ok",))


def rcpt(address: str, sender: str = "a@x.test") -> Request:
    return Request("RCPT", OK, address=address, transaction=ReceivedTransaction("MAIL", sender, {}))


def end(*recipients: str) -> Request:
    transaction = ReceivedTransaction("MAIL", "a@x.test", {}, [(to, {}) for to in recipients])
    return Request(END, OK, transaction=transaction)


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
