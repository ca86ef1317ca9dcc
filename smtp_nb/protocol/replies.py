"""Reply parser: bytes from a server to replies (RFC 5321 section 4.2).

Strict on purpose: only CRLF ends a line, all lines of a reply carry one code, and a line, a reply
and the number of its lines are bounded. A broken rule is never guessed at, because a reply that is
misread shifts every later reply to the wrong command.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from smtp_nb.errors import MalformedReply
from smtp_nb.model.reply import Reply

MAX_LINE = 2048
MAX_LINES = 2000
MAX_REPLY = 512 * 1024
MAX_KNOWN = 64

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])([^\r\n\0]*))?\Z")

_GOOD = re.compile(rb"([23][0-9][0-9])(?: ([^\r\n\0]*))?\Z")


class ReplyParser:
    """Feed it bytes as they arrive, take complete replies out.

    Args:
        max_line: bytes of the longest line, without its end.
        mask: removes secrets from what an error message shows.
    """

    def __init__(self, max_line: int = MAX_LINE, mask: Callable[[str], str] = str) -> None:
        self.max_line = max_line
        self.mask = mask
        self._buffer = bytearray()
        self._start = 0
        self._code = 0
        self._lines: list[str] = []
        self._octets = 0
        self._known: dict[bytes, Reply] = {}

    def receive_data(self, data: bytes) -> None:
        """Take in bytes."""
        if self._start == len(self._buffer):
            self._compact()
        self._buffer += data

    @property
    def has_rest(self) -> bool:
        """True if bytes are buffered that no complete reply has used up."""
        return self._start < len(self._buffer) or bool(self._lines)

    def take_rest(self) -> bytes:
        """Return the buffered bytes, for an error message; the parser is empty afterwards."""
        rest = bytes(self._buffer[self._start :])
        self._buffer.clear()
        self._lines.clear()
        self._start = self._octets = 0
        return rest

    def next_reply(self) -> Reply | None:
        """Return the next complete reply, or None until more bytes arrive.

        Raises:
            MalformedReply: the bytes are not an SMTP reply or exceed a limit; the session is lost.
        """
        while (line := self._next_line()) is not None:
            if not self._lines and (known := self._known.get(line)) is not None:
                return known
            code, goes_on, text = self._read_line(line)
            self._lines.append(text)
            if not goes_on:
                reply = Reply(code, tuple(self._lines))
                if len(reply.lines) == 1:
                    self._remember(line, reply)
                self._lines, self._octets = [], 0
                return reply
        return None

    def good_replies(self, most: int) -> list[Reply]:
        """Return the replies that have arrived, up to one that is not a single line of 2yz or 3yz,
        which is left to `next_reply`, as is all that is odd.

        Args:
            most: 1 or more.
        """
        if self._lines:
            return []
        found: list[Reply] = []
        for line in bytes(self._buffer[self._start :]).split(b"\r\n", most)[:-1]:
            reply = self._known.get(line) or self._good_reply(line)
            if reply is None or reply.code >= 400:
                break
            found.append(reply)
            self._start += len(line) + 2
        return found

    def _good_reply(self, line: bytes) -> Reply | None:
        match = _GOOD.match(line)
        if match is None or len(line) > self.max_line:
            return None
        reply = Reply(int(match[1]), ((match[2] or b"").decode("utf-8", "backslashreplace"),))
        self._remember(line, reply)
        return reply

    def _remember(self, line: bytes, reply: Reply) -> None:
        """Servers send the same few lines over and over; a line parsed once is not parsed again."""
        if len(self._known) < MAX_KNOWN:
            self._known[line] = reply

    def _next_line(self) -> bytes | None:
        start, buffer = self._start, self._buffer
        end = buffer.find(b"\r\n", start)
        if (end if end >= 0 else len(buffer)) - start > self.max_line:
            raise self.malformed(f"a reply line is longer than {self.max_line} bytes")
        if end < 0:
            self._refuse_bare_newline()
            self._compact()
            return None
        self._start = end + 2
        return bytes(buffer[start:end])

    def _refuse_bare_newline(self) -> None:
        """A fragment with a bare LF will never become a valid line: report it at once."""
        if self._buffer.find(b"\n", self._start) >= 0:
            raise self.malformed(
                "a reply line ends in a bare line feed", bytes(self._buffer[self._start :])
            )

    def _compact(self) -> None:
        if self._start:
            del self._buffer[: self._start]
            self._start = 0

    def _read_line(self, line: bytes) -> tuple[int, bool, str]:
        match = _LINE.match(line)
        if match is None:
            raise self.malformed("not an SMTP reply", line)
        code = int(match.group(1))
        if self._lines and code != self._code:
            raise self.malformed(f"a reply that began with {self._code} goes on differently", line)
        self._code = code
        self._octets += len(line) + 2
        if self._octets > MAX_REPLY or len(self._lines) >= MAX_LINES:
            raise self.malformed(f"a reply is longer than {MAX_REPLY} bytes or {MAX_LINES} lines")
        text = (match.group(3) or b"").decode("utf-8", "backslashreplace")
        return code, match.group(2) == b"-", text

    def malformed(self, what: str, octets: bytes = b"") -> MalformedReply:
        """Return the error for bytes that are not a reply, with a short and printable piece of
        them.
        """
        words = self.mask(octets.decode("utf-8", "backslashreplace"))
        shown = f": {words[:80]!a}" if octets else ""
        return MalformedReply(
            f"{what}{shown}",
            remedy="Check that this is an SMTP server, and the right port for this kind of TLS",
        )
