from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.classroom.room.join_code import (
    JoinCode,
    checked_name,
    fingerprint_of,
    folded,
    new_token,
    parse,
)
from smtp_nb.errors import InputError

CODE = JoinCode("maple-73", new_token(), fingerprint_of(b"authority"), "192.168.1.5", 2525)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "teacher.school.test"])
@pytest.mark.parametrize("name", ["maple-73", "a", "7", "one-two-3-four"])
def test_a_code_is_read_as_it_was_written(host: str, name: str) -> None:
    code = JoinCode(name, new_token(), fingerprint_of(b"x"), host, 2525)
    assert parse(code.text) == code
    assert parse(f" {code.text.upper()} ") in (code, JoinCode(name, *_rest(code, host.upper())))


def _rest(code: JoinCode, host: str) -> tuple[object, ...]:
    return code.token, code.fingerprint, host, code.port


@given(st.data())
def test_one_wrong_letter_is_found_before_anything_is_connected(data: st.DataObject) -> None:
    letters, place = CODE.text.split("@")
    at = data.draw(st.integers(0, len(letters) - 1).filter(lambda k: letters[k] != "-"))
    other = data.draw(st.sampled_from("0123456789abcdefghjkmnpqrstvwxyz"))
    changed = f"{letters[:at]}{other}{letters[at + 1 :]}@{place}"
    if other == letters[at]:
        assert parse(changed) == CODE
        return
    # The check has ten bits: one slip in a thousand reads as another code, which no server accepts.
    with suppress(InputError):
        assert parse(changed) != CODE


def test_lookalikes_are_read_as_what_was_meant() -> None:
    letters, place = CODE.text.split("@")
    name, rest = letters[:8], letters[8:]
    assert parse(f"{name}{rest.replace('0', 'O').replace('1', 'l')}@{place}") == CODE


@pytest.mark.parametrize(
    "text",
    ["", "maple-73", "maple-73@127.0.0.1:2525", "maple-73@127.0.0.1", "@127.0.0.1:1",
     CODE.text.replace(":2525", ":0"), CODE.text.replace(":2525", ":99999"), CODE.text + "x",
     CODE.text.replace("maple", "mäple"), CODE.text[3:].replace("-", "", 1)],
    ids=["empty", "name", "short", "no-port", "nothing", "port-0", "port-99999", "tail", "umlaut",
         "cut"],
)  # fmt: skip
def test_what_is_no_code_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert CODE.token.reveal() not in str(caught.value)


def test_neither_token_nor_password_is_shown() -> None:
    assert CODE.token.reveal() not in repr(CODE)
    assert CODE.password("ann").reveal() not in repr(CODE.password("ann"))


def test_the_password_is_the_same_for_every_spelling_of_a_name_and_of_no_other() -> None:
    password = CODE.password("Zoë")
    assert CODE.password("  zoë ") == password  # composed and decomposed
    assert CODE.password("zoe") != password
    other = JoinCode("maple-74", CODE.token, CODE.fingerprint, CODE.host, CODE.port)
    assert other.password("Zoë") != password
    assert folded("ZOË") == folded("zoë")


def test_a_code_vouches_for_its_own_authority_alone() -> None:
    assert CODE.vouches_for(b"authority")
    assert not CODE.vouches_for(b"another")


@pytest.mark.parametrize("name", ["maple 73", "-", "a" * 21, "maple-73@", "ä"])
def test_a_class_has_a_name_that_can_be_read_out(name: str) -> None:
    with pytest.raises(InputError, match="not the name of a class"):
        checked_name(name)
    assert checked_name(checked_name("")) != ""
