"""A secret does not show, and every spelling of it is known to those who mask."""

from __future__ import annotations

import base64
import copy
import html
import json
import pickle
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.model.secret import HIDDEN, Secret, encodings

CANARY = 'Pa55/w+r~d "Ünï" \\ cäñary'


def test_no_way_of_showing_it_gives_it_away() -> None:
    secret = Secret(CANARY)
    for shown in (repr(secret), str(secret), f"{secret}", f"{[secret]}"):
        assert CANARY not in shown
        assert HIDDEN in shown
    assert secret.reveal() == CANARY


def test_it_is_true_if_there_is_something_to_hide() -> None:
    assert Secret("x")
    assert not Secret("")


def test_it_does_not_end_in_a_cache() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(CANARY))
    with pytest.raises(TypeError):
        copy.copy(Secret(CANARY))


def test_two_with_the_same_value_are_equal() -> None:
    assert Secret("x") == Secret("x") != Secret("y")


secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=6, max_size=40)
neighbours = st.binary(max_size=7)


def is_found(secret: str, text: str) -> bool:
    return any(spelling in text for spelling in encodings(secret))


@pytest.mark.parametrize("charset", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("alphabet", [None, b"-_"])
@given(secret=secrets, before=neighbours, behind=neighbours)
def test_base64_is_found_at_every_alignment(
    charset: str, alphabet: bytes | None, secret: str, before: bytes, behind: bytes
) -> None:
    data = before + secret.encode(charset) + behind
    assert is_found(secret, base64.b64encode(data, alphabet).decode())


@given(secret=secrets, before=neighbours, behind=neighbours)
def test_hex_is_found(secret: str, before: bytes, behind: bytes) -> None:
    for charset in ("utf-8", "utf-16-le", "utf-16-be"):
        shown = (before + secret.encode(charset) + behind).hex()
        assert is_found(secret, shown)
        assert is_found(secret, shown.upper())


@given(secrets)
def test_utf_16_read_as_octets_is_found(secret: str) -> None:
    for charset in ("utf-16-le", "utf-16-be"):
        assert is_found(secret, "x" + secret.encode(charset).decode("latin-1") + "y")


@given(secrets)
def test_what_a_url_makes_of_it_is_found(secret: str) -> None:
    for shown in (quote(secret), quote(secret, safe=""), quote_plus(secret)):
        assert is_found(secret, f"smtp://user:{shown}@host")


@given(secrets)
def test_what_json_makes_of_it_is_found(secret: str) -> None:
    assert is_found(secret, json.dumps({"password": secret}))
    assert is_found(secret, json.dumps({"password": secret}, ensure_ascii=False))


@given(secrets)
def test_what_html_makes_of_it_is_found(secret: str) -> None:
    assert is_found(secret, html.escape(secret))
    assert is_found(secret, html.escape(secret, quote=False))


@given(secrets)
def test_what_a_repr_makes_of_it_is_found(secret: str) -> None:
    assert is_found(secret, repr({"password": secret}))
    assert is_found(secret, ascii(secret))
    assert is_found(secret, repr(secret.encode()))


def test_spellings_too_short_to_mean_anything_are_left_out() -> None:
    assert all(len(spelling) >= 4 for spelling in encodings("ab"))
    assert encodings("") == set()
