"""Decoder for encoded words in header text (RFC 2047).

`compose.encoded_words` writes them. Only charsets are decoded here: Python's other codecs
(unicode_escape, punycode, zlib) would turn a hostile word into anything it likes.
"""

from __future__ import annotations

import codecs
import re
from binascii import Error, a2b_base64, a2b_qp

_WORD = re.compile(r"=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z0-9-]*)?\?([BbQq])\?([!->@-~]*)\?=")
_BETWEEN = re.compile(r"(\?=)[ \t\r\n]+(?==\?[^? ]+\?[BbQq]\?)")
_NO_CHARSETS = frozenset(
    {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
)


def is_encoded(text: str) -> bool:
    """True if a part of `text` is an encoded word, so that a reader shows something else."""
    return "=?" in text and _WORD.search(text) is not None


def decode_words(text: str) -> str:
    """Return the text with its encoded words decoded; white space between two of them is dropped.

    Raises:
        ValueError: one of them names an unknown charset, or is malformed.
    """
    if not is_encoded(text):
        return text
    return _WORD.sub(_decoded, _BETWEEN.sub(r"\1", text))


def _decoded(found: re.Match[str]) -> str:
    charset, letter, payload = found.groups()
    try:
        name = codecs.lookup(charset).name
        if name.replace("_", "-") in _NO_CHARSETS:
            raise LookupError(charset)
        octets = payload.encode("ascii")
        raw = a2b_base64(octets) if letter in "Bb" else a2b_qp(octets, header=True)
        return raw.decode(name)
    except (LookupError, Error, UnicodeError) as error:
        raise ValueError(f"the encoded word {found.group()[:75]!r} cannot be decoded") from error
