"""Limits on key derivation: what a protected store would cost to open.

The store itself names the iteration count of its key derivation. Two billion iterations take half
an hour in which nothing can be interrupted, so the author of a store could block us; more than any
program writes is refused before it begins.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

# OWASP asks for 1,300,000 at most in 2023.
MAX_ROUNDS = 10_000_000
MAX_BCRYPT = 1_000  # each of which costs as much as thousands of the others; ssh-keygen uses 24
MAX_DEPTH = 16
_PEM = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----([A-Za-z0-9+/=\s]+)-----END")
_OPENSSH = b"openssh-key-v1\0"
_INTEGER, _OCTETS = 0x02, 0x04


def refuse_costly(data: bytes) -> None:
    """Raise if opening `data`, DER or PEM, would take far too long.

    Raises:
        ValueError: it would.
    """
    for der in (data, *_bodies(data)):
        if der.startswith(_OPENSSH):
            is_too_much = _bcrypt_rounds(der) > MAX_BCRYPT
        else:
            is_too_much = any(rounds > MAX_ROUNDS for rounds in _rounds(der))
        if is_too_much:
            raise ValueError("opening it would take longer than any legitimate store does")


def _bodies(data: bytes) -> Iterator[bytes]:
    for found in _PEM.finditer(data):
        body = found[1]
        yield base64.b64decode(body + b"=" * (-len(b"".join(body.split())) % 4))


def _rounds(der: bytes, depth: int = 0) -> Iterator[int]:
    """Yield every integer right after a byte string: a salt, and its iteration count.

    This is the layout of PBKDF2 (RFC 8018), scrypt (RFC 7914) and PKCS 12 (RFC 7292), and of
    nothing else in keys and certificates. Bytes that are DER themselves are searched too, as PKCS
    12 nests them.
    """
    before = 0
    for tag, value in _elements(der):
        if tag == _INTEGER and before == _OCTETS:
            yield int.from_bytes(value)
        elif depth < MAX_DEPTH and (tag & 0x20 or (tag == _OCTETS and value[:1] == b"\x30")):
            yield from _rounds(value, depth + 1)
        before = tag


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tags and values, up to where it is no longer DER."""
    at = 0
    while at + 2 <= len(der):
        tag, size, at = der[at], der[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size = int.from_bytes(der[at : at + count])
            at += count
        if at + size > len(der):
            return
        yield tag, der[at : at + size]
        at += size


def _bcrypt_rounds(data: bytes) -> int:
    """Return the rounds in the head of an OpenSSH private key; 0 if it has no password."""
    at, strings = len(_OPENSSH), []
    for _ in range(3):  # the cipher, the derivation, its options
        size = int.from_bytes(data[at : at + 4])
        strings.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return int.from_bytes(strings[2][-4:])
