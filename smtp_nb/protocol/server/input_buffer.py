"""Input buffer of a server: bytes from a client, split into command lines or counted off."""

from __future__ import annotations

import re

from smtp_nb.protocol.commands import MAX_COMMAND
from smtp_nb.protocol.server import replies
from smtp_nb.protocol.server.replies import Refused

# Number of bytes of a refused line that are skipped while looking for its end.
PATIENCE = 1024 * 1024

# RFC 5321 section 4.5.3.1.4, and what extensions add: SIZE 26, BODY 17, SMTPUTF8 10, RET and ENVID
# 115, AUTH 500 to MAIL; NOTIFY 28 and ORCPT 509 to RCPT (RFC 1870, 6152, 6531, 3461, 4954).
LINE_LIMITS = {"MAIL": 1180, "RCPT": 1049, "AUTH": MAX_COMMAND}
LINE_LIMIT = 512

_BARE_LF = re.compile(rb"(?<!\r)\n")
_CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")


class InputBuffer:
    """A buffer in which only CRLF ends a line (RFC 5321 section 2.3.8).

    Args:
        is_lenient: a bare LF does too, as on servers to which mail can be smuggled.
    """

    def __init__(self, is_lenient: bool = False) -> None:
        self._is_lenient = is_lenient
        self._ends_in_cr = False
        self._buffer = bytearray()
        self._passed_over: int | None = None  # bytes of a line that was refused before its end

    def __len__(self) -> int:
        """Buffered bytes, including those of a line that is being skipped."""
        return len(self._buffer) + (self._passed_over or 0)

    @property
    def unended(self) -> int:
        """Bytes of a line that may still come to its end."""
        return len(self._buffer) if self._passed_over is None else 0

    def feed(self, data: bytes) -> None:
        """Take in bytes."""
        self._buffer += data

    def take(self, most: int) -> bytes:
        """Return the next bytes, up to `most`."""
        piece = bytes(self._buffer[:most])
        del self._buffer[:most]
        return piece

    def take_all(self) -> bytes:
        """Whatever waits."""
        return self.take(len(self._buffer))

    def take_lines(self) -> bytes:
        """Return the buffered bytes, as content of lines."""
        data = self.take_all()
        if not (self._is_lenient and data):
            return data
        edge = b"\r" if self._ends_in_cr else b""
        self._ends_in_cr = data.endswith(b"\r")
        return _BARE_LF.sub(b"\r\n", edge + data)[len(edge) :]

    def put_back(self, data: bytes) -> None:
        """Return bytes that were taken but belong to what comes next."""
        self._buffer[:0] = data

    def next_line(self) -> bytes | None:
        """Return the next line without its CRLF, or None until more bytes arrive.

        Raises:
            Refused: the line is too long, or holds a bare LF. It is refused once; the rest of it is
                skipped.
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
    """Return the text of a command line.

    Args:
        limit: its greatest length in bytes, including the CRLF.

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
