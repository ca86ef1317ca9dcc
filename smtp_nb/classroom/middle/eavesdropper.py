"""Eavesdropper: what can be read and changed in the middle of a connection.

It is pure: bytes in, bytes out, for each direction. Lines in clear are looked at one by one; from
the first TLS record on, a direction passes as it is, and only its records can be told apart (RFC
8446 section 5.1: type, version and length stand in clear).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from smtp_nb.model.display import masked, visible
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.known import known_attributes
from smtp_nb.sandbox.wire import discreet

CLIENT, SERVER = TrailDirection.CLIENT, TrailDirection.SERVER

_RECORDS = {20: "change cipher", 21: "alert", 22: "handshake", 23: "encrypted data"}
_STARTTLS = re.compile(rb"(?i)\A(250[- ])?STARTTLS(?=\r?\n\Z)")
_REPLY = re.compile(rb"[2-5][0-9][0-9](?: |\r?\n)")
MAX_LINE = 64 * 1024
"""A line in clear that is longer passes in pieces."""
_ARROWS = {CLIENT: " ->", SERVER: "<- "}


@known_attributes()
@dataclass(frozen=True, slots=True, repr=False)
class Sighting:
    """One line in clear, or one TLS record.

    `str()` shows a line without what could be a password, and a record by its kind and length.

    Attributes:
        direction: who said it.
        octets: as they passed. In clear they may be a password: that is the lesson.
        record: the kind of the TLS record; empty for a line in clear.
        connection: which of several, from 1.
        is_changed: it is not what was sent.
    """

    direction: TrailDirection
    octets: bytes = field(repr=False)
    record: str = ""
    connection: int = 1
    is_changed: bool = False
    _shown: str = ""

    @property
    def is_plain(self) -> bool:
        """True if it can be read on the way."""
        return not self.record

    def __str__(self) -> str:
        what = f"TLS record: {self.record}, {len(self.octets)} bytes"
        changed = "   (changed on the way)" if self.is_changed else ""
        return (
            f"{_ARROWS[self.direction]} {visible(self._shown) if self.is_plain else what}{changed}"
        )

    def __repr__(self) -> str:
        return f"<Sighting {masked(str(self)).strip()}>"


class Eavesdropper:
    """Sits in the middle of one connection.

    Args:
        seen: gets what passes.
        strip_starttls: overwrite STARTTLS in both directions, as real boxes do, so that the client
            believes that it is not offered.
        inject: bytes to add in clear after the server's 220 to STARTTLS.
    """

    def __init__(
        self, seen: list[Sighting], number: int, *, strip_starttls: bool, inject: bytes
    ) -> None:
        self._seen, self._number = seen, number
        self._strips, self._inject = strip_starttls, inject
        self._waiting = {CLIENT: b"", SERVER: b""}
        self._in_tls = {CLIENT: False, SERVER: False}
        self._records = {CLIENT: b"", SERVER: b""}
        self._follows_login = False
        self._asked = False  # the client has said STARTTLS

    def passes(self, direction: TrailDirection, data: bytes, *, at_end: bool = False) -> bytes:
        """What goes on of what came; the rest of a line is kept until it is whole, or `at_end`."""
        if not self._in_tls[direction] and not self._waiting[direction] and data[:1] == b"\x16":
            self._in_tls[direction] = True
        if self._in_tls[direction]:
            self._split(direction, data)
            return data
        *lines, rest = (self._waiting[direction] + data).split(b"\n")
        whole = [line + b"\n" for line in lines]
        if rest and (at_end or len(rest) > MAX_LINE):
            whole, rest = [*whole, rest], b""
        self._waiting[direction] = rest
        return b"".join(self._line(direction, line) for line in whole)

    def _line(self, direction: TrailDirection, line: bytes) -> bytes:
        is_stripped = self._strips and _STARTTLS.match(line) is not None
        passed = _STARTTLS.sub(rb"\1XXXXXXXA", line) if is_stripped else line
        self._note(direction, passed, is_changed=is_stripped)
        if direction is CLIENT:
            self._asked = line.strip().upper() == b"STARTTLS"
        elif self._asked and self._inject and _REPLY.match(line):
            self._asked = False
            if line.startswith(b"220"):
                self._note(direction, self._inject, is_changed=True)
                passed += self._inject
        return passed

    def _note(self, direction: TrailDirection, octets: bytes, *, is_changed: bool) -> None:
        shown = octets
        if direction is CLIENT:
            shown, self._follows_login = discreet(octets, self._follows_login)
        text = shown.decode("utf-8", "backslashreplace").removesuffix("\n").removesuffix("\r")
        self._seen.append(Sighting(direction, octets, "", self._number, is_changed, text))

    def _split(self, direction: TrailDirection, data: bytes) -> None:
        buffer = self._records[direction] + data
        while len(buffer) >= 5 and len(buffer) >= (size := 5 + int.from_bytes(buffer[3:5], "big")):
            kind = _RECORDS.get(buffer[0], f"of type {buffer[0]}")
            self._seen.append(Sighting(direction, buffer[:size], kind, self._number))
            buffer = buffer[size:]
        self._records[direction] = buffer
