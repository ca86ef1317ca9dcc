"""Text bodies: 7-bit, CRLF, short lines, and back to what they were."""

from __future__ import annotations

import re
from base64 import b64decode
from quopri import decodestring

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtp_nb.compose.text import base64_size, encode_text, quoted_printable, wrapped_base64
from smtp_nb.errors import InputError

BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
mixed = st.lists(st.sampled_from(["a" * 74, "é", " ", "\t", "\n", "=", ".", "\r", "😀"])).map(
    "".join
)


def decoded(encoding: str, body: bytes, charset: str = "utf-8") -> str:
    if encoding == "base64":
        body = b64decode(body)
    elif encoding == "quoted-printable":
        body = decodestring(body)
    return body.decode(charset)


def unified(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


@given(st.one_of(texts, mixed))
@example("a" * 75 + " ")
@example("a" * 75 + "\t\nb")
@example("a" * 74 + " \n" + "é" * 30)
@example("é" + "a" * 74 + " ")
@example("a\x0bb\x0cc\x85d\u2028e")
@example("é\n" * 100)
@example("From me\n.\n..\n")
def test_a_text_reads_back_with_its_lines(text: str) -> None:
    encoding, body = encode_text(text, "utf-8", "The text")
    assert body.isascii()
    assert b"\0" not in body
    assert not BARE.search(body)
    assert max(map(len, body.split(b"\r\n"))) <= (998 if encoding == "7bit" else 76)
    assert decoded(encoding, body) == unified(text)


@given(st.one_of(texts, mixed))
def test_all_line_ends_are_one(text: str) -> None:
    crlf = encode_text(unified(text), "utf-8", "The text")
    assert encode_text(text, "utf-8", "The text") == crlf


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("", "7bit"),
        ("plain\n", "7bit"),
        ("tab\tand trailing \n", "7bit"),
        ("x" * 998 + "\n" + "y" * 998, "7bit"),
        ("x" * 999, "quoted-printable"),
        ("one é in a plain text", "quoted-printable"),
        ("nul \0 in a plain text", "quoted-printable"),
        ("escape \x1b[0m in a plain text", "quoted-printable"),
        ("日本語のテキスト" * 20, "base64"),
    ],
)
def test_the_encoding_is_the_plainest_that_does(text: str, encoding: str) -> None:
    assert encode_text(text, "utf-8", "The text")[0] == encoding


def test_other_charsets_are_written_in_their_octets() -> None:
    encoding, body = encode_text("Grüße\n", "iso-8859-1", "The text")
    assert decoded(encoding, body, "iso-8859-1") == "Grüße\r\n"
    encoding, body = encode_text("こんにちは\n世界\n", "iso-2022-jp", "The text")
    assert decoded(encoding, body, "iso-2022-jp") == "こんにちは\r\n世界\r\n"


def test_what_the_charset_lacks_is_named() -> None:
    with pytest.raises(InputError, match="The HTML") as caught:
        encode_text("10 €", "iso-8859-1", "The HTML")
    assert caught.value.code == 434
    with pytest.raises(InputError, match="offset 1"):
        encode_text("a\ud800", "utf-8", "The text")


@given(st.binary(max_size=500).filter(lambda raw: b"\r" not in raw))
def test_quoted_printable_keeps_every_octet_and_the_line_limit(raw: bytes) -> None:
    encoded = quoted_printable(raw)
    assert decodestring(encoded) == raw.replace(b"\n", b"\r\n")
    lines = encoded.split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert not any(line.endswith((b" ", b"\t")) for line in lines)


@given(st.binary(max_size=500))
def test_base64_has_the_size_that_was_promised(raw: bytes) -> None:
    encoded = wrapped_base64(raw)
    assert b64decode(encoded) == raw
    assert len(encoded) == base64_size(len(raw))
    assert max(map(len, encoded.split(b"\r\n"))) <= 76
