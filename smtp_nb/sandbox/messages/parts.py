"""Untrusted MIME, parsed within bounds: a message as a tree of parts over its bytes.

Reading never raises and takes a bounded number of steps, whatever the bytes. What lies beyond a
bound is not read: deeper parts stay bytes, further parts and header fields are left out, and
`is_cut` says so. Nothing is copied until it is asked for.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from smtp_nb.sandbox.messages.words import NotText, decoded, from_base64, readable_text

MAX_DEPTH = 20
MAX_PARTS = 200
MAX_FIELDS = 200
"""Header fields of one part."""
MAX_VALUE = 16 * 1024
"""Bytes of one field's value."""
MAX_PARAMETERS = 50

# RFC 5322 section 2.2: a name, a colon, and lines of which all but the first begin with a blank.
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
_END = re.compile(rb"\n\r?\n")
_TYPE = re.compile(r"\s*([!#-'*+.0-9A-Z^-~-]+)\s*/\s*([!#-'*+.0-9A-Z^-~-]+)\s*(?:;|$)", re.I)
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;]*)')


class ParsedField(NamedTuple):
    """A header field: its name, and its value as it stood, folded and encoded."""

    name: str
    value: bytes

    @property
    def text(self) -> str:
        """The value for readers; one that cannot be read says so."""
        more = len(self.value) - MAX_VALUE
        note = f"… ({more:,} more bytes)" if more > 0 else ""
        return readable_text(self.value[:MAX_VALUE]) + note


@dataclass
class ParsedPart:
    """A message or a part of one.

    Attributes:
        fields: its header, at most `MAX_FIELDS`.
        start, end: where its body stands in `content`.
        parts: those of a multipart, or the message inside a message/rfc822.
        is_cut: something of it was not read.
    """

    content: bytes = field(repr=False)
    fields: tuple[ParsedField, ...]
    start: int
    end: int
    parts: tuple[ParsedPart, ...] = ()
    is_cut: bool = False
    default_type: str = "text/plain"

    def get(self, name: str) -> str:
        """The text of the first field of that name; empty if there is none."""
        found = self._first.get(name.lower())
        return found.text if found else ""

    @cached_property
    def _first(self) -> dict[str, ParsedField]:
        return {one.name.lower(): one for one in reversed(self.fields)}

    @cached_property
    def content_type(self) -> str:
        """Such as `text/plain`, in lower case."""
        match = _TYPE.match(self.get("Content-Type"))
        return f"{match[1]}/{match[2]}".lower() if match else self.default_type

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Those of Content-Type, RFC 2231 decoded."""
        return parameters(self.get("Content-Type"))

    @cached_property
    def disposition(self) -> str:
        """`inline`, `attachment` or nothing."""
        return self.get("Content-Disposition").partition(";")[0].strip().lower()

    @property
    def filename(self) -> str:
        """What it wants to be called; empty if it does not say."""
        found = parameters(self.get("Content-Disposition")).get("filename", "")
        return found or self.parameters.get("name", "")

    def octets(self, most: int) -> bytes:
        """Its body without its transfer encoding, of at most `most` encoded bytes."""
        raw = self.content[self.start : min(self.end, self.start + most)]
        encoding = self.get("Content-Transfer-Encoding").strip().lower()
        try:
            if encoding == "base64":
                return from_base64(raw)
            return binascii.a2b_qp(raw) if encoding == "quoted-printable" else raw
        except ValueError:
            return raw

    def text(self, most: int) -> str:
        """Its body as text, of at most `most` encoded bytes; one that is not text says so."""
        try:
            return decoded(self.octets(most), self.parameters.get("charset", "") or "utf-8")
        except NotText as reason:
            return f"(this body cannot be read: {reason})"

    def leaves(self) -> Iterator[ParsedPart]:
        """The parts that have no parts, in their order; a message inside is one of them."""
        if self.parts and not self.content_type.startswith("message/"):
            for part in self.parts:
                yield from part.leaves()
        else:
            yield self


def parameters(value: str) -> dict[str, str]:
    """The parameters behind a value, names in lower case, RFC 2231 decoded."""
    found: dict[str, str] = {}
    for match in islice(_PARAMETER.finditer(value), MAX_PARAMETERS):
        text = match[2]
        if text.startswith('"') and len(text) > 1:
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        found.setdefault(match[1].lower(), text)  # of two, the first counts
    return found | {name: _joined(name, found) for name in _extended(found)}


def _extended(found: dict[str, str]) -> set[str]:
    return {name.partition("*")[0] for name in found if "*" in name[1:]}


def _joined(name: str, found: dict[str, str]) -> str:
    """A value in RFC 2231's notation: its charset, and its pieces in their order."""
    keys = [name + "*"] if name + "*" in found else []
    for number in range(0 if keys else MAX_PARAMETERS):
        here = [key for key in (f"{name}*{number}*", f"{name}*{number}") if key in found]
        if not here:
            break
        keys.append(here[0])
    charset, octets = "utf-8", b""
    for key in keys:
        text = found[key]
        if key.endswith("*"):
            if key == keys[0] and text.count("'") >= 2:
                charset, _, text = text.split("'", 2)
            octets += unquote_to_bytes(text)
        else:
            octets += text.encode("utf-8", "replace")
    try:
        return decoded(octets, charset or "utf-8")
    except NotText:
        return found.get(name, "")


