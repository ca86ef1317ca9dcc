"""Octets become replies, or the session is lost: nothing in between, however they arrive."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.errors import MalformedReply
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.replies import MAX_LINE, MAX_LINES, MAX_REPLY, ReplyParser

STREAM = b"220 mx.test ESMTP\r\n250-mx.test\r\n250-SIZE 1000\r\n250 PIPELINING\r\n354\r\n"
REPLIES = [
    Reply(220, ("mx.test ESMTP",)),
    Reply(250, ("mx.test", "SIZE 1000", "PIPELINING")),
    Reply(354, ("",)),
]


def read(*pieces: bytes) -> list[Reply]:
    """All complete replies, taken out after each piece as a session does."""
    parser = ReplyParser()
    found = []
    for piece in pieces:
        parser.receive_data(piece)
        while (reply := parser.next_reply()) is not None:
            found.append(reply)
    return found


def singles(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


# -- fed three ways ---------------------------------------------------------------------------


def test_replies_are_read_whole():
    assert read(STREAM) == REPLIES


def test_replies_are_read_byte_by_byte():
    assert read(*singles(STREAM)) == REPLIES


@pytest.mark.parametrize("tail", [b"2", b"250", b"250 half", b"250 half\r", b"250-more\r\n"])
def test_a_tail_is_no_reply_yet_and_is_known_to_wait(tail):
    parser = ReplyParser()
    parser.receive_data(STREAM + tail)
    assert [parser.next_reply() for _ in REPLIES] == REPLIES
    assert parser.next_reply() is None
    assert parser.has_rest


def test_nothing_waits_after_the_last_complete_reply():
    parser = ReplyParser()
    parser.receive_data(STREAM)
    while parser.next_reply():
        pass
    assert not parser.has_rest


def test_what_was_read_is_let_go():
    """A merge reads a hundred thousand replies on one connection."""
    parser, replies = ReplyParser(), b"250 2.0.0 Ok\r\n" * 4
    tracemalloc.start()
    try:
        for _ in range(10_000):
            parser.receive_data(replies)
            assert len(parser.good_replies(9)) == 4
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 10_000


def test_the_rest_can_be_taken_out_for_an_error_message():
    parser = ReplyParser()
    parser.receive_data(b"250 ok\r\n250-first\r\n250-evil")
    assert parser.next_reply() == Reply(250, ("ok",))
    assert parser.next_reply() is None
    assert parser.take_rest() == b"250-evil"
    assert not parser.has_rest


lines = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x10FFFF, exclude_categories=["Cs"]), max_size=40
)
replies = st.builds(
    Reply, st.integers(200, 559), st.lists(lines, min_size=1, max_size=4).map(tuple)
)


@given(st.lists(replies, max_size=5), st.randoms())
def test_any_replies_cut_anywhere_come_out_as_they_went_in(wanted, random):
    wire = "".join(line + "\r\n" for reply in wanted for line in wire_lines(reply)).encode()
    cuts = sorted(random.randrange(len(wire) + 1) for _ in range(random.randrange(6)))
    pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    assert read(*pieces) == wanted


def wire_lines(reply: Reply) -> list[str]:
    *first, last = reply.lines
    return [f"{reply.code}-{line}" for line in first] + [f"{reply.code} {last}"]


@given(st.binary(max_size=300), st.integers(1, 300))
def test_garbage_means_the_same_whole_and_in_pieces(data, size):
    assert verdict([data]) == verdict([data[i : i + size] for i in range(0, len(data), size)])


def verdict(pieces: list[bytes]) -> object:
    """Replies up to the first octets that are none, and whether there were such.

    Feeding goes on to the end: a fragment may be refused earlier than the whole, not otherwise.
    """
    parser, found = ReplyParser(), []
    try:
        for piece in pieces:
            parser.receive_data(piece)
            while (reply := parser.next_reply()) is not None:
                found.append(reply)
    except MalformedReply:
        return found, "refused"
    return found, "taken"


# -- shapes -----------------------------------------------------------------------------------


def test_a_code_alone_is_a_reply():
    assert read(b"250\r\n") == [Reply(250, ("",))]


def test_a_code_alone_ends_a_reply_of_several_lines():
    assert read(b"250-a\r\n250\r\n") == [Reply(250, ("a", ""))]


def test_octets_that_are_not_utf8_are_shown_and_not_lost():
    assert read(b"250 caf\xe9\r\n") == [Reply(250, (r"caf\xe9",))]


def test_utf8_is_read_as_utf8():
    assert read("250 café ✓\r\n".encode()) == [Reply(250, ("café ✓",))]


def test_spaces_in_front_of_the_text_stay():
    assert read(b"250   wide \r\n") == [Reply(250, ("  wide ",))]


# -- what is no reply -------------------------------------------------------------------------

MALFORMED = {
    "a line feed without carriage return": b"250 ok\n",
    "a bare line feed inside": b"250 o\nk\r\n",
    "a bare carriage return inside": b"250 o\rk\r\n",
    "two carriage returns": b"250 ok\r\r\n",
    "a NUL": b"250 o\0k\r\n",
    "an empty line": b"\r\n",
    "a word": b"hello\r\n",
    "HTTP": b"HTTP/1.1 400 Bad Request\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x16\r\n",
    "two digits": b"25 ok\r\n",
    "four digits": b"2500 ok\r\n",
    "1yz": b"150 wait\r\n",
    "6yz": b"650 what\r\n",
    "0yz": b"050 ok\r\n",
    "other digits of Unicode": "２５０ ok\r\n".encode(),
    "a tab behind the code": b"250\tok\r\n",
    "a letter behind the code": b"250ok\r\n",
    "a space in front": b" 250 ok\r\n",
    "another code in the second line": b"250-a\r\n251 b\r\n",
    "another class in the second line": b"250-a\r\n550 b\r\n",
    "no code in the second line": b"250-a\r\nb\r\n",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("cut", [lambda data: [data], singles], ids=["whole", "bytes"])
def test_what_is_no_reply_is_refused(data, cut):
    with pytest.raises(MalformedReply) as caught:
        read(*cut(data))
    assert not caught.value.connection_survives


def test_a_good_reply_in_front_of_garbage_still_counts():
    parser = ReplyParser()
    parser.receive_data(b"250 ok\r\ngarbage\r\n")
    assert parser.next_reply() == Reply(250, ("ok",))
    with pytest.raises(MalformedReply):
        parser.next_reply()


def test_a_bare_line_feed_is_refused_before_the_line_ends():
    """Otherwise a server that never sends CRLF would make us wait for ever."""
    with pytest.raises(MalformedReply):
        read(b"220 ready\n")


def test_the_error_shows_a_short_and_printable_piece():
    with pytest.raises(MalformedReply) as caught:
        read(b"\x1b[31mred" + b"x" * 500 + b"\r\n")
    text = str(caught.value)
    assert "\x1b" not in text
    assert "\\x1b[31mred" in text
    assert len(text) < 400


# -- limits -----------------------------------------------------------------------------------


def test_a_line_of_the_greatest_length_is_taken():
    line = b"250 " + b"x" * (MAX_LINE - 4)
    assert read(line + b"\r\n")[0].lines == ("x" * (MAX_LINE - 4),)


def test_a_longer_line_is_refused():
    with pytest.raises(MalformedReply, match="longer than"):
        read(b"250 " + b"x" * (MAX_LINE - 3) + b"\r\n")


def test_an_endless_line_is_refused_before_it_ends():
    with pytest.raises(MalformedReply, match="longer than"):
        read(b"250 ", *[b"x" * 100] * (MAX_LINE // 100 + 1))


def test_the_limit_of_a_line_can_be_set():
    parser = ReplyParser(max_line=256)
    parser.receive_data(b"250 " + b"x" * 253 + b"\r\n")
    with pytest.raises(MalformedReply):
        parser.next_reply()


def test_an_endless_reply_is_refused_by_its_lines():
    with pytest.raises(MalformedReply, match=f"{MAX_LINES} lines"):
        read(*[b"250-x\r\n"] * (MAX_LINES + 1))


def test_an_endless_reply_is_refused_by_its_octets():
    line = b"250-" + b"x" * (MAX_LINE - 4) + b"\r\n"
    with pytest.raises(MalformedReply, match="bytes"):
        read(*[line] * (MAX_REPLY // len(line) + 1))


def test_as_many_lines_as_allowed_are_one_reply():
    whole = b"250-x\r\n" * (MAX_LINES - 1) + b"250 y\r\n"
    assert len(read(whole)[0].lines) == MAX_LINES


def test_limits_count_each_reply_by_itself():
    many = (b"250-" + b"x" * 1000 + b"\r\n" + b"250 y\r\n") * (MAX_REPLY // 1000 + 1)
    assert len(read(many)) == MAX_REPLY // 1000 + 1
