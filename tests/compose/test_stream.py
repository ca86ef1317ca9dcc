"""Messages out of streams: what is known before, what is found out on the way."""

from __future__ import annotations

import io
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.compose.raw import raw_content
from smtp_nb.compose.stream import MAX_HEAD, StreamContent
from smtp_nb.errors import InputError

HEAD = b"Subject: x\r\nMessage-ID: <1@x.test>\r\n\r\n"
LETTER = HEAD + b".one\r\ntwo\r\n"


def whole(source) -> bytes:
    return b"".join(StreamContent(source).chunks())


def opened(source) -> StreamContent:
    content = StreamContent(source)
    content.open()
    return content


def pipe(data: bytes):
    """The reading end of a pipe with so much in it."""
    reading, writing = os.pipe()
    with open(writing, "wb") as end:
        end.write(data)
    return open(reading, "rb")


def in_pieces(size: int):
    return (LETTER[at : at + size] for at in range(0, len(LETTER), size))


@pytest.mark.covers("SMTP.SetMessageStream")
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_an_iterable_in_any_pieces_gives_the_same_octets(size):
    assert whole(in_pieces(size)) == LETTER


@pytest.mark.covers("SMTP.SetMessageStream")
def test_a_pipe_is_read_to_its_end_and_its_size_is_unknown():
    with pipe(LETTER) as reading:
        content = opened(reading)
        assert content.size == -1
        assert b"".join(content.chunks()) == LETTER


@pytest.mark.covers("SMTP.SetMessageStream")
def test_a_file_is_read_from_where_it_stands_and_its_size_is_known(tmp_path):
    path = tmp_path / "letters"
    path.write_bytes(b"something else" + LETTER)
    with path.open("rb") as file:
        file.seek(len(b"something else"))
        content = opened(file)
        assert content.size == len(LETTER)
        assert content.message_id == "<1@x.test>"
        assert b"".join(content.chunks()) == LETTER
        assert b"".join(content.chunks()) == LETTER, "a file can be read again"


@given(
    st.lists(st.sampled_from([b"a", b"\r\n", b"\r", b"\n", b".", b"\0", b"\xff"]), max_size=12),
    st.integers(1, 5),
)
def test_it_takes_and_refuses_what_a_raw_message_does(parts, size):
    data = b"A: b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + b"".join(parts)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    try:
        expected, words = bytes(raw_content(data)), ""
    except InputError as error:
        expected, words = b"", error.description.replace("the raw message", "the stream")
    if words:
        with pytest.raises(InputError) as caught:
            whole(pieces)
        assert caught.value.description == words
    else:
        assert whole(pieces) == expected
        assert whole(io.BytesIO(data)) == expected
        assert opened(io.BytesIO(data)).size == len(expected)


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_blind_copies_are_taken_out_and_not_counted(size):
    data = (
        b"To: a@x.test\r\nBcc: eve@x.test,\r\n\tmallory@x.test\r\nSubject: x\r\n\r\nBcc: text\r\n"
    )
    shown = b"To: a@x.test\r\nSubject: x\r\n\r\nBcc: text\r\n"
    assert whole(data[at : at + size] for at in range(0, len(data), size)) == shown
    assert opened(io.BytesIO(data)).size == len(shown)


def test_an_octet_beyond_ascii_must_be_announced():
    with pytest.raises(InputError, match=f"offset {len(HEAD) + 2}"):
        whole([HEAD, b"aa", b"\xc3\xbc\r\n"])
    announced = b"Content-Transfer-Encoding: 8bit\r\n" + HEAD
    assert opened([announced]).is_8bit
    assert whole([announced, "ü\r\n".encode()]).endswith("ü\r\n".encode())


def test_a_header_in_utf8_needs_smtputf8():
    assert opened(["Subject: Täst\r\n\r\n".encode()]).needs_smtputf8


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ([], "at its end"),
        (io.BytesIO(b""), "at its end"),
        (io.StringIO("Subject: x\n\n"), "not bytes"),
        (["text"], "not bytes"),
        ([b"x" * (MAX_HEAD + 1)], "no empty line"),
        ([b"Subject: x\n\n"], "offset 10"),
    ],
)
def test_what_is_no_message_is_refused_before_a_connection(source, words):
    with pytest.raises(InputError, match=words):
        opened(source)


def test_what_is_no_file_can_be_read_only_once():
    content = StreamContent(iter([LETTER]))
    assert b"".join(content.chunks()) == LETTER
    with pytest.raises(InputError, match="only once"):
        list(content.chunks())


@pytest.mark.covers("SMTP.SetMessageStream")
def test_memory_stays_constant():
    line = b"x" * 76 + b"\r\n"
    endless = (line * 800 for _ in range(500))  # 31 MB

    def letter():
        yield HEAD
        yield from endless

    content = StreamContent(letter())
    tracemalloc.start()
    try:
        total = sum(len(piece) for piece in content.chunks())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total > 31_000_000
    assert peak < 1_000_000