def read(content: bytes) -> ParsedPart:
    """Read a message within the bounds above."""
    return _PartReader(content).part(0, len(content), 0)


def read_header(content: bytes) -> ParsedPart:
    """Read the header of a message and nothing below it."""
    return _PartReader(content).header(0, len(content))


class _PartReader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._left = MAX_PARTS

    def header(self, start: int, end: int, default: str = "text/plain") -> ParsedPart:
        fields, body, is_cut = self._header(start, end)
        return ParsedPart(self._content, fields, body, end, is_cut=is_cut, default_type=default)

    def part(self, start: int, end: int, depth: int, default: str = "text/plain") -> ParsedPart:
        part = self.header(start, end, default)
        body = part.start
        kind = part.content_type
        if kind.startswith("multipart/") and (boundary := part.parameters.get("boundary")):
            inside = "message/rfc822" if kind == "multipart/digest" else "text/plain"
            self._split(part, boundary, depth, inside)
        elif kind == "message/rfc822":
            self._add(part, [(body, end)], depth, "text/plain")
        return part

    def _header(self, start: int, end: int) -> tuple[tuple[ParsedField, ...], int, bool]:
        """The fields, where the body begins, and whether fields were left out."""
        content = self._content
        fields: list[ParsedField] = []
        if content.startswith(b"From ", start, end):  # of a mailbox file
            start = content.find(b"\n", start, end) + 1 or end
        while len(fields) < MAX_FIELDS and (match := _FIELD.match(content, start, end)):
            value = match[2].lstrip(b" \t").removesuffix(b"\r")
            fields.append(ParsedField(match[1].decode("ascii"), value))
            start = match.end()
        is_cut = len(fields) == MAX_FIELDS and _FIELD.match(content, start, end) is not None
        if is_cut:
            match = _END.search(content, start - 1, end)
            return tuple(fields), match.end() if match else end, True
        for empty in (b"\r\n", b"\n"):
            if content.startswith(empty, start, end):
                return tuple(fields), start + len(empty), False
        return tuple(fields), start, False

    def _split(self, part: ParsedPart, boundary: str, depth: int, default: str) -> None:
        """Find the parts between the boundary's lines (RFC 2046 section 5.1.1)."""
        name = re.escape(boundary.rstrip().encode("utf-8", "replace"))
        line = re.compile(rb"\n--" + name + rb"(--)?[ \t]*\r?(?=\n|\Z)")
        # The line feed before the first boundary may be that of the empty line.
        found = line.finditer(self._content, max(0, part.start - 1), part.end)
        lines = list(islice(found, MAX_PARTS + 1))
        spans = []
        for place, match in enumerate(lines):
            if match[1]:
                break
            after = lines[place + 1].start() if place + 1 < len(lines) else part.end
            stop = after - 1 if self._content[after - 1 : after] == b"\r" else after
            spans.append((min(match.end() + 1, stop), stop))
        self._add(part, spans, depth, default)

    def _add(
        self, part: ParsedPart, spans: list[tuple[int, int]], depth: int, default: str
    ) -> None:
        if depth >= MAX_DEPTH:
            part.is_cut = part.is_cut or bool(spans)
            return
        parts = []
        for start, end in spans:
            if self._left == 0:
                part.is_cut = True
                break
            self._left -= 1
            parts.append(self.part(start, end, depth + 1, default))
        part.parts = tuple(parts)
