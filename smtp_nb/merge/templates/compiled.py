"""Compiled texts: constant bytes, and slots for plain values.

A plain value is short and ASCII, and nothing in it is special anywhere: it changes no encoding,
folds no line and needs no escape.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from smtp_nb.compose.text import MAX_LINE, base64_size, encode_text, quoted_printable
from smtp_nb.merge.templates.plain_template import Hole, plain_text

Values = Mapping[Any, object]  # a row, whose columns may be called anything
# A value in a specimen: letters and digits, which no encoding changes.
MARK = f"slot{secrets.token_hex(4)}n"
_MARKED = re.compile(rf"{MARK}(\d+)z")
_SHORT = 60
# What is escaped in HTML, and what could end or begin a `cid:` there.
_SPECIAL = re.compile(r"[&<>\"']|(?i:cid(?::|\Z)|\A(?:i?d)?:)")
CHARSET = "utf-8"


class NotPlainError(Exception):
    """This row goes the general way."""


class Slots:
    """The holes of a letter's parts, each once, and what a row puts into them.

    Args:
        columns: the names that a row fills.
        common: the other names, with their values.
        escapes: the values stand in HTML, so that one that would be escaped is not plain.
    """

    def __init__(
        self, columns: Collection[object], common: Mapping[str, object], escapes: bool
    ) -> None:
        self._columns = columns
        self._common = common
        self._escapes = escapes
        self._holes: dict[Hole, int] = {}

    def text(self, pieces: Sequence[str | Hole]) -> str:
        """Texts and holes as one text, with marks for what differs from row to row.

        Raises:
            Exception: what is common to all rows is not plain.
        """
        return "".join([piece if isinstance(piece, str) else self._mark(piece) for piece in pieces])

    def _mark(self, hole: Hole) -> str:
        name, filters = hole
        if name not in self._columns:
            return self._plain(self._common[name], filters)
        return mark(self._holes.setdefault(hole, len(self._holes)))

    def fills(self, row: Values) -> list[str]:
        """What one row puts into the holes.

        Raises:
            Exception: a value is not plain, or a filter does not take it.
        """
        plain = self._plain
        return [plain(row[name], filters) for name, filters in self._holes]

    # A cell, or whatever a filter made of it: of any type.
    def _plain(self, value: Any, filters: tuple[Callable[[Any], Any], ...]) -> str:
        for apply in filters:
            value = apply(value)
        text: str = value if type(value) is str else plain_text(value)
        if not text.strip() or len(text) > _SHORT or not (text.isascii() and text.isprintable()):
            raise NotPlainError
        if self._escapes and _SPECIAL.search(text) is not None:
            raise NotPlainError
        return text

    @property
    def marks(self) -> list[str]:
        """What stands for the values in a specimen."""
        return [mark(place) for place in range(len(self._holes))]


def mark(place: int) -> str:
    """What stands for one value in a specimen."""
    return f"{MARK}{place}z"


class Woven:
    """A text cut at its marks."""

    def __init__(self, text: str) -> None:
        self._texts = _MARKED.split(text)
        self.gaps = [(at, int(self._texts[at])) for at in range(1, len(self._texts), 2)]

    def filled(self, fills: Sequence[str]) -> str:
        texts = self._texts.copy()
        for at, slot in self.gaps:
            texts[at] = fills[slot]
        return "".join(texts)


class _Unencoded:
    """A body that goes out as it is, as long as no line becomes too long."""

    def __init__(self, text: str) -> None:
        self._woven = Woven(text.replace("\n", "\r\n"))
        longest = max(len(_MARKED.sub("", line)) for line in text.split("\n"))
        self._is_safe = longest + len(self._woven.gaps) * _SHORT <= MAX_LINE

    def octets(self, fills: Sequence[str]) -> bytes:
        text = self._woven.filled(fills)
        if not self._is_safe and max(map(len, text.split("\r\n"))) > MAX_LINE:
            raise NotPlainError
        return text.encode("ascii")


class _Quoted:
    """A body in quoted-printable, which encodes each line by itself."""

    def __init__(self, text: str) -> None:
        *whole, last = text.split("\n")
        self._lines: list[Woven | tuple[bytes, int]] = []
        constant = ""
        for line in [*(f"{line}\n" for line in whole), last]:
            if MARK in line:
                self._keep(constant)
                self._lines.append(Woven(line))
                constant = ""
            else:
                constant += line
        self._keep(constant)

    def _keep(self, lines: str) -> None:
        if lines:
            self._lines.append(_encoded(lines))

    def octets(self, fills: Sequence[str]) -> bytes:
        lines = [
            _encoded(line.filled(fills)) if isinstance(line, Woven) else line
            for line in self._lines
        ]
        quoted = b"".join([octets for octets, _ in lines])
        if len(quoted) > base64_size(sum([size for _, size in lines])):
            raise NotPlainError  # base64 is shorter
        return quoted


def _encoded(lines: str) -> tuple[bytes, int]:
    """Lines in quoted-printable, and their size with CRLF line ends."""
    raw = lines.encode(CHARSET)
    return quoted_printable(raw), len(raw) + raw.count(b"\n")


Body = _Unencoded | _Quoted


def body_of(text: str) -> Body:
    """A body with marks in it.

    Raises:
        NotPlainError: its encoding depends on the values.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    encoding, _ = encode_text(text, CHARSET, "")
    if encoding == "7bit":
        return _Unencoded(text)
    if encoding == "base64" or text.isascii():  # perhaps only because of a long line
        raise NotPlainError
    return _Quoted(text)
