"""Words for the system's errors, also where the C library has none: Winsock's, on Windows."""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

import smtp_nb
from smtp_nb.drivers.os_errors import os_error, os_error_words
from smtp_nb.drivers.runner import connection_error
from smtp_nb.drivers.sockets import NotBound, SocketOptions, connect_failed, peer_of
from smtp_nb.errors import WINSOCK, SMTPError
from smtp_nb.flows.intents import Open

OURS = SocketOptions(local_host="10.0.0.1", local_port=24)
DOORS: dict[str, Callable[[OSError], SMTPError]] = {
    "connecting": lambda error: connect_failed(Open("mail.test", 587, 1.0, OURS), error),
    "binding": lambda error: connect_failed(Open("mail.test", 587, 1.0, OURS), NotBound(error)),
    "connected": connection_error,
}


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The C library of Windows: it knows no number of Winsock."""
    words = os.strerror
    monkeypatch.setattr(os, "strerror", lambda n: "Unknown error" if n >= 10000 else words(n))
    monkeypatch.setattr(errno, "ECONNRESET", 10054)


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("number", WINSOCK)
def test_every_number_of_winsock_has_words_at_every_door(door: str, number: int) -> None:
    failed = DOORS[door](os_error(number))
    assert failed.code == number
    assert failed.description.endswith(WINSOCK[number][1])
    assert "unknown error" not in str(failed).lower()


@pytest.mark.usefixtures("windows")
def test_a_connection_that_was_reset_at_once_has_words_on_windows() -> None:
    with socket.socket() as sock, pytest.raises(OSError, match="the server reset the connection"):
        peer_of(sock)


def test_the_resolver_of_windows_says_what_failed() -> None:
    error = socket.gaierror(11001, "getaddrinfo failed")
    assert os_error_words(error) == "the host name does not exist"


@pytest.mark.parametrize(("winerror", "words"), [(1225, "refused"), (121, "does not answer")])
def test_overlapped_calls_of_windows_have_words(winerror: int, words: str) -> None:
    class Overlapped(OSError):
        pass

    error = Overlapped(errno.EINVAL, "")
    error.winerror = winerror  # type: ignore[attr-defined]  # only Windows has it
    assert words in os_error_words(error)


def test_the_systems_words_count_rather_than_asyncios() -> None:
    error = OSError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 25)")
    assert os_error_words(error) == os.strerror(errno.ECONNREFUSED).lower()
    assert os_error_words(ConnectionResetError("Connection lost")) == "connection lost"
    assert type(os_error(errno.ECONNRESET)) is ConnectionResetError


def test_the_sockets_of_this_package_ask_the_c_library_in_one_place() -> None:
    drivers = Path(smtp_nb.__file__).parent / "drivers"
    asking = [
        path.name for path in drivers.glob("*.py") if re.search(r"strerror\(", path.read_text())
    ]
    assert asking == ["os_errors.py"]
