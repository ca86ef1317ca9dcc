"""Independent clients for the sandbox: a raw socket, and the standard library's TLS."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator

import pytest

from smtp_nb.sandbox import SandboxServer

WATCHDOG_S = 20.0


class RawClient:
    """Says octets, reads reply lines. Knows nothing of SMTP but where a reply ends."""

    def __init__(self, server: SandboxServer) -> None:
        self.socket = socket.create_connection((server.host, server.port), WATCHDOG_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def secure(self, server: SandboxServer, name: str = "localhost") -> None:
        """Begin TLS and verify the server. An end without close_notify is an error then."""
        context = ssl.create_default_context(cafile=server.ca_file)
        self.socket = context.wrap_socket(
            self.socket, server_hostname=name, suppress_ragged_eofs=False
        )

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def line(self) -> str:
        """The next line; empty once the server has closed."""
        while b"\r\n" not in self._buffer:
            data = self.socket.recv(65536)
            if not data:
                return ""
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line.decode()

    def reply(self) -> str:
        """The last line of the next reply."""
        while (line := self.line())[3:4] == "-":
            pass
        return line

    def codes(self, count: int) -> list[int]:
        return [int(self.reply()[:3]) for _ in range(count)]

    def ask(self, data: bytes, count: int = 1) -> list[int]:
        """Send octets and read the codes of so many replies."""
        self.send(data)
        return self.codes(count)

    def rest(self) -> bytes:
        """Whatever comes until the server closes."""
        data = self._buffer
        while piece := self.socket.recv(65536):
            data += piece
        return data

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def connect() -> Iterator[Callable[..., RawClient]]:
    """Connect to a server: reads the greeting unless it is told not to, and says EHLO if told."""
    clients: list[RawClient] = []

    def connected(server: SandboxServer, greeting: bool = True, ehlo: bool = False) -> RawClient:
        client = RawClient(server)
        clients.append(client)
        if greeting:
            assert client.codes(1) == [220]
        if ehlo:
            assert client.ask(b"EHLO client.test\r\n") == [250]
        return client

    yield connected
    for client in clients:
        client.close()


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running
