"""The text of a conversation by hand: one line each, and words in angle brackets for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent

from smtp_nb.errors import InputError


@dataclass(frozen=True, slots=True)
class Say:
    """Send bytes as they are.

    Attributes:
        waits: then wait for the replies that are due.
    """

    octets: bytes
    waits: bool = True


@dataclass(frozen=True, slots=True)
class Await:
    """Await for what the server says."""


@dataclass(frozen=True, slots=True)
class Secure:
    """Say STARTTLS unless that was said, and run the handshake."""


Direction = Say | Await | Secure

_RAW = re.compile(r"<raw ([^<>]*)>\Z", re.IGNORECASE)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}\s*)+\Z")


def directions(text: str) -> list[Direction]:
    """Read a conversation.

    Args:
        text: a line of it is sent with CRLF, and the replies that are due are waited for. `<wait>`
            waits for what comes; `<nowait>` sends the lines after it without waiting, until the
            next `<wait>`; `<raw 2e0a>` sends these bytes, given in hexadecimal, and does not wait;
            `<tls>` says STARTTLS and runs the handshake. Common indentation is removed.

    Raises:
        InputError: what stands after `<raw` is not hexadecimal.
    """
    lines = dedent(text).removeprefix("\n").removesuffix("\n").split("\n")
    return list(_read([line.removesuffix("\r") for line in lines])) if text.strip("\n ") else []


def _read(lines: list[str]) -> Iterator[Direction]:
    waits = True
    for number, line in enumerate(lines, 1):
        word = line.strip().lower()
        if word == "<wait>":
            waits = True
            yield Await()
        elif word == "<nowait>":
            waits = False
        elif word == "<tls>":
            yield Secure()
        elif raw := _RAW.match(line.strip()):
            yield Say(_octets(raw[1], number), waits=False)
        else:
            yield Say(f"{line}\r\n".encode("utf-8", "surrogateescape"), waits)


def _octets(text: str, number: int) -> bytes:
    if _HEX.match(text) is None:
        raise InputError(
            f"line {number}: what stands after <raw is not hexadecimal",
            remedy="Write two digits for each byte: <raw 2e 0d 0a> is a dot, CR and LF",
        )
    return bytes.fromhex(text)
