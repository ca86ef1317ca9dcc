"""Hex dump of a conversation: both directions, 16 bytes a row."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any, NamedTuple, Protocol

from smtp_nb.classroom.hexdump.decoded import views_of
from smtp_nb.classroom.hexdump.marks import KINDS, Mark, Run, marks_of
from smtp_nb.classroom.hexdump.replay import Replay, replay
from smtp_nb.errors import InputError
from smtp_nb.model.display import counted
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.explain import explain
from smtp_nb.model.known import known_attributes

A_ROW = 16
FIRST_ROWS, LAST_ROWS = 96, 16
"""What a notebook keeps of a long conversation; the rows between them are counted."""
SHOWN_NOTES = 24

LETTERS = {TrailDirection.CLIENT: "C", TrailDirection.SERVER: "S"}
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}\s*)+\Z")
_ADDRESS = re.compile(rb"[^\s<>()\[\],;:@\"\\]{1,320}(?=@[\w\[])")
_NAME = re.compile(rb"(?im)(?<=^VRFY |^EXPN )[^\s@][^\r\n@]*(?=\r?$)")


class HasWire(Protocol):
    """What has the bytes of a conversation: a `Session`."""

    @property
    def wire(self) -> list[Run]: ...


class DumpRow(NamedTuple):
    """Up to 16 bytes of one side, from `start` on."""

    start: int
    letter: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Selection:
    """Some bytes, and what is known about them.

    Attributes:
        start: where they begin.
        octets: what they are.
        letter: who said the first of them, C or S.
        views: the name of each decoded view (text, base64, quoted-printable, RFC 2047), and what
            it shows.
        rules: each rule that they are about, and its source.
    """

    start: int
    octets: bytes
    letter: str
    views: tuple[tuple[str, str], ...]
    rules: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        last = self.start + len(self.octets) - 1
        lines = [f"bytes {self.start} to {last}, {self.letter}: {self.octets.hex(' ')}"]
        lines += [f"{name}: {text}" for name, text in self.views]
        return "\n".join([*lines, *(f"{rule} ({source})" for rule, source in self.rules)])


@known_attributes()
class HexDump:
    """The bytes of a conversation in hexadecimal and as text, in the order in which they passed.

        >>> from smtp_nb.classroom import HexDump, Terminal
        >>> from smtp_nb.sandbox import SandboxServer
        >>> with SandboxServer(inline=True) as server, Terminal(server) as terminal:
        ...     _ = terminal.dialogue("NOOP")
        ...     print(HexDump(server.sessions[0]))
        000000 S  32 32 30 20 73 61 6e 64  62 6f 78 2e 74 65 73 74  220 sandbox.test
        000010 S  20 45 53 4d 54 50 20 73  6d 74 70 5f 6e 62 20 73   ESMTP smtp_nb s
        000020 S  61 6e 64 62 6f 78 0d 0a                           andbox←↓
        000028 C  4e 4f 4f 50 0d 0a                                 NOOP←↓
        00002e S  32 35 30 20 4f 6b 0d 0a                           250 Ok←↓

    An arrow to the left is CR, one down is LF, a bullet is a dot that the receiver removes. What
    could be a password is hidden. In a notebook's saved form each letter of an address but the
    first is a star. Places are counted from 0 over both directions together.

    Args:
        conversation: a `Session`, live or loaded.

    Attributes:
        runs: direction and bytes in turn.
        marks: places that a rule is about, such as a bare line feed or the dot that ends content.
    """

    runs: tuple[Run, ...]
    marks: tuple[Mark, ...]

    def __init__(self, conversation: HasWire) -> None:
        self.runs = tuple(conversation.wire)
        self.marks = tuple(marks_of(self.runs))
        self._starts = [0]
        for _, octets in self.runs:
            self._starts.append(self._starts[-1] + len(octets))

    def __len__(self) -> int:
        return self._starts[-1]

    def rows(self, *, show_addresses: bool = True) -> list[DumpRow]:
        """The rows: what one side says begins a new one. A masked address keeps its length."""
        show = bytes if show_addresses else _starred
        return [
            DumpRow(start + at, LETTERS[direction], shown[at : at + A_ROW])
            for start, (direction, octets) in zip(self._starts, self.runs, strict=False)
            for shown in (show(octets),)
            for at in range(0, len(shown), A_ROW)
        ]

    def find(self, what: str | bytes) -> list[tuple[int, int]]:
        """Where these bytes stand, each as start and end; a place lies in one side's words.

        Args:
            what: bytes, or text: pairs of hexadecimal digits such as `0d0a2e0d0a` are found as
                bytes, and any text as it is.
        """
        wanted = {what.encode() if isinstance(what, str) else what}
        if isinstance(what, str) and _HEX.match(what.strip()):
            wanted.add(bytes.fromhex(what))
        return sorted(
            (start + at, start + at + len(one))
            for one in wanted
            if one
            for start, (_, octets) in zip(self._starts, self.runs, strict=False)
            for at in _places(octets, one)
        )

    def at(self, start: int, end: int | None = None) -> Selection:
        """What is known about some bytes.

        Args:
            start: the first, from 0.
            end: up to which, this one excluded; by default one byte.

        Raises:
            InputError: there are no such bytes.
        """
        end = start + 1 if end is None else end
        if not 0 <= start < end <= len(self):
            raise InputError(
                f"no bytes from {start} to {end}",
                remedy=f"This conversation has {len(self)}, from 0",
            )
        octets = b"".join(octets for _, octets in self.runs)[start:end]
        direction = self.runs[self._run_at(start)][0]
        views, rules = tuple(views_of(octets)), tuple(self._rules(start, end))
        return Selection(start, octets, LETTERS[direction], views, rules)

    def replay(self, octets: bytes, start: int, end: int | None = None) -> Replay:
        r"""What a server would make of it if the client had said other bytes there.

        The conversation is said again to a new sandbox in memory; no byte leaves the process.

            >>> from smtp_nb.classroom import HexDump, Terminal
            >>> from smtp_nb.sandbox import SandboxServer
            >>> with SandboxServer(inline=True) as server, Terminal(server) as terminal:
            ...     _ = terminal.dialogue("NOOP")
            ...     dump = HexDump(server.sessions[0])
            >>> print(dump.replay(b"\n", *dump.find("0d0a")[1]))
            NOOP: 250 Ok -> no reply
            in the end it waits for 5 octets without an end of line (CRLF)
            remarks: bare-lf

        Args:
            octets: what stands there instead; none removes what was there.
            start: the first byte that goes, from 0.
            end: up to which, this one excluded; by default one byte.

        Raises:
            InputError: these are not bytes of the client's, or the conversation's beginning is
                missing.
        """
        end = start + len(self.at(start, end).octets)
        number = self._run_at(start)
        said, first = self.runs[number][1], self._starts[number]
        if self._run_at(end - 1) != number:
            raise InputError(
                "these bytes are of both sides", remedy="Change some of the client's alone"
            )
        return replay(self.runs, number, said[: start - first] + octets + said[end - first :])

    def _run_at(self, place: int) -> int:
        return bisect_right(self._starts, place) - 1

    def line_at(self, place: int) -> tuple[int, int]:
        """Start and end of the line that holds this byte, its CRLF included."""
        number = self._run_at(place)
        first, octets = self._starts[number], self.runs[number][1]
        start = octets.rfind(b"\n", 0, place - first) + 1
        end = octets.find(b"\n", place - first) + 1 or len(octets)
        return first + start, first + end

    def _rules(self, start: int, end: int) -> Iterator[tuple[str, str]]:
        touched = [one for one in self.marks if one.start < end and start < one.end]
        if not any(one.kind in ("header", "body", "last-dot") for one in touched):
            first, last = self.line_at(start)
            run = self._run_at(start)
            line = self.runs[run][1][first - self._starts[run] : last - self._starts[run]]
            text = line.decode("utf-8", "backslashreplace").strip()
            is_command = self.runs[run][0] is TrailDirection.CLIENT
            about = explain(text.partition(" ")[0] if is_command else text)
            if about.source:
                yield about.title, about.source
        for kind in dict.fromkeys(one.kind for one in touched):
            yield KINDS[kind].title, KINDS[kind].source

    def notes(self) -> list[tuple[int, str]]:
        """What is worth a look: places, and the rules that they are about."""
        noted = [one for one in self.marks if KINDS[one.kind].is_noted]
        return [
            (one.start, f"{one.kind}: {KINDS[one.kind].title} ({KINDS[one.kind].source})")
            for one in noted
        ]

    # Showing

    def _glyphs(self) -> dict[int, str]:
        return {one.start: glyph for one in self.marks if (glyph := KINDS[one.kind].glyph)}

    def _shown_rows(self, show_addresses: bool, is_whole: bool) -> Iterator[DumpRow | int]:
        """The rows, and how many were left out where some were."""
        rows = self.rows(show_addresses=show_addresses)
        if is_whole or len(rows) <= FIRST_ROWS + LAST_ROWS:
            yield from rows
        else:
            yield from rows[:FIRST_ROWS]
            yield len(rows) - FIRST_ROWS - LAST_ROWS
            yield from rows[-LAST_ROWS:]

    def _lines(self, show_addresses: bool, is_whole: bool) -> Iterator[str]:
        glyphs = self._glyphs()
        for row in self._shown_rows(show_addresses, is_whole):
            if isinstance(row, int):
                yield f"… {counted(row, 'row')} left out"
            else:
                yield f"{row.start:06x} {row.letter}  {_hex(row.octets):<50}{_text(row, glyphs)}"
        notes = self.notes()
        yield from (f"{place:06x} {note}" for place, note in notes[:SHOWN_NOTES])
        if len(notes) > SHOWN_NOTES:
            yield f"… {len(notes) - SHOWN_NOTES:,} more places"

    def __str__(self) -> str:
        """All of it, addresses in full."""
        return "\n".join(self._lines(show_addresses=True, is_whole=True))

    def __repr__(self) -> str:
        return self.forms()[0]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def _repr_html_(self) -> str:
        return self.forms()[1]

    def forms(self, *, show_addresses: bool = False) -> tuple[str, str]:
        """Text and HTML for a cell, of a long conversation its beginning and end; addresses masked
        unless it says otherwise.
        """
        text = "\n".join(self._lines(show_addresses, is_whole=False))
        return text or "<no bytes yet>", self._html(show_addresses)

    def _html(self, show_addresses: bool) -> str:
        glyphs, rows = self._glyphs(), []
        for row in self._shown_rows(show_addresses, is_whole=False):
            cells = (
                (f"… {counted(row, 'row')} left out", "", "", "")
                if isinstance(row, int)
                else (f"{row.start:06x}", row.letter, _hex(row.octets), _text(row, glyphs))
            )
            rows.append("".join(f"<td><code>{escape(cell)}</code></td>" for cell in cells))
        heads = "".join(f"<th>{name}</th>" for name in ("Byte", "Who", "Hexadecimal", "Text"))
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        notes = self.notes()
        items = [f"<li><code>{place:06x}</code> {escape(note)}</li>" for place, note in notes]
        more = [f"<li>… {len(notes) - SHOWN_NOTES:,} more</li>"] * (len(notes) > SHOWN_NOTES)
        return (
            f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
            f"<ul>{''.join(items[:SHOWN_NOTES] + more)}</ul>"
        )


def _places(octets: bytes, wanted: bytes) -> Iterator[int]:
    at = octets.find(wanted)
    while at >= 0:
        yield at
        at = octets.find(wanted, at + 1)


def _hex(octets: bytes) -> str:
    return f"{octets[:8].hex(' ')}  {octets[8:].hex(' ')}".rstrip()


def _text(row: DumpRow, glyphs: dict[int, str]) -> str:
    return "".join(
        glyphs.get(row.start + at) or character(octet) for at, octet in enumerate(row.octets)
    )


def character(octet: int) -> str:
    """What stands for a byte: itself, an arrow for CR and LF, or a box."""
    # Pictures such as U+240D are in few fonts; the arrows are in all.
    return {0x0D: "←", 0x0A: "↓"}.get(octet) or (chr(octet) if 0x20 <= octet < 0x7F else "□")


def _starred(octets: bytes) -> bytes:
    """A star for each letter of an address but the first, so that every byte keeps its place."""

    def stars(found: re.Match[bytes]) -> bytes:
        return found[0][:1] + b"*" * (len(found[0]) - 1)

    return _NAME.sub(stars, _ADDRESS.sub(stars, octets))
