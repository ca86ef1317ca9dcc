"""Dots: what goes through DATA comes out as it went in, wherever the pieces are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtp_nb.protocol.dots import TERMINATOR, Stuffer, Unstuffer

# Lines that are nasty for a stuffer: dots at the front, alone, and many of them.
line = st.one_of(
    st.sampled_from([b"", b".", b"..", b"...", b".x", b"x.", b" .", b"text"]),
    st.binary(max_size=6).map(lambda raw: raw.replace(b"\r", b".").replace(b"\n", b".")),
)
contents = st.lists(line, max_size=12).map(lambda found: b"".join(x + b"\r\n" for x in found))
cuts = st.lists(st.integers(0, 120), max_size=12)


def stuffed_by_lines(content: bytes) -> bytes:
    """The oracle: RFC 5321 section 4.5.2, word by word."""
    lines = content.split(b"\r\n")[:-1]
    return b"".join((b"." if x.startswith(b".") else b"") + x + b"\r\n" for x in lines) + b".\r\n"


def pieces(data: bytes, at: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(cut, len(data)) for cut in at), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def stuff(parts: list[bytes]) -> bytes:
    stuffer = Stuffer()
    return b"".join(map(stuffer.feed, parts)) + stuffer.end()


def unstuff(parts: list[bytes]) -> tuple[bytes, bool, bytes]:
    unstuffer = Unstuffer()
    content, rest = b"", b""
    for part in parts:
        if unstuffer.finished:
            rest += part
        else:
            content += unstuffer.feed(part)
    return content, unstuffer.finished, unstuffer.rest + rest


@given(contents, cuts)
@example(b".\r\n.\r\n..\r\n", [1, 2, 3, 4, 5, 6, 7, 8])
@example(b"a\r\n.b\r\n", [2])
@example(b"a\r\n.b\r\n", [3])
@example(b"a\r\n.b\r\n", [1, 2, 3])
def test_stuffing_in_pieces_is_stuffing_by_lines(content, at):
    assert stuff(pieces(content, at)) == stuffed_by_lines(content)


@given(contents, cuts, cuts)
def test_unstuffing_undoes_stuffing(content, at, again):
    wire = stuff(pieces(content, at))
    assert unstuff(pieces(wire, again)) == (content, True, b"")


@given(contents)
def test_unstuffing_byte_by_byte_undoes_stuffing(content):
    wire = stuff([content])
    assert unstuff([bytes([octet]) for octet in wire]) == (content, True, b"")


@given(contents, cuts, st.sampled_from([b"QUIT\r\n", b".\r\n", b"R", b"\r\n.\r\n"]))
def test_what_follows_the_end_is_not_content(content, at, tail):
    wire = stuff([content]) + tail
    assert unstuff(pieces(wire, at)) == (content, True, tail)


@given(contents, cuts)
def test_the_end_is_not_seen_before_it_is_there(content, at):
    wire = stuff([content])[:-1]
    taken, finished, _ = unstuff(pieces(wire, at))
    assert not finished
    assert content.startswith(taken)


@given(contents)
def test_the_terminator_stands_alone_only_at_the_end(content):
    """No content can end the data early and go on as commands."""
    wire = b"\r\n" + stuff([content])
    assert wire.index(b"\r\n.\r\n") == len(wire) - len(b"\r\n.\r\n")


@pytest.mark.parametrize("content", [b"no line end", b"a\r\nno line end", b"ends in CR\r", b"."])
def test_content_without_a_last_line_end_gets_one(content):
    wire = stuff([content])
    assert wire.endswith(b"\r\n.\r\n")
    assert unstuff([wire])[0] == content + b"\r\n"


def test_nothing_at_all_is_a_lone_dot():
    assert stuff([]) == TERMINATOR
    assert stuff([b"", b""]) == TERMINATOR
    assert unstuff([TERMINATOR]) == (b"", True, b"")


@pytest.mark.parametrize("smuggled", [b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r"])
def test_only_the_full_sequence_ends_the_data(smuggled):
    """SMTP smuggling: servers that took these for the end read the rest as commands."""
    unstuffer = Unstuffer()
    unstuffer.feed(b"a" + smuggled + b"MAIL FROM:<evil@x.test>\r\n")
    assert not unstuffer.finished
