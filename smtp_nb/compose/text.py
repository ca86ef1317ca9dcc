"""Text bodies: line ends made CRLF, and the shortest 7-bit encoding (RFC 2045 section 6)."""

from __future__ import annotations

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Sequence
from contextlib import suppress
from operator import attrgetter

from smtp_nb.compose.encoded_words import encode
from smtp_nb.errors import InputError

MAX_LINE = 998
BASE64_LINE = 76
_SAFE = b"\t\n" + bytes(range(32, 127))
_LINE_END = re.compile(rb"[ \t](?:\n|\Z)")
_IS_PLAIN = attrgetter("is_plain")
_OVERLONG = re.compile(rb"^(.{74,75})(=20|=09)$", re.MULTILINE)


class Lines:
    """Whole lines in a charset. Each 7-bit encoding treats every line by itself, so lines may be
    encoded apart and put together; base64 alone needs all of them.

    Args:
        text: lines that end in LF, CRLF or CR. No other character ends a line.
        what: names the part in an error.

    Raises:
        InputError: 434, a character does not exist in `charset`.
    """

    __slots__ = ("_quoted", "_raw", "canonical", "is_plain")

    def __init__(self, text: str, charset: str, what: str) -> None:
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        self._raw = raw = encode(text, charset, what)
        self._quoted: bytes | None = None
        self.canonical = raw.replace(b"\n", b"\r\n")
        """The bytes with CRLF line ends."""
        self.is_plain = text.isascii() and not raw.translate(None, _SAFE) and _is_short(text)
        """True if they can go out as they are."""

    @property
    def quoted(self) -> bytes:
        """The lines in quoted-printable."""
        if self._quoted is None:
            self._quoted = quoted_printable(self._raw)
        return self._quoted


class SharedText:
    """Lines that many texts share. They are encoded when first needed, and then cached.

    Args:
        text: begins with a line and ends with a whole one.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines: dict[str, Lines] = {}

    def lines(self, charset: str, what: str) -> Lines:
        """Return the lines in a charset; errors as those of `Lines`."""
        if charset not in self._lines:
            self._lines[charset] = Lines(self.text, charset, what)
        return self._lines[charset]


class SegmentedText(str):
    """A text that knows which of its lines are shared with others.

    Args:
        pieces: texts and shared texts. A shared text begins on a new line.
    """

    __slots__ = ("pieces",)

    def __new__(cls, pieces: Sequence[str | SharedText]) -> SegmentedText:
        texts = [piece if isinstance(piece, str) else piece.text for piece in pieces]
        made = super().__new__(cls, "".join(texts))
        made.pieces = tuple(pieces)
        return made

    pieces: tuple[str | SharedText, ...]

    def lines(self, charset: str, what: str) -> list[Lines]:
        """All lines in order."""
        return [
            Lines(piece, charset, what) if isinstance(piece, str) else piece.lines(charset, what)
            for piece in self.pieces
        ]


def encode_text(text: str, charset: str, what: str) -> tuple[str, bytes]:
    """Return (Content-Transfer-Encoding, bytes) of a text part, errors and arguments as for
    `Lines`.
    """
    if isinstance(text, SegmentedText):
        with suppress(InputError):  # said below, with the offset in the whole text
            return _encoding(text.lines(charset, what))
    return _encoding([Lines(text, charset, what)])


def _encoding(lines: Sequence[Lines]) -> tuple[str, bytes]:
    """Return the shortest encoding, 7bit wherever possible."""
    canonical = b"".join([part.canonical for part in lines])
    if all(map(_IS_PLAIN, lines)):
        return "7bit", canonical
    quoted = b"".join([part.quoted for part in lines])
    if len(quoted) <= base64_size(len(canonical)):
        return "quoted-printable", quoted
    return "base64", wrapped_base64(canonical)


def _is_short(text: str) -> bool:
    return len(text) <= MAX_LINE or max(map(len, text.split("\n"))) <= MAX_LINE


def quoted_printable(raw: bytes) -> bytes:
    """Bytes with LF line ends in quoted-printable, with CRLF line ends and no line above 76."""
    # Given CRLF, binascii breaks long lines by whatever ended the first line; given LF, by LF.
    encoded = b2a_qp(raw, istext=True)
    if _LINE_END.search(raw) is not None:
        # It counts a blank at the end of a line as one byte and then writes it as three.
        encoded = _OVERLONG.sub(rb"\1=\n\2", encoded)
    return encoded.replace(b"\n", b"\r\n")


def wrapped_base64(raw: bytes | memoryview) -> bytes:
    """Base64 in lines of 76, with CRLF between them and none at the end."""
    line = b2a_base64(raw, newline=False)
    return b"\r\n".join([line[at : at + BASE64_LINE] for at in range(0, len(line), BASE64_LINE)])


def base64_size(octets: int) -> int:
    """Return the length of `wrapped_base64` for this number of bytes."""
    characters = (octets + 2) // 3 * 4
    return characters + max(characters - 1, 0) // BASE64_LINE * 2
