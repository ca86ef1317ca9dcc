"""Encoded words: short enough, whole characters, and decoded by others to what they were."""

from __future__ import annotations

import re
from email.header import decode_header

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtp_nb.compose.encoded_words import MAX_WORD, check_charset, encoded_words, looks_encoded
from smtp_nb.errors import InputError

WORD = re.compile(r"=\?[a-z0-9_-]+\?(?:q\?[A-Za-z0-9!*+/=_-]+|b\?[A-Za-z0-9+/]+={0,2})\?=")
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


def decoded(word: str) -> str:
    """One word by itself, as the standard library reads it."""
    ((data, charset),) = decode_header(word)
    assert isinstance(data, bytes)
    return data.decode(charset or "ascii")


@given(text=texts, first=st.integers(0, 100))
@example(text="é" * 80, first=75)
@example(text="😀" * 40, first=13)
@example(text="a=?b?=c_d e", first=75)
def test_every_word_is_short_and_decodes_by_itself(text: str, first: int) -> None:
    words = encoded_words(text, "utf-8", "The subject", first)
    assert all(WORD.fullmatch(word) and len(word) <= MAX_WORD for word in words)
    assert "".join(map(decoded, words)) == text


@given(text=texts, first=st.integers(24, 75))
def test_the_first_word_fits_into_its_place(text: str, first: int) -> None:
    assert len(encoded_words(text, "utf-8", "The subject", first)[0]) <= first


def test_where_not_one_character_fits_the_words_are_whole_ones() -> None:
    assert encoded_words("é" * 10, "utf-8", "The subject", first=5) == encoded_words(
        "é" * 10, "utf-8", "The subject"
    )


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Prüfung", "=?utf-8?q?Pr=C3=BCfung?="),
        ("a é", "=?utf-8?q?a_=C3=A9?="),
        ("Ünïcödé", "=?utf-8?b?w5xuw69jw7Zkw6k=?="),
        ("日本", "=?utf-8?b?5pel5pys?="),
    ],
)
def test_q_or_b_whichever_is_shorter(text: str, word: str) -> None:
    assert encoded_words(text, "utf-8", "The subject") == [word]


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("iso-8859-1", "Grüße aus Köln " * 12),
        ("iso-2022-jp", "こんにちは世界、元気ですか " * 12),
        ("gb18030", "你好世界 " * 30),
        ("shift_jis", "ソース表示 " * 30),
    ],
)
def test_other_charsets_are_cut_between_characters_too(charset: str, text: str) -> None:
    words = encoded_words(text, charset, "The subject")
    assert len(words) > 1
    assert all(len(word) <= MAX_WORD for word in words)
    assert "".join(map(decoded, words)) == text


def test_a_character_that_the_charset_lacks_is_named() -> None:
    with pytest.raises(InputError, match=r"The subject holds .* at offset 2") as caught:
        encoded_words("ab€", "iso-8859-1", "The subject")
    assert caught.value.code == 434


@pytest.mark.parametrize(
    "charset",
    [
        "utf-16",
        "utf-32",
        "utf-7",
        "utf_8_sig",
        "cp500",
        "rot13",
        "base64",
        "idna",
        "punycode",
        "unicode_escape",
        "nonsense",
    ],
)
def test_what_is_no_charset_of_mail_is_refused(charset: str) -> None:
    with pytest.raises(InputError):
        check_charset(charset)


def test_a_charset_cannot_carry_a_header() -> None:
    for charset in ("", "utf-8\r\nBcc: e@x.test", "utf-8\n", "utf 8", "utf-8?q?x"):
        with pytest.raises(InputError):
            check_charset(charset)


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("utf-8", "utf-8"),
        ("UTF-8", "utf-8"),
        ("utf8", "utf-8"),
        ("ascii", "us-ascii"),
        ("latin-1", "iso-8859-1"),
        ("iso-8859-15", "iso-8859-15"),
        ("cp1252", "windows-1252"),
        ("Shift_JIS", "shift_jis"),
    ],
)
def test_charsets_go_by_their_name_in_mail(charset: str, name: str) -> None:
    assert check_charset(charset) == name
    assert "é".encode(name, "replace")


def test_what_looks_encoded_is_seen() -> None:
    assert looks_encoded("=?utf-8?q?=0A?=Bcc: e@x.test")
    assert not looks_encoded("a = b?")
