"""Bytes as a page spells them, with escapes for what cannot be typed."""

from __future__ import annotations

import re

from smtp_nb.errors import InputError

_ESCAPE = re.compile(r"\\(?:x(?P<hex>[0-9A-Fa-f]{2})|(?P<letter>[rnt0\\])|(?P<wrong>.?))")
_LETTERS = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


def octets_of(text: str) -> bytes:
    r"""The bytes that a text stands for.

    Args:
        text: `\r`, `\n`, `\0` and `\t` are the controls, `\x2e` is any byte, and the rest is
            UTF-8.

    Raises:
        InputError: something else stands after a backslash.
    """
    parts, end = [], 0
    for found in _ESCAPE.finditer(text):
        if found["wrong"] is not None:
            raise InputError(
                f"\\{found['wrong']} is not an escape",
                remedy=r"Write \r, \n, \t, \0, \x and two hexadecimal digits, or \\",
            )
        parts.append(text[end : found.start()].encode("utf-8", "surrogateescape"))
        single = _LETTERS.get(found["letter"] or "", "").encode()
        parts.append(single or bytes.fromhex(found["hex"]))
        end = found.end()
    parts.append(text[end:].encode("utf-8", "surrogateescape"))
    return b"".join(parts)


def spelled(octets: bytes) -> str:
    """Bytes as a text that stands for them; the inverse of `octets_of` for what is UTF-8."""
    return "".join(shown_lines(octets.replace(b"\\", b"\\\\")))


def shown_lines(octets: bytes) -> list[str]:
    """Bytes as lines, each with its end spelled out, as `octets_of` reads it."""
    lines = re.findall(rb"[^\n]*\n|[^\n]+", octets)
    return [_spelled(line.decode("utf-8", "backslashreplace")) for line in lines]


def _spelled(line: str) -> str:
    return line.replace("\r", r"\r").replace("\n", r"\n").replace("\0", r"\0")
