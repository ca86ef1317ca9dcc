"""DKIM signatures (RFC 6376), made with dkimpy when the message is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smtp_nb import ambient
from smtp_nb.errors import InputError, Unsupported
from smtp_nb.model.doors.typed import typed_arguments
from smtp_nb.model.envelope import Content
from smtp_nb.model.known import known_attributes
from smtp_nb.model.secret import Secret
from smtp_nb.model.unseen import unseen_arguments
from smtp_nb.wording import install


@known_attributes()
@typed_arguments
class DKIM:
    """A key that signs what a domain sends. Needs the extra `dkim`.

    Args:
        domain: whose signature it is; its DNS holds the public key.
        selector: under which name: `<selector>._domainkey.<domain>`.
        key: the private RSA key in PEM, as text or bytes, or the path of its file.

    Raises:
        InputError: the key cannot be read.
        Unsupported: dkimpy is not installed.
    """

    __slots__ = ("_key", "domain", "selector")

    @unseen_arguments
    def __init__(self, domain: str, selector: str, key: str | bytes | os.PathLike[str]) -> None:
        self.domain = domain
        self.selector = selector
        self._key = _read(key)
        self.field(b"From: a@example.org\r\n\r\n")  # what is wrong with the key is said now

    @property
    def parts(self) -> tuple[str, str, Secret]:
        """The domain, the selector and the key, which still shows nothing."""
        return self.domain, self.selector, self._key

    def field(self, message: bytes) -> bytes:
        """The field DKIM-Signature of a message, with its line end."""
        try:
            import dkim
        except ImportError as error:
            raise Unsupported("DKIM signatures need dkimpy", remedy=install("dkim")) from error
        try:
            signed: bytes = _signer(dkim.DKIM)(message).sign(
                self.selector.encode(), self.domain.encode(), self._key.reveal().encode(),
                canonicalize=(b"relaxed", b"relaxed"),
            )  # fmt: skip
        except (dkim.DKIMException, ValueError, TypeError, IndexError):
            # Its own words may hold the key.
            raise InputError(
                f"DKIM cannot sign for {self.selector!a} at {self.domain!a} with this key",
                remedy="Give a private RSA key in PEM, a selector and a domain",
            ) from None
        return signed

    def sign(self, content: Content) -> Signed:
        """The message with its signature in front; it is read whole once.

        Raises:
            InputError: it comes from a stream, which cannot be read twice.
        """
        if content.size < 0:
            raise InputError(
                "a stream cannot be signed with DKIM", remedy="Give the message as text or a file"
            )
        return Signed(content, self.field(b"".join(content.chunks())))

    def __repr__(self) -> str:
        return f"DKIM({self.domain!r}, {self.selector!r})"


@dataclass(frozen=True, slots=True)
class Signed:
    """A message behind its signature (a `Content`)."""

    content: Content
    signature: bytes

    @property
    def size(self) -> int:
        """The bytes of both."""
        return self.content.size + len(self.signature)

    @property
    def is_8bit(self) -> bool:
        """As the message: a signature is ASCII."""
        return self.content.is_8bit

    @property
    def bare(self) -> str:
        """As the message."""
        return self.content.bare

    @property
    def needs_smtputf8(self) -> bool:
        """As the message."""
        return self.content.needs_smtputf8

    @property
    def message_id(self) -> str:
        """The message's."""
        return self.content.message_id

    def chunks(self) -> Iterator[bytes]:
        """The signature, then the message."""
        yield self.signature
        yield from self.content.chunks()


def _signer(base: Any) -> Any:
    """dkimpy's signer, on our clock: it has no argument for the time in `t=`."""

    class Signer(base):  # type: ignore[misc]  # dkimpy has no types
        def gen_header(self, fields: list[tuple[bytes, bytes]], *more: Any) -> bytes:
            now = str(int(ambient.now())).encode()
            timed = [(name, now if name == b"t" else value) for name, value in fields]
            header: bytes = super().gen_header(timed, *more)
            return header

    return Signer


def _read(key: str | bytes | os.PathLike[str]) -> Secret:
    if isinstance(key, bytes):
        return Secret(key.decode("ascii", "replace"))
    if isinstance(key, str) and "-----BEGIN" in key:
        return Secret(key)
    try:
        return Secret(Path(key).read_text("ascii"))
    except (OSError, ValueError):
        raise InputError(
            "the key for DKIM cannot be read", remedy="Give PEM text, or the path of its file"
        ) from None
