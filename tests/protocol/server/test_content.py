"""Messages that the server takes, after DATA and in chunks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.server.talk import greeted, in_mail, service
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server.states import ServerState

# Data


def test_content_comes_out_as_it_was_before_the_dots():
    talk = in_mail()
    assert talk.codes(b"DATA\r\n") == [354]
    assert talk.codes(b"..one\r\n.two\r\n...\r\nthree.\r\n.\r\n") == [250]
    assert talk.messages[0].content == b".one\r\ntwo\r\n..\r\nthree.\r\n"


def test_an_empty_message_is_a_message():
    talk = in_mail()
    assert talk.codes(b"DATA\r\n.\r\n") == [354, 250]
    assert talk.messages[0].content == b""


@pytest.mark.parametrize(
    "ending", [b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\n.\n", b"\r\n.\r", b"\0.\r\n"]
)
def test_only_crlf_dot_crlf_ends_the_data(ending):
    talk = in_mail()
    smuggled = b"MAIL FROM:<evil@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nhello\r\n"
    assert talk.codes(b"DATA\r\nfirst" + ending + smuggled) == [354]
    assert talk.codes(b".\r\n") == [250]
    assert [m.sender for m in talk.messages] == ["a@x.test"]
    assert b"evil" in talk.messages[0].content


def test_what_follows_the_end_of_the_data_is_the_next_command():
    talk = in_mail()
    assert talk.codes(b"DATA\r\nx\r\n.\r\nMAIL FROM:<c@x.test>\r\nNOOP\r\n") == [354, 250, 250, 250]


def test_a_message_beyond_the_limit_is_read_to_its_end_and_refused():
    talk = in_mail()
    assert talk.codes(b"DATA\r\n" + b"0123456789\r\n" * 200 + b".\r\n") == [354, 552]
    assert talk.messages == []
    assert talk.codes(b"MAIL FROM:<a@x.test>\r\n") == [250]


@given(st.binary(max_size=300))
def test_any_content_survives_the_dots(content):
    lines = content.replace(b"\r\n", b"").split(b"\n")
    content = b"".join(line + b"\r\n" for line in lines)
    stuffed = b"".join(b"." * line.startswith(b".") + line + b"\r\n" for line in lines)
    talk = in_mail()
    assert talk.codes(b"DATA\r\n" + stuffed + b".\r\n") == [354, 250]
    assert talk.messages[0].content == content


# BDAT


def test_chunks_are_taken_octet_for_octet():
    talk = in_mail()
    octets = b".\r\n\r\n.\r\nQUIT\r\n\0\n\r\xff"
    command = b"BDAT %d\r\n%bBDAT 3 LAST\r\nEND" % (len(octets), octets)
    assert talk.codes(command) == [250, 250]
    assert talk.messages[0].content == octets + b"END"


def test_an_empty_last_chunk_ends_the_message():
    talk = in_mail()
    assert talk.codes(b"BDAT 2\r\nhiBDAT 0 LAST\r\n") == [250, 250]
    assert talk.messages[0].content == b"hi"


@pytest.mark.parametrize(
    ("opening", "code"),
    [
        (b"", 503),
        (b"MAIL FROM:<a@x.test>\r\n", 554),
    ],
)
def test_chunks_out_of_order_are_refused_and_thrown_away(opening, code):
    talk = greeted()
    talk.say(opening)
    assert talk.codes(b"BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n") == [code, 503, 250]


def test_chunks_are_thrown_away_where_chunking_is_not_offered():
    talk = in_mail(service=service(extensions=()))
    assert talk.codes(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n") == [502, 250]
    assert talk.messages == []


def test_a_refused_chunk_ends_the_transaction():
    talk = in_mail(instead={"BDAT": Reply(452, ("4.3.1 Full",))})
    assert talk.codes(b"BDAT 2\r\nhiBDAT 2 LAST\r\nho") == [452, 452]
    assert talk.messages == []
    assert talk.codes(b"MAIL FROM:<a@x.test>\r\n") == [250]


def test_chunks_beyond_the_limit_are_refused_without_being_kept():
    talk = in_mail()
    assert talk.codes(b"BDAT 1500\r\n" + bytes(1500)) == [552]
    assert talk.codes(b"BDAT 1500 LAST\r\n" + bytes(1500)) == [503]


def test_a_chunk_far_beyond_the_limit_is_counted_not_kept():
    talk = in_mail()
    assert talk.codes(b"BDAT 1000000\r\n" + bytes(100_000)) == []
    assert talk.machine._transaction.pieces == []


@pytest.mark.parametrize("argument", [b"", b" x", b" -1", b" 10 LAST x", b" 1 2", b" 1LAST"])
def test_a_chunk_without_a_readable_size_ends_the_session(argument):
    talk = in_mail()
    assert talk.codes(b"BDAT" + argument + b"\r\nQUIT\r\n") == [521]
    assert talk.machine.state is ServerState.CLOSED


@pytest.mark.parametrize("command", [b"DATA", b"RCPT TO:<c@x.test>"])
def test_only_chunks_follow_a_chunk(command):
    talk = in_mail()
    assert talk.codes(b"BDAT 2\r\nhi" + command + b"\r\nNOOP\r\nBDAT 0 LAST\r\n") == [
        250,
        503,
        250,
        250,
    ]
