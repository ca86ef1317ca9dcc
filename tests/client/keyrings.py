"""A keyring in memory, and its place among those of the system."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import keyring
from keyring.backend import KeyringBackend


class Ring(KeyringBackend):
    """Knows what it was told; raises `failure` if it has one."""

    priority = 1  # type: ignore[assignment]  # keyring declares a property of the class

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], str] = {}
        self.failure: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        self._fail()
        return self.known.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._fail()
        self.known[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._fail()
        del self.known[service, username]

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


class CredentialManager(Ring):
    """As on Windows: 2560 bytes of UTF-16 an entry, and the error is none of keyring's."""

    class Error(Exception):
        """Stands for pywintypes.error."""

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password.encode("utf-16-le", "surrogatepass")) > 2560:
            raise self.Error(1783, "CredWrite", "The stub received bad data")
        super().set_password(service, username, password)


@contextlib.contextmanager
def using(made: KeyringBackend) -> Iterator[None]:
    """Let the whole process use this keyring."""
    before = keyring.get_keyring()
    keyring.set_keyring(made)
    try:
        yield
    finally:
        keyring.set_keyring(before)
