"""Marks: the places in a conversation's bytes that its rules are about.

What is content and what is a command follows from the replies alone: after a 354 comes content,
until CRLF, a dot and CRLF, or until the server speaks again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from smtp_nb.model.enums import TrailDirection

Run = tuple[TrailDirection, bytes]
"""What one side said until the other spoke."""


class Mark(NamedTuple):
    """A place: from `start` up to `end`, and what it is (a key of `KINDS`)."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Kind:
    """What a mark says.

    Attributes:
        title: the rule in a sentence.
        source: the RFC and section.
        glyph: what stands for the byte in the text column; empty for the usual one.
        is_noted: True for what is worth a line below the bytes.
    """

    title: str
    source: str
    glyph: str = ""
    is_noted: bool = False


KINDS = {
    "crlf": Kind("CRLF ends a line, and nothing else does", "RFC 5321 section 2.3.8"),
    "bare-lf": Kind(
        "a line feed without its carriage return is not the end of a line",
        "RFC 5321 section 2.3.8",
        is_noted=True,
    ),
    "bare-cr": Kind(
        "a carriage return without its line feed is not the end of a line",
        "RFC 5321 section 2.3.8",
        is_noted=True,
    ),
    "stuffed-dot": Kind(
        "this dot was added for the journey: the receiver removes it",
        "RFC 5321 section 4.5.2",
        "•",
        is_noted=True,
    ),
    "lost-dot": Kind(
        "this dot was not doubled, and the receiver removes it: the text loses it",
        "RFC 5321 section 4.5.2",
        "•",
        is_noted=True,
    ),
    "last-dot": Kind(
        "CRLF, a dot and CRLF end the content", "RFC 5321 section 4.1.1.4", is_noted=True
    ),
    "false-end": Kind(
        "not the end of the content: CRLF has to stand on both sides of the dot",
        "RFC 5321 section 4.1.1.4",
        is_noted=True,
    ),
    "base64": Kind("base64: four characters carry three bytes", "RFC 2045 section 6.8"),
    "header": Kind("a header field: a name, a colon, a text", "RFC 5322 section 2.2"),
    "body": Kind("the body: lines of text after an empty one", "RFC 5322 section 2.3"),
}

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_LONE_CR = re.compile(rb"\r(?!\n|\Z)")
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4}){5,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\r\n\Z")
_BDAT = re.compile(rb"(?i)BDAT +([0-9]{1,9})(?: |\r?\n)")


def marks_of(runs: Iterable[Run]) -> list[Mark]:
    """The marks of a conversation in the order of their places."""
    found: list[Mark] = []
    offset, asks_for_content = 0, False
    for direction, octets in runs:
        if direction is TrailDirection.SERVER:
            asks_for_content = octets.rstrip().rpartition(b"\n")[2][:3] == b"354"
            found += _line_ends(octets, offset)
        else:
            found += _Client(octets, offset).walk(asks_for_content)
        offset += len(octets)
    return sorted(found)


def _line_ends(octets: bytes, offset: int) -> Iterator[Mark]:
    for line in _LINE.finditer(octets):
        yield from _line_end(line.group(), offset + line.start())


def _line_end(line: bytes, start: int) -> Iterator[Mark]:
    for lone in _LONE_CR.finditer(line):
        yield Mark(start + lone.start(), start + lone.end(), "bare-cr")
    end = start + len(line)
    if line.endswith(b"\r\n"):
        yield Mark(end - 2, end, "crlf")
    elif line.endswith(b"\n"):
        yield Mark(end - 1, end, "bare-lf")


class _Client:
    """Walks over what a client said, command by command and through content."""

    def __init__(self, octets: bytes, offset: int) -> None:
        self._octets, self._offset = octets, offset
        self._at = 0

    def walk(self, begins_with_content: bool) -> Iterator[Mark]:
        if begins_with_content:
            yield from self._content(len(self._octets), has_dots=True)
        while line := self._next_line(len(self._octets)):
            yield from _line_end(line, self._offset + self._at - len(line))
            if chunk := _BDAT.match(line):
                yield from self._content(self._at + int(chunk[1]), has_dots=False)

    def _next_line(self, limit: int) -> bytes:
        found = _LINE.match(self._octets, self._at, limit)
        self._at = found.end() if found else self._at
        return found.group() if found else b""

    def _content(self, limit: int, *, has_dots: bool) -> Iterator[Mark]:
        part, last = "header", b"\r\n"
        while line := self._next_line(min(limit, len(self._octets))):
            start = self._offset + self._at - len(line)
            yield from _line_end(line, start)
            is_end = line == b".\r\n" and last.endswith(b"\r\n") and has_dots
            if has_dots and line.startswith(b"."):
                yield Mark(start, start + 1, _dot(line, last))
            if is_end:
                return
            if line in (b"\r\n", b"\n"):
                part = "body"
            else:
                yield Mark(start, start + len(line), part)
                if part == "body" and _BASE64.match(line):
                    yield Mark(start, start + len(line) - 2, "base64")
            last = line


def _dot(line: bytes, last: bytes) -> str:
    """What the dot at the beginning of a line of content is."""
    if line.rstrip(b"\r\n") == b".":
        return "last-dot" if line == b".\r\n" and last.endswith(b"\r\n") else "false-end"
    return "stuffed-dot" if line.startswith(b"..") else "lost-dot"
