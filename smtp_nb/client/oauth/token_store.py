"""Token stores: the system's keyring, a private file, or memory only.

Windows' Credential Manager accepts 2560 bytes an entry, which is half of what a Microsoft login
needs. What a keyring does not accept whole is stored in pieces: their entries first, under names
that contain the digest of the whole, and then the main entry, which names them. So the main entry
always leads to one whole text, the old one or the new one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from smtp_nb.client.passwords import forget_in_keyring, from_keyring, keep_in_keyring
from smtp_nb.client.private_files import read_private, write_private
from smtp_nb.errors import MissingError
from smtp_nb.model.secret import Secret

KEYRING = "keyring"
# Fits 2560 bytes of UTF-16 whatever its characters are.
PIECE_CHARS = 640
_MAIN = re.compile(r"smtp_nb pieces (\d{1,3}) ([0-9a-f]{64})")


class TokenStore(Protocol):
    """A token store for one account."""

    name: str
    """Its name in messages."""

    def load(self) -> Secret | None: ...

    def save(self, text: Secret) -> None: ...

    def forget(self) -> None: ...


class KeyringStore:
    """The system's keyring, in one entry or several."""

    name = "the keyring"

    def __init__(self, service: str, user: str) -> None:
        self._user, self._place = user, f"smtp_nb {service}"

    def load(self) -> Secret | None:
        try:
            main = from_keyring(self._user, self._place)
            found = _MAIN.fullmatch(main.reveal())
            if found is None:
                return main
            pieces = [
                from_keyring(self._user, place) for place in self._places(int(found[1]), found[2])
            ]
        except MissingError:
            return None
        whole = Secret("".join(piece.reveal() for piece in pieces))
        return whole if _digest(whole) == found[2] else None

    def save(self, text: Secret) -> None:
        before = self._pieces()
        try:
            keep_in_keyring(self._user, self._place, text)
            kept: list[str] = []
        except MissingError:
            if len(text.reveal()) <= PIECE_CHARS:
                raise
            kept = self._save_in_pieces(text, before)
        self._remove(set(before) - set(kept))

    def forget(self) -> None:
        pieces = self._pieces()
        forget_in_keyring(self._user, self._place)
        self._remove(pieces)

    def _save_in_pieces(self, text: Secret, before: list[str]) -> list[str]:
        count = -(-len(text.reveal()) // PIECE_CHARS)
        digest = _digest(text)
        places = self._places(count, digest)
        try:
            for number, place in enumerate(places):
                start = number * PIECE_CHARS
                piece = Secret(text.reveal()[start : start + PIECE_CHARS])
                keep_in_keyring(self._user, place, piece)
            keep_in_keyring(self._user, self._place, Secret(f"smtp_nb pieces {count} {digest}"))
        except MissingError:
            self._remove(set(places) - set(before))
            raise
        return places

    def _pieces(self) -> list[str]:
        """The places of the pieces that the main entry names."""
        try:
            found = _MAIN.fullmatch(from_keyring(self._user, self._place).reveal())
        except MissingError:
            return []
        return self._places(int(found[1]), found[2]) if found else []

    def _places(self, count: int, digest: str) -> list[str]:
        return [f"{self._place} {digest[:16]} {number}" for number in range(count)]

    def _remove(self, places: Iterable[str]) -> None:
        for place in places:
            forget_in_keyring(self._user, place)


def _digest(text: Secret) -> str:
    return hashlib.sha256(text.reveal().encode("utf-8", "surrogatepass")).hexdigest()


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
