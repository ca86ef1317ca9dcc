"""Text bodies: line ends made CRLF, and the shortest 7-bit encoding (RFC 2045 section 6)."""

from __future__ import annotations

import re
from binascii import b2a_base64, b2a_qp

from smtp_nb.compose.words import encode

MAX_LINE = 998
BASE64_LINE = 76
_SAFE = b"\t\n" + bytes(range(32, 127))
_LINE_END = re.compile(rb"[ \t](?:\n|\Z)")
_OVERLONG = re.compile(rb"^(.{74,75})(=20|=09)$", re.MULTILINE)


def encode_text(text: str, charset: str, what: str) -> tuple[str, bytes]:
    """(Content-Transfer-Encoding, octets) of a text part.

    Args:
        text: lines that end in LF, CRLF or CR. No other character ends a line.
        what: names the part in an error.

    Raises:
        InputError: 434, a character does not exist in `charset`.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    raw = encode(text, charset, what)
    if text.isascii() and not raw.translate(None, _SAFE) and _is_short(text):
        return "7bit", raw.replace(b"\n", b"\r\n")
    quoted = quoted_printable(raw)
    canonical = raw.replace(b"\n", b"\r\n")
    if len(quoted) <= base64_size(len(canonical)):
        return "quoted-printable", quoted
    return "base64", wrapped_base64(canonical)


def _is_short(text: str) -> bool:
    return len(text) <= MAX_LINE or max(map(len, text.split("\n"))) <= MAX_LINE


def quoted_printable(raw: bytes) -> bytes:
    """Octets with LF line ends in quoted-printable, with CRLF line ends and no line above 76."""
    # Given CRLF, binascii breaks long lines by whatever ended the first line; given LF, by LF.
    encoded = b2a_qp(raw, istext=True)
    if _LINE_END.search(raw) is not None:
        # It counts a blank at the end of a line as one octet and then writes it as three.
        encoded = _OVERLONG.sub(rb"\1=\n\2", encoded)
    return encoded.replace(b"\n", b"\r\n")


def wrapped_base64(raw: bytes | memoryview) -> bytes:
    """Base64 in lines of 76, with CRLF between them and none at the end."""
    line = b2a_base64(raw, newline=False)
    return b"\r\n".join([line[at : at + BASE64_LINE] for at in range(0, len(line), BASE64_LINE)])


def base64_size(octets: int) -> int:
    """How long `wrapped_base64` makes so many octets."""
    characters = (octets + 2) // 3 * 4
    return characters + max(characters - 1, 0) // BASE64_LINE * 2
