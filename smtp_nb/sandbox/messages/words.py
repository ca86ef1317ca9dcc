"""Untrusted text: bytes with a declared charset, and encoded words (RFC 2047).

Only charsets of text are decoded. Python's own table also holds `unicode_escape`, `idna`,
`punycode` and `rot13`, which yield lone surrogates, take quadratic time, or are no charset at all.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

UNREADABLE = "(this header cannot be read)"

_NAMES = """
    us-ascii ascii utf-8 utf8 utf-16 utf-16be utf-16le iso-8859-1 latin1 latin-1
    iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9
    iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16
    windows-1250 windows-1251 windows-1252 windows-1253 windows-1254 windows-1255 windows-1256
    windows-1257 windows-1258 cp1250 cp1251 cp1252 cp437 cp850 cp852 cp866 koi8-r koi8-u
    macintosh tis-620 big5 big5-hkscs gb2312 gbk gb18030 euc-jp shift-jis iso-2022-jp
    euc-kr ks-c-5601-1987 iso-2022-kr
"""
CHARSETS = {name: name for name in _NAMES.split()} | {"ks-c-5601-1987": "euc-kr"}

# A word has no blank and no question mark inside, so the search is linear.
_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?\s]*)\?=")


class NotText(ValueError):
    """Bytes that cannot be decoded as they are labelled."""


def decoded(octets: bytes, charset: str) -> str:
    """The text of bytes; what is broken in it is shown as U+FFFD.

    Raises:
        NotText: `charset` is not one of text.
    """
    known = CHARSETS.get(charset.strip().lower().replace("_", "-"))
    if known is None:
        raise NotText(f"charset {charset[:40]!r} is not known")
    return octets.decode(known, "replace")


def header_text(value: bytes) -> str:
    """The text of a header field's value: unfolded, its encoded words decoded.

    Raises:
        NotText: an encoded word is in a charset that is not one of text.
    """
    text = value.replace(b"\r", b"").replace(b"\n", b"").decode("utf-8", "replace").lstrip(" \t")
    return "".join(_pieces(text)) if "=?" in text else text


def readable_text(value: bytes) -> str:
    """As `header_text`; a value that cannot be read says so."""
    try:
        return header_text(value)
    except NotText:
        return UNREADABLE


def _pieces(text: str) -> Iterator[str]:
    """Plain text and decoded words in turn, without the blanks between two words."""
    end, charset, octets = 0, "", b""
    for word in _WORD.finditer(text):
        gap = text[end : word.start()]
        # A character of several bytes may be cut by the end of a word, against RFC 2047 section 5.
        if octets and (gap.strip() or word[1] != charset):
            yield decoded(octets, charset)
            octets = b""
        if gap.strip() or not charset:
            yield gap
        charset, end = word[1], word.end()
        octets += _octets(word[2], word[3])
    yield decoded(octets, charset) if charset else ""
    yield text[end:]


def _octets(encoding: str, data: str) -> bytes:
    raw = data.encode("utf-8", "replace")
    return from_base64(raw) if encoding in "bB" else binascii.a2b_qp(raw, header=True)


def from_base64(data: bytes) -> bytes:
    """The bytes behind base64, as far as possible: cut or wrongly padded text is decoded too.

    Raises:
        NotText: nothing can be had.
    """
    for spare in (b"", b"=", b"==", b"==="):
        try:
            return binascii.a2b_base64(data + spare)
        except binascii.Error:
            continue
    try:
        # A single letter at the end carries no byte.
        letters = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        return binascii.a2b_base64(letters[: len(letters) // 4 * 4])
    except binascii.Error as error:
        raise NotText("its base64 is broken") from error
