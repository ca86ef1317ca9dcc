"""Pins: the digest of a public key in place of an authority's signature."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from smtp_nb.errors import InputError


def parse_pin(text: str) -> bytes:
    """Return the SHA-256 of a public key (its SubjectPublicKeyInfo), from `sha256:` and hex or
    base64.

    Raises:
        InputError: it is neither.
    """
    digest = text.strip().removeprefix("sha256:").removeprefix("sha256//").replace(":", "")
    for decode in (bytes.fromhex, _from_base64):
        try:
            raw = decode(digest)
        except ValueError:
            continue
        if len(raw) == hashlib.sha256().digest_size:
            return raw
    raise InputError(
        f"{text!r} is not a pin",
        remedy="Write sha256: and the SHA-256 of the server's public key in hex or base64",
    )


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.translate(str.maketrans("-_ ", "+/+")), validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error


def is_pinned(certificate: x509.Certificate, pins: Iterable[str]) -> bool:
    """True if its public key is one of `pins`."""
    return any(hmac.compare_digest(key_digest(certificate), parse_pin(pin)) for pin in pins)


def key_digest(certificate: x509.Certificate) -> bytes:
    """Return the SHA-256 of its SubjectPublicKeyInfo, as RFC 7469 section 2.4 pins it."""
    key = certificate.public_key()
    return hashlib.sha256(
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).digest()
