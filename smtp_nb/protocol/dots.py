"""Dot-stuffing of DATA (RFC 5321 section 4.5.2): a dot before each line that begins with one."""

from __future__ import annotations

import re

TERMINATOR = b".\r\n"
_NOT_ODD = re.compile(rb"\r\n\.(?!\n)")
_UNSTUFFED = re.compile(rb"\r\n\.(?=[^.\r])")


class Stuffer:
    """Stuffs content that comes in pieces, across their edges."""

    def __init__(self) -> None:
        self._tail = b"\r\n"  # the last two bytes so far; the content begins on a new line

    def feed(self, piece: bytes) -> bytes:
        """Return the piece as it goes on the wire."""
        if not piece:
            return b""
        edge = self._tail
        self._tail = (edge + piece)[-2:] if len(piece) < 2 else piece[-2:]
        if (
            b"." not in piece
        ):  # such as a file in base64: one byte is found ten times as fast as three
            return piece
        stuffed = piece.replace(b"\r\n.", b"\r\n..") if b"\r\n." in piece else piece
        if piece.startswith(b".") and edge == b"\r\n":
            return b"." + stuffed
        # The edge may cut between CR and LF, or between LF and the dot that follows.
        if edge.endswith(b"\r") and piece.startswith(b"\n."):
            return b"\n.." + stuffed[2:]
        return stuffed

    def end(self) -> bytes:
        """Return what ends the data: the dot on a line of its own."""
        return TERMINATOR if self._tail == b"\r\n" else b"\r\n" + TERMINATOR


class Unstuffer:
    """Removes the dots again and finds the end of the data. For the server's side.

    Args:
        spares_odd_dots: leave a dot alone that a bare LF follows, as servers do through which mail
            can be smuggled.
    """

    def __init__(self, spares_odd_dots: bool = False) -> None:
        self._spares_odd_dots = spares_odd_dots
        self._held = b"\r\n"  # as if a line had just ended, so that a lone dot can come first
        self._first = True
        self.lost_dots = 0
        """Dots taken from lines that the client had begun with a single one, without stuffing."""
        self.finished = False
        self.rest = b""
        """What followed the end of the data: the next commands."""

    def feed(self, data: bytes) -> bytes:
        """Return content bytes that are certain by now. `finished` says whether the end was
        seen.
        """
        data = self._held + data
        end = data.find(b"\r\n.\r\n")
        if end >= 0:
            self.finished, self.rest, self._held = True, data[end + 5 :], b""
            return self._plain(data[: end + 2])
        # Hold back what may be the beginning of CRLF dot CRLF.
        most = min(4, len(data))
        keep = next((n for n in range(most, 0, -1) if b"\r\n.\r\n".startswith(data[-n:])), 0)
        self._held = data[len(data) - keep :]
        return self._plain(data[: len(data) - keep])

    def _plain(self, data: bytes) -> bytes:
        plain = data
        if b"\r\n." in data:
            self.lost_dots += len(_UNSTUFFED.findall(data))
            if self._spares_odd_dots:
                plain = _NOT_ODD.sub(b"\r\n", data)
            else:
                plain = data.replace(b"\r\n.", b"\r\n")
        if self._first and plain:
            self._first = False
            return plain[2:]
        return plain
