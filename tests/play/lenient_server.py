"""The most gullible server there is: every line end that anybody ever took for one counts."""

from __future__ import annotations

import re

from smtp_nb.drivers.scripted import Step

_LINE_END = re.compile(rb"\r\n|\r|\n|\0|\xc2\x85|\xe2\x80[\xa8\xa9]")
_GREETING = b"220 gullible.test\r\n"
_OFFER = (
    b"250-gullible.test\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-SIZE\r\n"
    b"250 AUTH PLAIN LOGIN\r\n"
)
_ANSWERS = {b"EHLO": _OFFER, b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


class Gullible:
    """Takes the place of a `Player`: says yes to everything, and keeps what it took for commands.

    Attributes:
        commands: lines outside of content, without their ends.
        contents: what came between DATA and the dot.
    """

    is_deaf = False

    def __init__(self) -> None:
        self.commands: list[bytes] = []
        self.contents: list[bytes] = []
        self._heard = b""
        self._says = _GREETING
        self._in_data = False

    def hear(self, data: bytes) -> None:
        """Take octets of the client in."""
        self._heard += data
        while self._take_content() if self._in_data else self._take_line():
            pass

    def next_step(self) -> Step | None:
        """What it says now."""
        said, self._says = self._says, b""
        return Step("S", said) if said else None

    def hang_up(self) -> None:
        """The next connection begins with a greeting."""
        self._heard, self._says, self._in_data = b"", _GREETING, False

    def _take_line(self) -> bool:
        end = _LINE_END.search(self._heard)
        if end is None:
            return False
        line, self._heard = self._heard[: end.start()], self._heard[end.end() :]
        self.commands.append(line)
        verb = line.split(b" ")[0]
        self._says += _ANSWERS.get(verb, b"235 ok\r\n" if verb == b"AUTH" else b"250 ok\r\n")
        self._in_data = verb == b"DATA"
        return True

    def _take_content(self) -> bool:
        content, dot, rest = (b"\r\n" + self._heard).partition(b"\r\n.\r\n")
        if not dot:
            return False
        self.contents.append(content[2:] + b"\r\n")
        self._heard, self._in_data = rest, False
        self._says += b"250 2.0.0 Ok: queued as 0\r\n"
        return True
