"""A mail server that behaves well but for one misdeed, whatever client comes.

It takes the place of a `Player`: the scripted driver asks it what it says, and a socket can be put
around it. Unlike a dialogue it does not care how the client words its commands, so one corpus is
for all clients.
"""

from __future__ import annotations

import errno
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from smtp_nb.drivers.scripted import Step
from wire.pki import MemoryServer

BANNER = b"220 mx.test ESMTP\r\n"
GOOD = {
    b"EHLO": b"250-8BITMIME\r\n250 SIZE\r\n",
    b"STARTTLS": b"220 2.0.0 go ahead\r\n",
    b"AUTH": b"235 2.7.0 welcome\r\n",
    b"DATA": b"354 go on\r\n",
    b".": b"250 2.0.0 Ok: queued as 4F2\r\n",
    b"QUIT": b"221 2.0.0 bye\r\n",
    b"RSET": b"250 2.0.0 flushed\r\n",
}
OK = b"250 2.1.0 fine with me\r\n"
# What it does in place of a good answer, given that answer.
Deed = Callable[[bytes], Iterable[Step]]


class Villain:
    """A server with one misdeed.

    Args:
        stage: where it is done: a verb of the client; `.` for the end of content, `body` for its
            middle, `banner`, `between` for the pause after a message; `handshake` for the first
            octets behind STARTTLS, `octets` for the first of all, whatever they mean.
        deed: what it does there, once.
        offers: further keywords in its answer to EHLO.
        tls: makes its side of TLS.
        implicit: TLS begins at once, not with STARTTLS.

    Attributes:
        commands: lines of the client outside of content.
        contents: what it took for contents.
        octets: how many it gave away since its misdeed began.
        at_rest: it has nothing to do without the client; for those who put it behind a socket.
    """

    def __init__(
        self,
        stage: str,
        deed: Deed,
        offers: Iterable[bytes] = (),
        tls: Callable[[], MemoryServer] | None = None,
        implicit: bool = False,
    ) -> None:
        self._stage = stage
        self._deed = deed
        self._offers = tuple(offers)
        self._make_tls = tls
        self._implicit = implicit
        self._is_spent = False
        self.commands: list[bytes] = []
        self.contents: list[bytes] = []
        self.octets = 0
        self.at_rest = threading.Event()
        self._begin()

    def _begin(self) -> None:
        self._heard = bytearray()
        self._in_content = self._is_upgrading = False
        self._layer = self._make_tls() if self._make_tls and self._implicit else None
        self._flight = b""
        self._says: Iterator[Step] = iter(())
        self._is_raw = self._stage == "octets"
        self.is_deaf = False
        if not self._is_raw:
            self._answer("banner", BANNER)

    # -- speaking -------------------------------------------------------------------------------

    def _answer(self, stage: str, good: bytes) -> bytes:
        """Say what is good, unless this is where it goes wrong; gives the first octets of it."""
        if stage != self._stage or self._is_spent:
            steps = iter([Step("S", good)])
        else:
            self._is_spent = True
            steps = map(self._count, self._deed(good))
        first = next(steps, None)
        if stage == "body" and first and first.kind in ("reset", "deaf"):
            self._be_rude(first)
        elif first is not None:
            self._says = chain(self._says, [first], steps)
        return first.data if first else b""

    def _be_rude(self, step: Step) -> None:
        """In the middle of what the client writes."""
        self.is_deaf = step.kind == "deaf"
        if not self.is_deaf:
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")

    def _count(self, step: Step) -> Step:
        self.octets += len(step.data)
        return step

    def next_step(self) -> Step | None:
        """What it does now; None: it waits for the client."""
        if self._flight or (self._layer and not self._layer.is_shaken):
            flight, self._flight = self._flight, b""
            return Step("S", flight) if flight else None
        step = next(self._says, None)
        if self._layer is not None and step and step.kind == "S":
            return Step("S", self._layer.say(step.data))
        return step

    def hang_up(self) -> None:
        """The connection is gone; the next client is greeted."""
        self._begin()

    # -- listening ------------------------------------------------------------------------------

    def hear(self, data: bytes) -> None:
        """Take octets of the client in."""
        if self._is_upgrading and self._make_tls:
            self._layer, self._is_upgrading = self._make_tls(), False
        if self._layer is not None:
            self._flight += self._layer.feed(data)
            data, self._layer.plaintext = self._layer.plaintext, b""
        self._heard += data
        if self._is_raw:
            self._heard.clear()
            self._answer(self._stage, b"")
            return
        while self._take_content() if self._in_content else self._take_line():
            pass

    def _take_line(self) -> bool:
        line, end, rest = self._heard.partition(b"\r\n")
        if not end:
            return False
        self._heard = rest
        self.commands.append(bytes(line))
        self._obey(re.split(rb"[ :]", bytes(line))[0].upper())
        return True

    def _obey(self, verb: bytes) -> None:
        good = GOOD.get(verb, OK)
        if verb == b"EHLO":
            offers = b"".join(b"250-%s\r\n" % word for word in self._offers)
            good = b"250-mx.test\r\n" + offers + good
        said = self._answer(verb.decode("ascii", "replace"), good)
        if verb == b"DATA":
            self._in_content = said.startswith(good[:1])
        if verb == b"STARTTLS":
            self._is_raw = self._stage == "handshake"
            self._is_upgrading = not self._is_raw

    def _take_content(self) -> bool:
        if self._stage == "body" and len(self._heard) > 1000:
            self._answer("body", b"")
        content, end, rest = (b"\r\n" + self._heard).partition(b"\r\n.\r\n")
        if not end:
            return False
        self._heard, self._in_content = bytearray(rest), False
        self.contents.append(bytes(content[2:]) + b"\r\n")
        self._answer(".", GOOD[b"."])
        self._answer("between", b"")
        return True
