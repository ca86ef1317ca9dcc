"""Token stores: the system's keyring, a private file, or memory only."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Protocol

from smtp_nb.client.passwords import forget_in_keyring, from_keyring, keep_in_keyring
from smtp_nb.client.private_files import read_private, write_private
from smtp_nb.errors import MissingError
from smtp_nb.model.secret import Secret

KEYRING = "keyring"


class TokenStore(Protocol):
    """A token store for one account."""

    name: str
    """Its name in messages."""

    def load(self) -> Secret | None: ...

    def save(self, text: Secret) -> None: ...

    def forget(self) -> None: ...


class KeyringStore:
    """The system's keyring."""

    name = "the keyring"

    def __init__(self, service: str, user: str) -> None:
        self._user, self._place = user, f"smtp_nb {service}"

    def load(self) -> Secret | None:
        try:
            return from_keyring(self._user, self._place)
        except MissingError:
            return None

    def save(self, text: Secret) -> None:
        keep_in_keyring(self._user, self._place, text)

    def forget(self) -> None:
        forget_in_keyring(self._user, self._place)


class FileStore:
    """A file that only its owner can read."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path).expanduser()
        self.name = str(self._path)

    def load(self) -> Secret | None:
        return read_private(self._path) if self._path.exists() else None

    def save(self, text: Secret) -> None:
        write_private(self._path, text)

    def forget(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()


class MemoryStore:
    """Until the program ends."""

    name = ""

    def load(self) -> Secret | None:
        return None

    def save(self, text: Secret) -> None:
        """It stays with the account."""

    def forget(self) -> None:
        """There is nothing to forget."""


def token_store(keep: str | os.PathLike[str] | None, service: str, user: str) -> TokenStore:
    """Return the store that `keep` names: `"keyring"`, a file, or None for memory only."""
    if keep is None:
        return MemoryStore()
    return KeyringStore(service, user) if keep == KEYRING else FileStore(keep)
