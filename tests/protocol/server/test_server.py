"""The server's role without a socket: what it answers, what it takes, what it refuses."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.server.talk import Talk, greeted, in_mail, login_service, service
from smtp_nb.errors import StateError
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server.policy import EXTENSIONS
from smtp_nb.protocol.server.server import ServerProtocol
from smtp_nb.protocol.server.states import ServerState

# Greeting and EHLO


def test_the_greeting_comes_before_any_octet():
    assert Talk().output == b"220 sandbox.test ESMTP smtp_nb sandbox\r\n"


def test_ehlo_lists_what_is_offered_and_helo_lists_nothing():
    lines = Talk(login_service()).say(b"EHLO client.test\r\n")
    assert lines[0] == "250-sandbox.test greets client.test"
    assert {line[4:] for line in lines[1:]} == {
        *set(EXTENSIONS) - {"SIZE", "AUTH"},
        "SIZE 1000",
        "AUTH PLAIN LOGIN CRAM-MD5",
    }
    assert Talk().say(b"HELO client.test\r\n") == ["250 sandbox.test greets client.test"]


@pytest.mark.parametrize("name", EXTENSIONS)
def test_each_extension_can_be_left_out(name):
    left = tuple(other for other in EXTENSIONS if other != name)
    lines = Talk(login_service(extensions=left)).say(b"EHLO client.test\r\n")
    assert not [line for line in lines if line[4:].partition(" ")[0] == name]


@pytest.mark.parametrize("argument", [b"", b" two words", b" <x>", b" a,b", b" a@b"])
def test_ehlo_takes_one_name(argument):
    assert Talk().codes(b"EHLO" + argument + b"\r\n") == [501]


def test_starttls_is_offered_before_tls_and_auth_inside_it():
    demanding = login_service(login_needs_tls=True)
    clear = Talk(demanding).say(b"EHLO x\r\n")
    secure = Talk(demanding, tls=True).say(b"EHLO x\r\n")
    assert any("STARTTLS" in line for line in clear)
    assert not any("AUTH" in line for line in clear)
    assert not any("STARTTLS" in line for line in secure)
    assert any("AUTH PLAIN" in line for line in secure)


# The order of commands


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (b"MAIL FROM:<a@x.test>", 503),
        (b"RCPT TO:<b@x.test>", 503),
        (b"DATA", 503),
        (b"STARTTLS", 503),
        (b"AUTH PLAIN", 503),
        (b"BDAT 0 LAST", 503),
        (b"RSET", 250),
        (b"NOOP", 250),
        (b"NOOP with a word", 250),
        (b"HELP", 214),
        (b"VRFY b@x.test", 252),
        (b"QUIT", 221),
        (b"NONSENSE", 500),
        (b"", 500),
    ],
)
def test_what_is_answered_before_ehlo(command, code):
    assert Talk().codes(command + b"\r\n") == [code]


def test_data_without_mail_is_503_and_without_recipient_554():
    talk = greeted()
    assert talk.codes(b"DATA\r\n") == [503]
    assert talk.codes(b"MAIL FROM:<a@x.test>\r\nDATA\r\n") == [250, 554]


def test_a_second_mail_is_refused_until_rset():
    talk = in_mail()
    assert talk.codes(b"MAIL FROM:<c@x.test>\r\n") == [503]
    assert talk.codes(b"RSET\r\nMAIL FROM:<c@x.test>\r\n") == [250, 250]


@pytest.mark.parametrize("reset", [b"RSET", b"EHLO again", b"HELO again"])
def test_a_transaction_is_forgotten(reset):
    talk = in_mail()
    assert talk.codes(reset + b"\r\nDATA\r\n") == [250, 503]


def test_after_quit_nothing_is_read():
    talk = Talk()
    assert talk.codes(b"QUIT\r\nNOOP\r\n") == [221]
    assert talk.machine.state is ServerState.CLOSED
    assert talk.codes(b"NOOP\r\n") == []


def test_verbs_and_keywords_are_known_in_any_case():
    talk = Talk()
    assert talk.codes(b"eHLo x\r\nmaiL fROM:<a@x.test> body=8bitmime\r\n") == [250, 250]
    assert talk.codes(b"rCpt tO:<b@x.test>\r\nDaTa\r\n") == [250, 354]


@pytest.mark.parametrize("verb", [b"GET / HTTP/1.1", b"POST / HTTP/1.1", b"CONNECT x:25"])
def test_a_browser_is_sent_away(verb):
    talk = Talk()
    assert talk.codes(verb + b"\r\nMAIL FROM:<a@x.test>\r\n") == [521]
    assert talk.machine.state is ServerState.CLOSED


@pytest.mark.parametrize("verb", ["SEND", "SOML", "SAML"])
def test_the_old_verbs_begin_a_mail_as_long_as_they_are_offered(verb):
    talk = greeted()
    line = f"{verb} FROM:<a@x.test>\r\n".encode()
    assert talk.codes(line + b"RCPT TO:<b@x.test>\r\nDATA\r\nx\r\n.\r\n") == [250, 250, 354, 250]
    assert talk.messages[0].verb == verb
    without = tuple(name for name in EXTENSIONS if name != verb)
    assert greeted(service=service(extensions=without)).codes(line) == [502]


# Requests and answers


def test_a_request_waits_for_its_answer():
    machine = ServerProtocol(service())
    with pytest.raises(StateError):
        machine.answer()
    machine.next_request()
    with pytest.raises(StateError):
        machine.next_request()


def test_the_state_follows_the_answer_that_was_given():
    talk = greeted(instead={"RCPT": Reply(450, ("4.7.1 Later",))})
    assert talk.codes(b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n") == [250, 450, 554]


def test_a_refused_ehlo_leaves_the_client_unknown():
    talk = Talk(instead={"EHLO": Reply(502, ("5.5.1 No",))})
    assert talk.codes(b"EHLO x\r\nMAIL FROM:<a@x.test>\r\nHELO x\r\n") == [502, 503, 250]


def test_354_after_every_recipient_was_refused_ends_with_a_lone_dot_and_no_message():
    refused, go_ahead = Reply(550, ("5.1.1 No",)), Reply(354, ("Go",))
    talk = greeted(instead={"RCPT": refused, "DATA": go_ahead})
    assert talk.codes(b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n") == [250, 550, 354]
    assert talk.codes(b".\r\nNOOP\r\n") == [554, 250]
    assert talk.messages == []


def test_421_closes_wherever_it_is_given():
    talk = in_mail(instead={"DATA": Reply(421, ("4.3.2 Enough",))})
    assert talk.codes(b"DATA\r\nNOOP\r\n") == [421]
    assert talk.machine.state is ServerState.CLOSED


def test_enhanced_codes_come_only_where_they_were_offered():
    talk = Talk()
    assert talk.say(b"NOOP\r\n") == ["250 Ok"]
    talk.say(b"EHLO x\r\n")
    assert talk.say(b"NOOP\r\n") == ["250 2.0.0 Ok"]
    assert talk.say(b"HELO x\r\nHELP\r\n")[1].startswith("214-Commands")


# TLS


def test_what_came_in_clear_behind_starttls_is_thrown_away():
    talk = greeted()
    assert talk.codes(b"STARTTLS\r\nMAIL FROM:<evil@x.test>\r\nRCPT TO") == [220]
    assert talk.machine.discarded == b"MAIL FROM:<evil@x.test>\r\nRCPT TO"
    assert talk.machine.state is ServerState.HANDSHAKE
    talk.machine.secured()
    assert talk.codes(b"NOOP\r\n") == [250]


def test_tls_makes_the_server_forget_the_client():
    talk = greeted(service=login_service())
    assert talk.codes(b"AUTH PLAIN " + b64encode(b"\0alice\0wonderland") + b"\r\n") == [235]
    assert talk.codes(b"STARTTLS\r\n") == [220]
    talk.machine.secured()
    assert talk.machine.user is None
    assert talk.codes(b"MAIL FROM:<a@x.test>\r\n") == [503]
    assert talk.codes(b"EHLO x\r\nSTARTTLS\r\n") == [250, 503]


def test_starttls_inside_a_message_or_with_an_argument_is_refused():
    assert in_mail().codes(b"STARTTLS\r\n") == [503]
    assert greeted().codes(b"STARTTLS now\r\n") == [501]


def test_recipients_beyond_the_limit_are_deferred():
    talk = in_mail(service=service(max_recipients=2))
    assert talk.codes(b"RCPT TO:<c@x.test>\r\nRCPT TO:<d@x.test>\r\n") == [250, 452]


# VRFY and EXPN


def test_vrfy_knows_users_is_open_about_addresses_and_refuses_the_rest():
    talk = Talk(service(users=frozenset({"alice"})))
    assert talk.say(b"VRFY alice\r\n") == ["250 <alice@sandbox.test>"]
    assert talk.codes(b"VRFY b@x.test\r\nVRFY nobody\r\nVRFY\r\n") == [252, 550, 501]


def test_expn_lists_the_members():
    talk = Talk(service(lists={"class": ("ann@x.test", "ben@x.test")}))
    assert talk.say(b"EXPN class\r\n") == ["250-<ann@x.test>", "250 <ben@x.test>"]
    assert talk.codes(b"EXPN other\r\n") == [550]


# The same octets, however they are cut

PLAIN = b64encode(b"\0alice\0wonderland")
DIALOGUE = (
    b"EHLO client.test\r\nNOOP\r\n"
    b"MAIL FROM:<a@x.test> SIZE=10\r\nRCPT TO:<b@x.test>\r\nRCPT TO:<broken\r\n"
    b"DATA\r\n..dots\r\n.\n\r\n\r\n.\r\n"
    b"MAIL FROM:<c@x.test>\r\nRCPT TO:<d@x.test>\r\n"
    b"BDAT 12\r\n.\r\nQUIT\r\nab\nBDAT 4 LAST\r\n\r\n.\r"
    b"NOOP bare\nline\r\nAUTH PLAIN\r\n" + PLAIN + b"\r\n" + b"x" * 600 + b"\r\nHELP\r\nQUIT\r\n"
)


def run(pieces: list[bytes]) -> Talk:
    talk = Talk(login_service())
    for piece in pieces:
        talk.say(piece)
    return talk


def summary(talk: Talk) -> tuple[list[bytes], list[bytes]]:
    numbers = [line for line in talk.output.splitlines() if b"queued as" not in line]
    return numbers, [message.content for message in talk.messages]


WHOLE = summary(run([DIALOGUE]))


def test_the_dialogue_delivers_both_messages():
    assert WHOLE[1] == [b".dots\r\n\n\r\n\r\n", b".\r\nQUIT\r\nab\n\r\n.\r"]


def test_octet_by_octet_gives_the_same_answers():
    assert summary(run([DIALOGUE[i : i + 1] for i in range(len(DIALOGUE))])) == WHOLE


@given(st.lists(st.integers(1, 80), max_size=60))
def test_any_cut_gives_the_same_answers(lengths):
    pieces, start = [], 0
    for length in lengths:
        pieces.append(DIALOGUE[start : start + length])
        start += length
    assert summary(run([*pieces, DIALOGUE[start:]])) == WHOLE


@given(st.lists(st.binary(max_size=40), max_size=30))
def test_noise_never_breaks_the_machine(pieces):
    talk = greeted()
    for piece in pieces:
        talk.say(piece)
    talk.say(b"\r\n")
    assert talk.output.endswith(b"\r\n")


def test_after_tls_the_reply_says_why_ehlo_comes_again():
    talk = greeted()
    talk.say(b"STARTTLS\r\n")
    talk.machine.secured()
    (line,) = talk.say(b"MAIL FROM:<a@x.test>\r\n")
    assert line == "503 Say EHLO again: TLS forgets what came before (RFC 3207, 4.2)"
    assert "first" in Talk(tls=True).say(b"MAIL FROM:<a@x.test>\r\n")[0]
