"""An SMTP server with TLS that remembers what it heard in clear, inside TLS, and of the TLS itself.

The TLS is Python's own, on another OpenSSL than ours, run in memory: so every octet of the client
is seen here, those too that it would never hand on.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from drivers.fronts import Front
from drivers.peers import Line, Peer
from play.stage import LETTER
from smtp_nb.errors import CertificateError
from smtp_nb.model.receipt import Receipt
from wire import pki

LOGIN = {"user": "alice", "password": "wonderland"}
Make = Callable[[], pki.Issued]


class Inside:
    """A socket's octets inside TLS: as much of a socket as `Line` wants.

    Attributes:
        raw: all that the client sent since TLS began.
        server: the handshake, and what came of it.
    """

    def __init__(self, sock: socket.socket, context: Any) -> None:
        self.sock = sock
        self.server = pki.MemoryServer(context)
        self.raw = bytearray()

    def shake_hands(self) -> None:
        while not self.server.is_shaken:
            self._feed()

    def _feed(self) -> None:
        raw = self.sock.recv(65536)
        if not raw:
            raise EOFError
        self.raw += raw
        try:
            answer = self.server.feed(raw)
        except ssl.SSLError:
            self.sock.sendall(self.server.take())  # the alert
            raise
        self.sock.sendall(answer)

    def recv(self, size: int) -> bytes:
        while not self.server.plaintext:
            self._feed()
        said, self.server.plaintext = self.server.plaintext, b""
        return said

    def sendall(self, data: bytes) -> None:
        self.sock.sendall(self.server.say(data))

    def shutdown(self, how: int) -> None:
        self.sock.shutdown(how)

    def setsockopt(self, *arguments: Any) -> None:
        self.sock.setsockopt(*arguments)

    def close(self) -> None:
        self.sock.close()


@dataclass
class Server:
    """Speaks SMTP, in clear and then in TLS, and remembers what it heard in which of them.

    Attributes:
        make: gives its certificate.
        implicit: TLS from the first octet.
        in_clear, in_tls: what it offers.
        starttls: its answer to STARTTLS, with whatever it lets ride behind it.
        behind: sent in clear after the client's first octet of the handshake.
        context: what it speaks TLS with, if not a context made for its certificate.
        clear, protected: the commands that it heard.
        inside: each TLS connection.
    """

    make: Make | None = None
    implicit: bool = False
    in_clear: tuple[bytes, ...] = (b"STARTTLS", b"AUTH PLAIN")
    in_tls: tuple[bytes, ...] = (b"AUTH PLAIN",)
    starttls: bytes = b"220 go ahead\r\n"
    behind: bytes = b""
    context: Any = None
    clear: list[bytes] = field(default_factory=list)
    raw: bytes = b""
    protected: list[bytes] = field(default_factory=list)
    inside: list[Inside] = field(default_factory=list)

    def __call__(self, line: Line) -> None:
        if self.implicit:
            self._protect(line)
        line.say(b"220 mx.test")
        while self._answer(line, line.hear()):
            pass

    def _answer(self, line: Line, said: bytes) -> bool:
        is_protected = isinstance(line.sock, Inside)
        (self.protected if is_protected else self.clear).append(said)
        verb = said.split(b" ")[0]
        if verb == b"EHLO":
            offered = self.in_tls if is_protected else self.in_clear
            *first, last = (b"mx.test", *offered)
            line.say(*(b"250-" + word for word in first), b"250 " + last)
        elif verb == b"STARTTLS":
            self._upgrade(line)
        elif verb == b"DATA":
            line.say(b"354 go on")
            line.hear_content()
            line.say(b"250 2.0.0 Ok: queued as 7TLS")
        else:
            line.say({b"AUTH": b"235 welcome", b"QUIT": b"221 bye"}.get(verb, b"250 ok"))
        return verb != b"QUIT"

    def _upgrade(self, line: Line) -> None:
        line.sock.sendall(self.starttls)
        if self.behind:
            self.raw += line.sock.recv(1)
            line.sock.sendall(self.behind)
        if self.make or self.context:
            self._protect(line)
        else:
            self.raw += line.hear_the_end()

    def _protect(self, line: Line) -> None:
        inside = Inside(line.sock, self.context or context(self.make))
        self.inside.append(inside)
        line.sock = inside  # type: ignore[assignment]  # as much of a socket as a Line wants
        inside.shake_hands()

    @property
    def mode(self) -> str:
        return "implicit" if self.implicit else "explicit"

    @property
    def heard_only_our_hello(self) -> bool:
        """True if the client's side of each handshake ended with its first message."""
        return all(
            inside.raw[:1] == b"\x16" and len(inside.raw) == 5 + int.from_bytes(inside.raw[3:5])
            for inside in self.inside
        )

    @property
    def client_certificates(self) -> list[Any]:
        return [inside.server.tls.getpeercert() for inside in self.inside]


@cache
def context(make: Make, version: str = "", asks: bool = False, ciphers: str = "DEFAULT") -> Any:
    """A server's context for the certificate that `make` gives, for one version of TLS or all.

    Args:
        asks: it wants a certificate of the client's, signed by the root.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = make().write(Path(folder))
        made = pki.server_context(file, version or "1.3", pki.root() if asks else None, ciphers)
    if not version:
        made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


@cache
def good() -> pki.Issued:
    return pki.issue("localhost", pki.root(), names=("127.0.0.1",))


def send(
    front: Front, server: Server, prepare: Callable[[Any], object] = id, **changes: Any
) -> Receipt:
    """One message with a login, through TLS; `changes` are properties and settings."""
    with Peer(server) as peer:
        smtp = component(front, server, peer, **changes)
        prepare(smtp)
        return front.run(smtp.send())


def component(front: Front, server: Server, peer: Peer, **changes: Any) -> Any:
    """A component that would send a letter to `server`, which trusts the root of the tests."""
    roots = {"SSLServerCACerts": pki.root().pem.decode()}
    wanted = {"ssl_start_mode": server.mode, "mail_port": peer.port, **roots, **LOGIN}
    smtp = front.make()
    for name, value in (LETTER | wanted | changes).items():
        if name[0].isupper():
            smtp.settings[name] = value
        else:
            setattr(smtp, name, value)
    return smtp


@contextlib.contextmanager
def connected(
    front: Front, server: Server, prepare: Callable[[Any], object] = id, **changes: Any
) -> Any:
    """A component in the middle of a session with `server`."""
    with Peer(server) as peer:
        smtp = component(front, server, peer, **changes)
        prepare(smtp)
        with front.connected(smtp):
            yield smtp


def steps_of(front: Front, server: Server, **changes: Any) -> list[str]:
    """What is told of the handshake while a letter is sent, or refused."""
    steps: list[str] = []
    with contextlib.suppress(CertificateError):
        prepare = lambda smtp: smtp.on_ssl_status(lambda e: steps.append(e.message))  # noqa: E731
        send(front, server, prepare, **changes)
    return steps
