"""The octets from a client, cut into command lines or counted off. For the server's side."""

from __future__ import annotations

import re

from smtp_nb.protocol.commands import MAX_COMMAND
from smtp_nb.protocol.server import replies
from smtp_nb.protocol.server.replies import Refused

# How many octets of a refused line are passed over in the hope of its end.
PATIENCE = 1024 * 1024

# RFC 5321 section 4.5.3.1.4, and what extensions add: SIZE 26, BODY 17, SMTPUTF8 10, RET and ENVID
# 115, AUTH 500 to MAIL; NOTIFY 28 and ORCPT 509 to RCPT (RFC 1870, 6152, 6531, 3461, 4954).
LINE_LIMITS = {"MAIL": 1180, "RCPT": 1049, "AUTH": MAX_COMMAND}
LINE_LIMIT = 512

_BARE_LF = re.compile(rb"(?<!\r)\n")
_CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")


class InputBuffer:
    """A buffer that only CRLF divides into lines (RFC 5321 section 2.3.8).

    Args:
        is_lenient: LF does too, as on servers to which mail can be smuggled.
    """

    def __init__(self, is_lenient: bool = False) -> None:
        self._is_lenient = is_lenient
        self._ends_in_cr = False
        self._buffer = bytearray()
        self._passed_over: int | None = None  # octets of a line that was refused before its end

    def __len__(self) -> int:
        """Octets that wait for more, those of a line that is passed over included."""
        return len(self._buffer) + (self._passed_over or 0)

    @property
    def unended(self) -> int:
        """Octets of a line that may still come to its end."""
        return len(self._buffer) if self._passed_over is None else 0

    def feed(self, data: bytes) -> None:
        """Take octets in."""
        self._buffer += data

    def take(self, most: int) -> bytes:
        """The next octets, `most` at the most."""
        piece = bytes(self._buffer[:most])
        del self._buffer[:most]
        return piece

    def take_all(self) -> bytes:
        """Whatever waits."""
        return self.take(len(self._buffer))

    def take_lines(self) -> bytes:
        """Whatever waits, as content of lines."""
        data = self.take_all()
        if not (self._is_lenient and data):
            return data
        edge = b"\r" if self._ends_in_cr else b""
        self._ends_in_cr = data.endswith(b"\r")
        return _BARE_LF.sub(b"\r\n", edge + data)[len(edge) :]

    def put_back(self, data: bytes) -> None:
        """Octets that were taken but belong to what comes next."""
        self._buffer[:0] = data

    def next_line(self) -> bytes | None:
        """The next line without its CRLF, or None until more octets come.

        Raises:
            Refused: the connection is lost before its end is here, for it is too long or holds a
                bare LF. It is refused once; the rest of it is passed over.
        """
        if self._is_lenient and (bare := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:bare]).removesuffix(b"\r")
            del self._buffer[: bare + 1]
            return line
        end = self._buffer.find(b"\r\n")
        if self._passed_over is not None:
            self._pass_over(end)
            return None if end < 0 else self.next_line()
        if end < 0:
            self._refuse_hopeless()
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _refuse_hopeless(self) -> None:
        if b"\n" in self._buffer:
            self._passed_over = 0
            raise Refused(replies.BARE_LINE_END)
        if len(self._buffer) > MAX_COMMAND:
            self._passed_over = 0
            raise Refused(replies.TOO_LONG)

    def _pass_over(self, end: int) -> None:
        if end >= 0:
            del self._buffer[: end + 2]
            self._passed_over = None
            return
        keep = self._buffer.endswith(b"\r")  # half a line end, perhaps
        self._passed_over = (self._passed_over or 0) + len(self._buffer) - keep
        del self._buffer[: len(self._buffer) - keep]
        if self._passed_over > PATIENCE:
            raise Refused(replies.ENDLESS_LINE)


def read_text(line: bytes, limit: int) -> str:
    """The text of a command line.

    Args:
        limit: octets that it may have, the CRLF counted.

    Raises:
        Refused: it is too long, holds a control character, or is not UTF-8.
    """
    if len(line) + 2 > limit:
        raise Refused(replies.TOO_LONG)
    if (control := _CONTROLS.search(line)) is not None:
        bare = control.group() in b"\r\n"
        raise Refused(replies.BARE_LINE_END if bare else replies.BAD_OCTETS)
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise Refused(replies.BAD_OCTETS) from None
