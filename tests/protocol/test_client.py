"""Reply n answers command n, and only what fits the moment is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.errors import MalformedReply, StateError
from smtp_nb.model.address import Mailbox
from smtp_nb.protocol import commands as c
from smtp_nb.protocol.client import TRANSITIONS, ClientProtocol, ClientState

BOX = Mailbox("a", "b.test")
EXAMPLES = {
    "EHLO": c.ehlo("x"),
    "HELO": c.helo("x"),
    "STARTTLS": c.STARTTLS,
    "AUTH": c.auth("LOGIN", None),
    "ANSWER": c.auth_answer(b"x"),
    "MAIL": c.mail(BOX),
    "SEND": c.mail(BOX, verb="SEND"),
    "SOML": c.mail(BOX, verb="SOML"),
    "SAML": c.mail(BOX, verb="SAML"),
    "RCPT": c.rcpt(BOX),
    "DATA": c.DATA,
    "END": c.END_OF_DATA,
    "BDAT": c.bdat(1, last=False),
    "BDAT LAST": c.bdat(1, last=True),
    "RSET": c.RSET,
    "NOOP": c.command("NOOP"),
    "VRFY": c.command("VRFY", "x"),
    "EXPN": c.command("EXPN", "x"),
    "HELP": c.command("HELP"),
    "QUIT": c.QUIT,
}
# The words that lead into each state, with the replies that they get.
WAYS = {
    ClientState.CONNECTED: [],
    ClientState.GREETED: ["220"],
    ClientState.READY: ["220", "EHLO", "250"],
    ClientState.MAIL: ["220", "EHLO", "250", "MAIL", "250"],
    ClientState.RCPT: ["220", "EHLO", "250", "MAIL", "250", "RCPT", "250"],
    ClientState.DATA: ["220", "EHLO", "250", "MAIL", "250", "RCPT", "250", "DATA", "354"],
    ClientState.AUTH: ["220", "EHLO", "250", "AUTH", "334"],
    ClientState.CLOSED: ["220", "EHLO", "250", "QUIT", "221"],
}
# What fits where, written out a second time: RFC 5321 section 4.1.4, RFC 3207, RFC 4954, RFC 3030.
FITS = {
    ClientState.CONNECTED: "",
    ClientState.GREETED: "EHLO HELO RSET NOOP VRFY EXPN HELP QUIT",
    ClientState.READY: "EHLO HELO STARTTLS AUTH MAIL SEND SOML SAML RSET NOOP VRFY EXPN HELP QUIT",
    ClientState.MAIL: "EHLO HELO RCPT RSET NOOP VRFY EXPN HELP QUIT",
    ClientState.RCPT: "EHLO HELO RCPT DATA BDAT BDAT+LAST RSET NOOP VRFY EXPN HELP QUIT",
    ClientState.DATA: "END",
    ClientState.AUTH: "ANSWER QUIT",
    ClientState.CLOSED: "",
}


def talk(*words: str) -> ClientProtocol:
    """A client that has said and heard this: verbs of ours, codes of the server."""
    protocol = ClientProtocol()
    for word in words:
        if word.isdecimal():
            hear(protocol, f"{word} text")
        else:
            protocol.send(EXAMPLES[word])
    return protocol


def hear(protocol: ClientProtocol, *lines: str):
    for line in lines:
        protocol.receive_data(line.encode() + b"\r\n")
    return protocol.next_reply()


# -- states -----------------------------------------------------------------------------------


def test_every_row_of_the_table_is_tried():
    assert set(EXAMPLES) == set(TRANSITIONS)
    assert set(WAYS) == set(FITS) == set(ClientState)


@pytest.mark.parametrize("state", ClientState, ids=lambda state: state.name)
@pytest.mark.parametrize("row", EXAMPLES)
def test_only_what_fits_the_state_is_written(state, row):
    protocol = talk(*WAYS[state])
    assert protocol.state is state
    if row.replace(" ", "+") in FITS[state].split():
        assert protocol.send(EXAMPLES[row]) == EXAMPLES[row].line
        assert protocol.waiting == 1
    else:
        with pytest.raises(StateError):
            protocol.send(EXAMPLES[row])
        assert protocol.waiting == (state is ClientState.CONNECTED)
        assert protocol.state is state


def test_a_command_of_the_users_fits_between_transactions_and_inside():
    odd = c.command("XCUSTOM", "John LAST")
    for state in (ClientState.GREETED, ClientState.READY, ClientState.MAIL, ClientState.RCPT):
        assert talk(*WAYS[state]).send(odd)
    for state in (ClientState.CONNECTED, ClientState.DATA, ClientState.AUTH, ClientState.CLOSED):
        with pytest.raises(StateError):
            talk(*WAYS[state]).send(odd)


def test_the_state_moves_with_what_is_written_because_replies_come_later():
    protocol = talk("220", "EHLO", "250", "MAIL", "RCPT", "DATA")
    assert protocol.state is ClientState.DATA
    assert protocol.waiting == 3


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (["220"], ClientState.GREETED),
        (["554"], ClientState.CONNECTED),
        (["220", "EHLO", "502"], ClientState.READY),  # HELO fits in any case
        (["220", "EHLO", "250", "STARTTLS", "220"], ClientState.GREETED),
        (["220", "EHLO", "250", "STARTTLS", "454"], ClientState.READY),
        (["220", "EHLO", "250", "AUTH", "235"], ClientState.READY),
        (["220", "EHLO", "250", "AUTH", "535"], ClientState.READY),
        (["220", "EHLO", "250", "AUTH", "334", "ANSWER", "334"], ClientState.AUTH),
        (["220", "EHLO", "250", "AUTH", "334", "ANSWER", "235"], ClientState.READY),
        (["220", "EHLO", "250", "AUTH", "334", "ANSWER", "501"], ClientState.READY),
        (["220", "EHLO", "250", "MAIL", "550"], ClientState.MAIL),  # RSET first, to be sure
        (["220", "EHLO", "250", "MAIL", "250", "RCPT", "550"], ClientState.RCPT),
        (["220", "EHLO", "250", "MAIL", "250", "RCPT", "250", "DATA", "451"], ClientState.RCPT),
        (["220", "EHLO", "250", "MAIL", "250", "RCPT", "250", "DATA", "354"], ClientState.DATA),
        ([*WAYS[ClientState.DATA], "END", "250"], ClientState.READY),
        ([*WAYS[ClientState.DATA], "END", "550"], ClientState.RCPT),
        ([*WAYS[ClientState.RCPT], "BDAT", "250"], ClientState.RCPT),
        ([*WAYS[ClientState.RCPT], "BDAT LAST", "250"], ClientState.READY),
        ([*WAYS[ClientState.RCPT], "BDAT LAST", "503"], ClientState.RCPT),
        ([*WAYS[ClientState.RCPT], "RSET", "250"], ClientState.READY),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value.name,
)
def test_replies_move_the_state_where_only_they_can_tell(words, state):
    assert talk(*words).state is state


def test_after_starttls_the_conversation_begins_anew_without_a_banner():
    protocol = talk("220", "EHLO", "250", "STARTTLS", "220")
    protocol.receive_data(b"250-left in clear")
    protocol.restart_after_tls()
    assert protocol.waiting == 0
    assert not protocol.has_rest
    assert protocol.send(c.ehlo("x"))


# -- first in, first out ----------------------------------------------------------------------


def test_the_banner_is_waited_for_first():
    protocol = ClientProtocol()
    assert protocol.waiting == 1
    command, reply = hear(protocol, "220 ready")
    assert command is c.BANNER
    assert reply.code == 220


def test_replies_answer_commands_in_their_order():
    protocol = talk("220", "EHLO", "250", "MAIL", "RCPT", "RCPT", "DATA")
    protocol.receive_data(b"250 a\r\n550-b\r\n550 b\r\n450 c\r\n354 d\r\n")
    taken = [protocol.next_reply() for _ in range(4)]
    assert [(command.verb, reply.code) for command, reply in taken] == [
        ("MAIL", 250),
        ("RCPT", 550),
        ("RCPT", 450),
        ("DATA", 354),
    ]
    assert protocol.next_reply() is None
    assert protocol.waiting == 0


@given(st.lists(st.sampled_from([250, 251, 450, 550]), min_size=1, max_size=20), st.integers(1, 9))
def test_any_group_in_any_pieces_is_answered_in_order(codes, size):
    protocol = talk("220", "EHLO", "250", "MAIL", "250")
    wanted = []
    for number, code in enumerate(codes):
        command = c.rcpt(Mailbox(f"user{number}", "b.test"))
        protocol.send(command)
        wanted.append((command, code))
    wire = b"".join(f"{code}-x\r\n{code} y\r\n".encode() for code in codes)
    taken = []
    for start in range(0, len(wire), size):
        protocol.receive_data(wire[start : start + size])
        while found := protocol.next_reply():
            taken.append((found[0], found[1].code))
    assert taken == wanted


def test_it_is_known_which_replies_are_still_to_come():
    protocol = talk(*WAYS[ClientState.DATA])
    protocol.end_of_data()
    assert protocol.awaits(c.END_OF_DATA)
    hear(protocol, "250 queued")
    assert not protocol.awaits(c.END_OF_DATA)


# -- the server speaks without being asked ----------------------------------------------------


def test_an_answer_to_nothing_is_refused():
    protocol = talk(*WAYS[ClientState.READY])
    protocol.receive_data(b"250 and another thing\r\n")
    with pytest.raises(MalformedReply, match="reply to no command"):
        protocol.next_reply()


@pytest.mark.parametrize("rest", [b"250 extra\r\n", b"250-begun\r\n", b"2", b"\x16\x03"])
def test_nothing_is_written_to_a_server_that_has_spoken_without_being_asked(rest):
    protocol = talk(*WAYS[ClientState.READY])
    protocol.receive_data(rest)
    with pytest.raises(MalformedReply, match="reply to no command"):
        protocol.send(c.command("NOOP"))
    assert protocol.waiting == 0


def test_a_reply_too_many_does_not_become_the_answer_to_the_content():
    protocol = talk("220", "EHLO", "250", "MAIL", "250", "RCPT", "250", "DATA")
    protocol.receive_data(b"354 go on\r\n250 queued already\r\n")
    assert protocol.next_reply()[1].code == 354
    with pytest.raises(MalformedReply):
        protocol.end_of_data()


def test_more_answers_than_commands_in_a_group_are_refused():
    protocol = talk("220", "EHLO", "250", "MAIL", "RCPT")
    protocol.receive_data(b"250 a\r\n250 b\r\n250 c\r\n")
    assert protocol.next_reply()
    assert protocol.next_reply()
    with pytest.raises(MalformedReply):
        protocol.next_reply()


# -- 421 at any time (RFC 5321 section 3.8) ---------------------------------------------------


@pytest.mark.parametrize(
    "state",
    [ClientState.GREETED, ClientState.READY, ClientState.MAIL, ClientState.RCPT, ClientState.DATA],
)
def test_421_may_come_while_nothing_is_asked(state):
    protocol = talk(*WAYS[state])
    command, reply = hear(protocol, "421 going down")
    assert command is c.BANNER
    assert reply.code == 421


@pytest.mark.parametrize("row", sorted(set(EXAMPLES) - {"ANSWER", "END", "BDAT", "BDAT LAST"}))
def test_421_may_answer_any_command(row):
    state = next(state for state in ClientState if row in FITS[state].split())
    protocol = talk(*WAYS[state], row)
    command, reply = hear(protocol, "421 going down")
    assert command is EXAMPLES[row]
    assert reply.code == 421
