"""Marks: what in the bytes of a conversation its rules are about."""

from __future__ import annotations

import pytest

from smtp_nb.classroom.hexdump.marks import Mark, Run, marks_of
from smtp_nb.model.enums import TrailDirection

C, S = TrailDirection.CLIENT, TrailDirection.SERVER
LEAD: list[Run] = [(S, b"220 x\r\n"), (C, b"DATA\r\n"), (S, b"354 go on\r\n")]
BEFORE = sum(len(octets) for _, octets in LEAD)

CONTENTS = {
    "a dot of ours, doubled": (b"x: y\r\n\r\n..a\r\n.\r\n", ["stuffed-dot", "last-dot"]),
    "a dot nobody doubled": (b"x: y\r\n\r\n.a\r\n.\r\n", ["lost-dot", "last-dot"]),
    "the end at once": (b".\r\n", ["last-dot"]),
    "LF, dot, LF": (b"a\n.\nb\r\n.\r\n", ["bare-lf", "false-end", "bare-lf", "last-dot"]),
    "LF, dot, CRLF": (b"a\n.\r\n", ["bare-lf", "false-end"]),
    "a lone CR": (b"a\rb\r\n.\r\n", ["bare-cr", "last-dot"]),
    "a dot glued to text": (b"end.\r\n", []),
    "commands after the end": (b".\r\n..\r\nQUIT\r\n", ["last-dot"]),
}


def kinds(runs: list[Run]) -> list[str]:
    plain = ("crlf", "header", "body")
    return [mark.kind for mark in marks_of(runs) if mark.kind not in plain]


@pytest.mark.parametrize("name", CONTENTS)
def test_dots_and_line_ends_of_content_are_marked(name: str) -> None:
    content, wanted = CONTENTS[name]
    assert kinds([*LEAD, (C, content)]) == wanted


def test_a_command_is_no_content() -> None:
    assert kinds([(S, b"220 x\r\n"), (C, b"..\r\n.\r\nDATA\r\n..\r\n")]) == []
    assert kinds([(C, b"NOOP\nQUIT\r\n")]) == ["bare-lf"]


def test_the_server_ends_content_by_speaking() -> None:
    assert kinds([*LEAD, (C, b"a\r\n"), (S, b"421 bye\r\n"), (C, b"..\r\n")]) == []


def test_a_chunk_has_no_dots_of_ours() -> None:
    """RFC 3030 section 2: BDAT counts, so a dot means nothing in it."""
    assert kinds([(C, b"BDAT 12 LAST\r\nx: y\r\n\r\n..\r\nQUIT\r\n")]) == []


def test_header_body_and_base64_are_told_apart() -> None:
    packed = b"SGVsbG8gd29ybGQgaGVsbG8gd29ybGQh\r\n"
    found = marks_of([*LEAD, (C, b"Subject: x\r\n\r\n" + packed + b".\r\n")])
    assert Mark(BEFORE, BEFORE + 12, "header") in found
    assert Mark(BEFORE + 14, BEFORE + 14 + len(packed), "body") in found
    assert Mark(BEFORE + 14, BEFORE + 12 + len(packed), "base64") in found
