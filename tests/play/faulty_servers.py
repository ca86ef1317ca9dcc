"""Servers that nobody should have written, on real sockets: they store mail and get in the way.

Each is a `Contrary` with one bad habit. A connection is a thread that reads and writes in turns, so
it stands still, as many real ones do, while its own replies are not fetched.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

_ADDRESS = re.compile(rb"<([^>]*)>")
_CHUNK = re.compile(rb"(?i)BDAT (\d+)( LAST)?")


class Stored(NamedTuple):
    """A message that a server took, with its envelope."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


class Contrary:
    """A server without bad habits.

    Args:
        chunking: offers CHUNKING too.

    Attributes:
        stored: what it took, over all connections, in order.
    """

    buffers: int | None = None
    """Octets of the socket's buffers, where the habit needs small ones."""

    def __init__(self, chunking: bool) -> None:
        self.offers = [b"contrary.test", b"PIPELINING", *[b"CHUNKING"] * chunking]
        self.stored: list[Stored] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        if self.buffers:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.buffers)
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.buffers)
        self.url = f"smtp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._lines: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._listen)]

    def __enter__(self) -> Contrary:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        for line in (self._listener, *self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def received(self) -> Counter[str]:
        """How often each recipient was sent a message."""
        return Counter(to for message in self.stored for to in message.recipients)

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                self.connections += 1
                self._lines.append(line)
                self._threads.append(threading.Thread(target=self._serve, args=(line,)))
                self._threads[-1].start()

    def _serve(self, line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):
            Conversation(self, line).run()

    # -- habits -------------------------------------------------------------------------------

    def reply(self, words: bytes) -> bytes:
        """What goes over the wire for a reply."""
        return words + b"\r\n"

    def ends(self, conversation: Conversation, take: Callable[[], None]) -> None:
        """The end of a message is here; `take` stores it and says so."""
        take()

    def answered(self, conversation: Conversation) -> None:
        """A command was answered; more of them may wait in what came with it."""


class Conversation:
    """One connection to it.

    Attributes:
        heard: octets that have come and were not looked at.
    """

    def __init__(self, server: Contrary, line: socket.socket) -> None:
        self.heard = b""
        self.line = line
        self._server = server
        self._sender: str | None = None
        self._recipients: list[str] = []

    def run(self) -> None:
        self.say(b"220 contrary.test")
        while command := self.next_line():
            verb = command[:4].upper()
            if verb == b"QUIT":
                self.say(b"221 bye")
                return
            _ANSWERS.get(verb, Conversation._unknown)(self, command)
            self._server.answered(self)

    # -- in and out ---------------------------------------------------------------------------

    def next_line(self) -> bytes:
        return self._until(b"\r\n")

    def _until(self, end: bytes) -> bytes:
        while end not in self.heard:
            self._hear()
        taken, _, self.heard = self.heard.partition(end)
        return taken

    def _octets(self, count: int) -> bytes:
        while len(self.heard) < count:
            self._hear()
        taken, self.heard = self.heard[:count], self.heard[count:]
        return taken

    def _hear(self) -> None:
        data = self.line.recv(4096)
        if not data:
            raise OSError("the client hung up")
        self.heard += data

    def say(self, words: bytes) -> None:
        self.line.sendall(self._server.reply(words))

    # -- commands -----------------------------------------------------------------------------

    def _hello(self, command: bytes) -> None:
        *first, last = self._server.offers
        self.line.sendall(b"".join(b"250-%s\r\n" % word for word in first) + b"250 %s\r\n" % last)

    def _reset(self, command: bytes) -> None:
        self._forget()
        self.say(b"250 forgotten")

    def _forget(self) -> None:
        self._sender, self._recipients = None, []

    def _mail(self, command: bytes) -> None:
        if self._sender is not None:
            self.say(b"503 one at a time")
            return
        self._sender = _address(command)
        self.say(b"250 ok")

    def _rcpt(self, command: bytes) -> None:
        if self._sender is None:
            self.say(b"503 from whom?")
            return
        self._recipients.append(_address(command))
        self.say(b"250 ok")

    def _data(self, command: bytes) -> None:
        if not self._recipients:
            self.say(b"503 to whom?")
            return
        self.say(b"354 go on")
        content = self._until(b"\r\n.\r\n") + b"\r\n"
        self._server.ends(self, lambda: self._take(content))

    def _bdat(self, command: bytes) -> None:
        size = _CHUNK.match(command)
        assert size is not None
        content = self._octets(int(size[1]))
        if not self._recipients:
            self.say(b"503 to whom?")
            return
        self._server.ends(self, lambda: self._take(content))

    def _take(self, content: bytes) -> None:
        assert self._sender is not None
        self._server.stored.append(Stored(self._sender, tuple(self._recipients), content))
        self._forget()
        self.say(b"250 2.0.0 Ok: queued as %d" % len(self._server.stored))

    def _unknown(self, command: bytes) -> None:
        self.say(b"502 what?")


def _address(command: bytes) -> str:
    found = _ADDRESS.search(command)
    assert found is not None
    return found[1].decode()


_ANSWERS: dict[bytes, Callable[[Conversation, bytes], None]] = {
    b"EHLO": Conversation._hello,
    b"RSET": Conversation._reset,
    b"MAIL": Conversation._mail,
    b"RCPT": Conversation._rcpt,
    b"DATA": Conversation._data,
    b"BDAT": Conversation._bdat,
}


class Deaf(Contrary):
    """Answers the first command of a packet and forgets the others: PIPELINING is only a word."""

    def answered(self, conversation: Conversation) -> None:
        conversation.heard = b""


class OutOfStep(Contrary):
    """Says 503 to every command that came in one packet with the end of a message."""

    def ends(self, conversation: Conversation, take: Callable[[], None]) -> None:
        take()
        while b"\r\n" in conversation.heard:
            command = conversation.next_line()
            if chunk := _CHUNK.match(command):
                conversation._octets(int(chunk[1]))
            conversation.say(b"503 not yet")


class Verbose(Contrary):
    """Says so much to each command that its own buffers are full, and listens only after that."""

    buffers = 4096

    def reply(self, words: bytes) -> bytes:
        code, rest = words[:3], words[3:].strip()
        return b"".join(b"%s-%s\r\n" % (code, b"blah " * 80) for _ in range(20)) + (
            b"%s %s\r\n" % (code, rest)
        )


class Curt(Contrary):
    """Ends the connection behind the end of each message, without a word.

    Args:
        answers: it says before what became of the message.
        stores: it keeps the message, answered or not.
    """

    def __init__(self, chunking: bool, answers: bool = True, stores: bool = True) -> None:
        super().__init__(chunking)
        self._answers = answers
        self._stores = stores

    def ends(self, conversation: Conversation, take: Callable[[], None]) -> None:
        if self._answers:
            take()
        elif self._stores:
            conversation.say = lambda words: None  # type: ignore[method-assign]
            take()
        raise OSError("enough")
