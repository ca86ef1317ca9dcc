"""Encoded words, read."""

from __future__ import annotations

from email.header import Header
from email.utils import formataddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.errors import AddressError, InjectionError
from smtp_nb.model.address import Mailbox, parse_addresses, parse_mailbox
from smtp_nb.model.encoded import decode_words, is_encoded


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1).map(str.strip))
def test_what_the_standard_library_encoded_is_read_back(text: str) -> None:
    # A word that Header leaves as it is, because it is ASCII, is no encoded one.
    if not text.isascii() and not is_encoded(text):
        assert decode_words(Header(text, "utf-8").encode(linesep="")) == text


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?a_b=2C?= c", "a b, c"),
        ("=?utf-8?b?SsO2?= \t=?utf-8?b?cmc=?=", "Jörg"),
        ("=?iso-8859-1*de?Q?J=F6rg?=", "Jörg"),
        ("=?no word", "=?no word"),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
    ],
)
def test_words_are_decoded_and_the_rest_stays(text: str, decoded: str) -> None:
    assert decode_words(text) == decoded
    assert is_encoded(text) is (decoded != text)


@pytest.mark.parametrize("charset", ["unicode_escape", "punycode", "idna", "zlib", "rot13", "x-no"])
def test_only_charsets_are_decoded(charset: str) -> None:
    with pytest.raises(ValueError, match="cannot be decoded"):
        decode_words(f"=?{charset}?q?=5Cud800?=")


@pytest.mark.parametrize("name", ["Jörg Müller", "Müller, Jörg", "Smith, Ann", "Ann", "李 雷"])
def test_an_address_of_formataddr_is_the_one_that_it_was_made_of(name: str) -> None:
    text = formataddr((name, "j@x.test"))
    assert parse_addresses(f"{text}; b@x.test") == [
        Mailbox("j", "x.test", name),
        Mailbox("b", "x.test"),
    ]


def test_a_quoted_name_is_taken_literally() -> None:
    assert parse_mailbox('"=?utf-8?q?a?=" <a@x.test>').name == "=?utf-8?q?a?="


def test_a_decoded_name_smuggles_nothing() -> None:
    with pytest.raises(InjectionError):
        parse_mailbox("=?utf-8?q?a=0D=0ABcc=3A_e?= <a@x.test>")
    box = parse_mailbox("=?utf-8?q?evil=40y.test=2C_x?= <a@x.test>")
    assert (box.address, box.name) == ("a@x.test", "evil@y.test, x")
    assert str(box) == '"evil@y.test, x" <a@x.test>'


def test_an_encoded_name_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(AddressError, match="as it is"):
        parse_mailbox("=?x-unknown?q?a?= <a@x.test>")


@pytest.mark.parametrize(
    ("text", "named"),
    [("a@x.test\u00a0", "NO-BREAK SPACE"), ("a@x\u200b.test", "ZERO WIDTH SPACE")],
)
def test_a_blank_copied_from_a_page_is_named(text: str, named: str) -> None:
    with pytest.raises(AddressError, match=named) as caught:
        parse_mailbox(text)
    assert "Remove it" in caught.value.remedy
