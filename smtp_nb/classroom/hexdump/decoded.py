"""Decoded views of bytes: what they say as text, and what is packed into them."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from quopri import decodestring

from smtp_nb.model.display import visible, visible_lines
from smtp_nb.model.encoded import decode_words, is_encoded

MAX_DECODED = 4096
"""Bytes of a selection that are decoded."""

_QUOTED = re.compile(rb"=(?:[0-9A-Fa-f]{2}|\r?\n)")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}\Z")
_WORD = re.compile(rb"[A-Za-z0-9+/]{4,}={0,2}\Z")


def views_of(octets: bytes) -> Iterator[tuple[str, str]]:
    """The name of each view that makes sense, and what it shows."""
    octets = octets[:MAX_DECODED]
    text = octets.decode("utf-8", "backslashreplace")
    yield "Text", visible(text)
    packed = _base64(octets)
    if packed is not None:
        yield "Base64", _readable(packed)
    if is_encoded(text):
        yield "RFC 2047", _words(text)
    elif _QUOTED.search(octets):
        yield "Quoted-printable", _readable(decodestring(octets))


def _base64(octets: bytes) -> bytes | None:
    """What is packed into the bytes, or into the last word of a line such as `334 VXNlcm5hbWU6`."""
    whole = b"".join(octets.split())
    if len(octets.split()) > 1 and b"\n" not in octets.strip():
        last = _WORD.search(octets.split()[-1])
        whole = last.group() if last else b""
    if len(whole) < 4 or len(whole) % 4 or not _BASE64.match(whole):
        return None
    try:
        return b64decode(whole, validate=True)
    except ValueError:
        return None


def _readable(octets: bytes) -> str:
    return visible_lines(octets.decode("utf-8", "backslashreplace").replace("\r\n", "\n"))


def _words(text: str) -> str:
    try:
        return visible(decode_words(text))
    except ValueError as error:
        return str(error)
