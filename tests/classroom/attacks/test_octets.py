"""Octets as a page spells them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.classroom.attacks.octets import octets_of
from smtp_nb.errors import InputError

SPELLED = {
    "": b"",
    "EHLO me": b"EHLO me",
    r"EHLO me\r\n": b"EHLO me\r\n",
    r"\x2e\x0d\x0A": b".\r\n",
    r"AUTH\0a\tb": b"AUTH\0a\tb",
    r"a\\b": b"a\\b",
    "Zoë": "Zoë".encode(),
}


@pytest.mark.parametrize("text", SPELLED)
def test_what_a_person_writes_becomes_octets(text: str) -> None:
    assert octets_of(text) == SPELLED[text]


@pytest.mark.parametrize("text", [r"\q", r"\x2", "a\\", r"\xzz"])
def test_another_escape_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not an escape"):
        octets_of(text)


@given(st.binary(max_size=40))
def test_any_octets_can_be_written(octets: bytes) -> None:
    assert octets_of("".join(f"\\x{octet:02x}" for octet in octets)) == octets
