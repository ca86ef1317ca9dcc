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
_MOST_SEEN = 4096
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
        self._seen: set[str] = set()
        """Texts that are plain: the cells of most columns repeat themselves."""

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
        seen, cell = self._seen, self._cell
        return [
            value
            if type(value := row[name]) is str and value in seen and not filters
            else cell(value, filters)
            for name, filters in self._holes
        ]

    # A cell, or whatever a filter made of it: of any type.
    def _cell(self, value: Any, filters: tuple[Callable[[Any], Any], ...]) -> str:
        text = self._plain(value, filters)
        if text is value and len(self._seen) < _MOST_SEEN:
            self._seen.add(text)
        return text

    def _plain(self, value: Any, filters: tuple[Callable[[Any], Any], ...]) -> str:
        for apply in filters:
            value = apply(value)
        text: str = value if type(value) is str else plain_text(value)
        if type(value) is int and len(text) <= _SHORT:
            return text  # digits
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
        self.texts = _MARKED.split(text)
        self.gaps = [(at, int(self.texts[at])) for at in range(1, len(self.texts), 2)]

    def filled(self, fills: Sequence[str]) -> str:
        texts = self.texts.copy()
        for at, slot in self.gaps:
            texts[at] = fills[slot]
        return "".join(texts)


class Sheet:
    """A whole message as one list of texts, some of which are filled in for each row."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._gaps: list[tuple[int, int]] = []

    def add(self, text: str) -> int:
        """Write something behind what is there; returns its place."""
        self._texts.append(text)
        return len(self._texts) - 1

    def weave(self, woven: Woven) -> None:
        """Write a text whose gaps are filled as they are."""
        start = len(self._texts)
        self._texts += woven.texts
        self._gaps += [(start + at, slot) for at, slot in woven.gaps]

    def filled(self, fills: Sequence[str]) -> list[str]:
        """The texts with what a row puts into its slots."""
        texts = self._texts.copy()
        for at, slot in self._gaps:
            texts[at] = fills[slot]
        return texts


class _Unencoded:
    """A body that goes out as it is, as long as no line becomes too long.

    Attributes:
        is_safe: none can, so that `fill` has nothing to do.
    """

    def __init__(self, text: str) -> None:
        self._woven = Woven(text.replace("\n", "\r\n"))
        longest = max(len(_MARKED.sub("", line)) for line in text.split("\n"))
        self.is_safe = longest + len(self._woven.gaps) * _SHORT <= MAX_LINE

    def lay(self, sheet: Sheet) -> None:
        """Write it down once for all rows."""
        sheet.weave(self._woven)

    def fill(self, texts: list[str], fills: Sequence[str]) -> None:
        """Put the lines of one row into their places.

        Raises:
            NotPlainError: it would be encoded otherwise.
        """
        if max(map(len, self.text(fills).split("\r\n"))) > MAX_LINE:
            raise NotPlainError

    def text(self, fills: Sequence[str]) -> str:
        """The whole body of one row."""
        return self._woven.filled(fills)


class _Quoted:
    """A body in quoted-printable, which encodes each line by itself."""

    is_safe = False

    def __init__(self, text: str) -> None:
        *whole, last = text.split("\n")
        self._lines: list[Woven | str] = []
        self._places: list[tuple[int, Woven]] = []
        self._quoted = self._raw = 0  # what the constant lines have, encoded and not
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
            quoted, raw = _encoded(lines)
            self._lines.append(quoted)
            self._quoted += len(quoted)
            self._raw += raw

    def lay(self, sheet: Sheet) -> None:
        """Write it down once for all rows."""
        for line in self._lines:
            if isinstance(line, str):
                sheet.add(line)
            else:
                self._places.append((sheet.add(""), line))

    def fill(self, texts: list[str], fills: Sequence[str]) -> None:
        """Put the lines of one row into their places.

        Raises:
            NotPlainError: it would be encoded otherwise.
        """
        quoted, raw = self._quoted, self._raw
        for at, line in self._places:
            texts[at], size = _encoded(line.filled(fills))
            quoted += len(texts[at])
            raw += size
        if quoted > base64_size(raw):
            raise NotPlainError

    def text(self, fills: Sequence[str]) -> str:
        """The whole body of one row."""
        return "".join(
            [line if isinstance(line, str) else _encoded(line.filled(fills))[0]
             for line in self._lines]
        )  # fmt: skip


def _encoded(lines: str) -> tuple[str, int]:
    """Lines in quoted-printable, and their size with CRLF line ends."""
    raw = lines.encode(CHARSET)
    return quoted_printable(raw).decode("ascii"), len(raw) + raw.count(b"\n")


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
