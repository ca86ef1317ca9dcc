"""Encoded words: non-ASCII text in a header (RFC 2047).

The laws: a word is at most 75 bytes long, decodes by itself (no character is split), and holds no
byte with a special meaning anywhere in a header. Text that merely looks like an encoded word is
encoded too, so that no reader decodes it into something else.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable, Iterator
from functools import lru_cache

from smtp_nb.errors import InputError

MAX_WORD = 75
ALNUM = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_CHARSET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,19}\Z")
_CODE_PAGE = re.compile(r"\Acp(125\d)\Z")
_PRINTABLE = "".join(map(chr, range(32, 127))) + "\r\n"
# Python's private codecs, which mail readers do not know.
_PYTHON_ONLY = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "mbcs"})
# Names that Python knows and mail does not.
_ALIASES = {
    "utf8": "utf-8",
    "utf_8": "utf-8",
    "ascii": "us-ascii",
    "latin1": "iso-8859-1",
    "latin-1": "iso-8859-1",
    "latin9": "iso-8859-15",
    "latin-9": "iso-8859-15",
}


def escapes(safe: bytes, mark: str) -> list[str]:
    """How each byte is written: as it is if in `safe`, else as `mark` and two hex digits."""
    return [chr(octet) if octet in safe else f"{mark}{octet:02X}" for octet in range(256)]


# RFC 2047 section 5 (3): what a display name allows. A subject would allow more, at the cost of
# a second table; the gain is negligible.
_Q = escapes(ALNUM + b"!*+-/", "=")
_Q[0x20] = "_"


@lru_cache(maxsize=64)
def check_charset(charset: str) -> str:
    """The charset's name as MIME writes it.

    Raises:
        InputError: it is unknown, or encodes ASCII differently (as UTF-16 does), which neither a
            header nor a text part can carry.
    """
    try:
        known = _CHARSET_NAME.match(charset) and charset.lower() not in _PYTHON_ONLY
        if known and _PRINTABLE.encode(charset) == _PRINTABLE.encode("ascii"):
            name = charset.lower()
            return _ALIASES.get(name) or _CODE_PAGE.sub(r"windows-\1", name)
    except (LookupError, UnicodeError):
        pass
    raise InputError(f"{charset!r} is not a charset that mail can carry", remedy="Use utf-8")


def encode(text: str, charset: str, what: str) -> bytes:
    """The text in `charset`.

    Raises:
        InputError: 434, a character does not exist there; names `what` and the offset.
    """
    try:
        return text.encode(charset)
    except UnicodeEncodeError as error:
        raise InputError(
            f"{what} holds {text[error.start]!a} at offset {error.start},"
            f" which cannot be written in {charset}",
            code=434,
            remedy="Remove it, or use utf-8",
        ) from error


def looks_encoded(text: str) -> bool:
    """True if a reader might mistake part of `text` for an encoded word."""
    return "=?" in text


def encoded_words(text: str, charset: str, what: str, first: int = MAX_WORD) -> list[str]:
    """`text` as encoded words, in Q or B, whichever is shorter.

    Args:
        what: the name of the field, for the error.
        first: bytes available for the first word, where it shares a line with the field's name.
    """
    raw = encode(text, charset, what)
    whole, letter, payload = _q(raw), "q", _q
    if len(whole) > (len(raw) + 2) // 3 * 4:
        whole, letter, payload = _b(raw), "b", _b
    lead = f"=?{charset}?{letter}?"
    room = MAX_WORD - len(lead) - 2
    first_room = min(first, MAX_WORD) - len(lead) - 2
    if len(whole) <= first_room:
        return [f"{lead}{whole}?="]
    pieces = _pieces(text, lambda piece: len(payload(piece.encode(charset))), first_room, room)
    return [f"{lead}{payload(piece.encode(charset))}?=" for piece in pieces]


def _q(raw: bytes) -> str:
    return "".join([_Q[octet] for octet in raw])


def _b(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).decode("ascii")


def _pieces(text: str, cost: Callable[[str], int], first: int, room: int) -> Iterator[str]:
    """Cut `text` between characters, so that every piece fits.

    Where not one character fits into `first`, the first piece takes a line of its own.
    """
    start, limit = 0, first
    while start < len(text):
        end = _reach(text, start, cost, limit)
        if end > start:
            yield text[start:end]
        start, limit = end, room


def _reach(text: str, start: int, cost: Callable[[str], int], limit: int) -> int:
    """Return the end of the longest piece from `start` that fits; found by bisection."""
    low, high = start, min(len(text), start + max(limit, 0))
    while low < high:
        middle = (low + high + 1) // 2
        if cost(text[start:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return low
