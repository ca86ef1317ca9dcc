"""Where passwords come from, and what each way says when it fails."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from IPython.core.error import StdinNotImplementedError
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked, NoKeyringError, PasswordSetError

from canary import CANARY, assert_clean, ours, texts_of_error
from client.keyrings import CredentialManager, Ring, using
from components import require
from smtp_nb.client.passwords import find_password, forget_in_keyring, keep_in_keyring
from smtp_nb.errors import InputError, MissingError
from smtp_nb.model.secret import Secret

WAYS = {
    "environment": "variable=…",
    "file": "file=…",
    "keyring": "keyring set mail.test ann",
    "person": "a prompt can be answered",
}


@pytest.fixture
def ring() -> Iterator[Ring]:
    made = Ring()
    with using(made):
        yield made


@pytest.fixture
def prompts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a person was asked; they type the secret."""
    asked: list[str] = []

    def ask(prompt: str = "") -> str:
        asked.append(prompt)
        return CANARY

    monkeypatch.setattr(getpass, "getpass", ask)
    return asked


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(f"{CANARY}\n")
    path.chmod(0o600)
    return path


def failing(error: Exception) -> Callable[..., str]:
    def ask(prompt: str = "") -> str:
        raise error

    return ask


def assert_next_ways(error: InputError, *failed: str) -> None:
    """The ways that are left are named, those that failed are not."""
    for way, words in WAYS.items():
        assert (words in error.remedy) is (way not in failed), way
    assert error.code == 303
    for where, text in texts_of_error(error):
        assert_clean(ours(text), where)


# -- each way -----------------------------------------------------------------------------------


def test_a_named_variable_is_the_only_place_looked_at(
    ring: Ring, prompts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ring.known = {("mail.test", "ann"): "another"}
    monkeypatch.setenv("MAIL_PASSWORD", CANARY)
    found = find_password("ann", "mail.test", variable="MAIL_PASSWORD")
    assert found.reveal() == CANARY
    assert CANARY not in repr(found)
    with pytest.raises(MissingError, match="NOT_THERE is not set") as caught:
        find_password("ann", "mail.test", variable="NOT_THERE")
    assert_next_ways(caught.value, "environment")
    assert prompts == []


def test_a_named_file_is_the_only_place_looked_at(
    ring: Ring, prompts: list[str], file: Path
) -> None:
    ring.known = {("mail.test", "ann"): "another"}
    assert find_password("ann", "mail.test", file=file).reveal() == CANARY
    file.write_bytes(f"{CANARY}\r\n".encode())
    assert find_password("ann", "mail.test", file=str(file)).reveal() == CANARY
    assert prompts == []


def test_a_file_that_others_can_read_is_refused(file: Path) -> None:
    file.chmod(0o644)
    with pytest.raises(InputError, match="0644") as caught:
        find_password("ann", "mail.test", file=file)
    assert f"chmod 600 {file}" in caught.value.remedy
    assert_next_ways(caught.value, "file")


@pytest.mark.parametrize("text", [f"{CANARY}\n{CANARY}\n", "\n", f"{CANARY}\0"])
def test_a_file_holds_one_password_alone(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(MissingError, match="exactly one line") as caught:
        find_password("ann", "mail.test", file=file)
    assert_next_ways(caught.value, "file")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file") as caught:
        find_password("ann", "mail.test", file=tmp_path / "none")
    assert_next_ways(caught.value, "file")


def test_else_the_keyring_is_asked(ring: Ring, prompts: list[str]) -> None:
    ring.known = {("mail.test", "ann"): CANARY}
    assert find_password("ann", "mail.test").reveal() == CANARY
    assert prompts == []


# What the systems' own libraries raise comes through keyring as it is: pywintypes.error, and those
# of D-Bus.
FOREIGN = [CredentialManager.Error(1783, "CredWrite", "bad data"), OSError("no bus"), KeyError()]


@pytest.mark.parametrize("failure", [None, NoKeyringError("none"), KeyringLocked("shut"), *FOREIGN])
def test_and_then_a_person(ring: Ring, prompts: list[str], failure: Exception | None) -> None:
    ring.failure = failure
    assert find_password("ann", "mail.test").reveal() == CANARY
    assert prompts == ["Password for ann at mail.test: "]


# -- nobody there -------------------------------------------------------------------------------

NOBODY = [
    StdinNotImplementedError("no stdin"),
    EOFError(),
    OSError("captured"),
    getpass.GetPassWarning("it would show"),
]


@pytest.mark.parametrize("error", NOBODY)
def test_without_keyring_and_person_the_other_ways_are_named(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(getpass, "getpass", failing(error))
    with using(NoKeyring()), pytest.raises(MissingError) as caught:
        find_password("ann", "mail.test")
    assert "this system has no keyring; and cannot prompt" in caught.value.description
    assert WAYS["environment"] in caught.value.remedy
    assert WAYS["file"] in caught.value.remedy


def test_a_keyring_without_the_password_is_told_from_none(
    ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getpass", failing(EOFError()))
    with pytest.raises(MissingError, match="no password for ann at mail") as caught:
        find_password("ann", "mail.test")
    assert_next_ways(caught.value, "person")


def test_an_empty_answer_is_no_password(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda prompt="": "")
    with pytest.raises(MissingError, match="no password was entered"):
        find_password("ann", "mail.test")


def test_a_program_without_terminal_does_not_wait_and_shows_nothing() -> None:
    code = """
from smtp_nb.client.passwords import find_password
find_password("ann", "mail.test")
"""
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", "PATH": "/usr/bin"}
        | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,  # so that there is no /dev/tty either
        timeout=60,
    )
    assert "MissingError: [303] this system has no keyring; and cannot prompt" in run.stderr


def test_what_is_typed_at_a_terminal_does_not_show() -> None:
    setsid = require("setsid")["setsid"]
    code = """
from smtp_nb.client.passwords import from_person
print("typed", len(from_person("ann", "mail.test").reveal()), flush=True)
"""
    ours, theirs = os.openpty()
    with open(theirs, "r+b", 0) as end, open(ours, "r+b", 0) as keyboard:
        run = subprocess.Popen(
            [setsid, "--ctty", "--wait", sys.executable, "-c", code],
            stdin=end, stdout=end, stderr=end,
            env={"PATH": "/usr/bin", "PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        shown = b""
        while b"mail.test: " not in shown:
            shown += keyboard.read(1000)
        keyboard.write(b"correct horse\n")
        while b"typed 13" not in shown:
            shown += keyboard.read(1000)
        assert run.wait(60) == 0
    assert b"correct" not in shown


# -- keeping ------------------------------------------------------------------------------------


def test_what_is_kept_is_found_again(ring: Ring, prompts: list[str]) -> None:
    keep_in_keyring("ann", "mail.test", Secret(CANARY))
    assert find_password("ann", "mail.test").reveal() == CANARY
    assert prompts == []


@pytest.mark.parametrize("failure", [NoKeyringError("none"), PasswordSetError("no"), *FOREIGN])
def test_a_keyring_that_takes_nothing_is_told(ring: Ring, failure: Exception) -> None:
    ring.failure = failure
    with pytest.raises(MissingError, match="the keyring cannot store the password") as caught:
        keep_in_keyring("ann", "mail.test", Secret(CANARY))
    assert_next_ways(caught.value, "keyring")


@pytest.mark.parametrize("failure", FOREIGN)
def test_a_keyring_that_fails_keeps_nobody_from_forgetting(ring: Ring, failure: Exception) -> None:
    ring.failure = failure
    forget_in_keyring("ann", "mail.test")
