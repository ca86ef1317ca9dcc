"""Promises of smtp_nb.notebook.passwords."""

from __future__ import annotations

import getpass
from collections.abc import Iterator

import keyring
import pytest
from IPython.core.error import StdinNotImplementedError
from keyring.backend import KeyringBackend
from keyring.errors import NoKeyringError

from smtp_nb.errors import MissingError
from smtp_nb.notebook.passwords import find_password

SECRET = "correct-horse"


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 1  # type: ignore[assignment]  # keyring declares a property of the class

    def __init__(self, known: dict[tuple[str, str], str] | None) -> None:
        self.known = known

    def get_password(self, service: str, username: str) -> str | None:
        if self.known is None:
            raise NoKeyringError("no keyring here")
        return self.known.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


@pytest.fixture
def ring() -> Iterator[Ring]:
    before = keyring.get_keyring()
    made = Ring({})
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def prompts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a person was asked; they type the secret."""
    asked: list[str] = []

    def ask(prompt: str = "") -> str:
        asked.append(prompt)
        return SECRET

    monkeypatch.setattr(getpass, "getpass", ask)
    return asked


def test_a_named_variable_comes_first(
    ring: Ring, prompts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ring.known = {("mail.test", "ann"): "another"}
    monkeypatch.setenv("MAIL_PASSWORD", SECRET)
    found = find_password("ann", "mail.test", "MAIL_PASSWORD")
    assert found.reveal() == SECRET
    assert SECRET not in repr(found)
    assert prompts == []


def test_a_variable_that_is_not_set_falls_back_to_nothing(ring: Ring, prompts: list[str]) -> None:
    with pytest.raises(MissingError, match="NOT_THERE is not set"):
        find_password("ann", "mail.test", "NOT_THERE")
    assert prompts == []


def test_then_the_keyring(ring: Ring, prompts: list[str]) -> None:
    ring.known = {("mail.test", "ann"): SECRET}
    assert find_password("ann", "mail.test").reveal() == SECRET
    assert prompts == []


@pytest.mark.parametrize("known", [{}, None])
def test_then_a_person(
    ring: Ring, prompts: list[str], known: dict[tuple[str, str], str] | None
) -> None:
    ring.known = known
    assert find_password("ann", "mail.test").reveal() == SECRET
    assert prompts == ["Password of ann at mail.test: "]


@pytest.mark.parametrize("error", [StdinNotImplementedError("no stdin"), EOFError()])
def test_where_nobody_is_the_other_ways_are_named(
    ring: Ring, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def ask(prompt: str = "") -> str:
        raise error

    monkeypatch.setattr(getpass, "getpass", ask)
    with pytest.raises(MissingError) as caught:
        find_password("ann", "mail.test")
    assert "--password-env NAME" in caught.value.remedy
    assert "keyring set mail.test ann" in caught.value.remedy


def test_an_empty_answer_is_no_password(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda prompt="": "")
    with pytest.raises(MissingError, match="no password was typed"):
        find_password("ann", "mail.test")
