"""Proxies that Debian has none of: SOCKS 4A, and HTTP CONNECT behind TLS. Both let all through.

They are habits of a `Peer`. Whatever name they are given, they go to this machine.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
from collections.abc import Callable

from drivers.peers import Line


def socks4a(line: Line) -> None:
    """Grants a request that has a name in it, refuses one that has an address."""
    head = _exactly(line.sock, 8)
    _, _, port, address = struct.unpack(">BBH4s", head)
    _until_nul(line.sock)
    if address[:3] != b"\0\0\0":
        line.sock.sendall(b"\0\x5b" + bytes(6))
        return
    assert _until_nul(line.sock) == b"far.test"
    relay(line.sock, port, b"\0\x5a" + bytes(6))


def https(context: ssl.SSLContext) -> Callable[[Line], None]:
    """CONNECT inside of TLS; the request must have the field `X-Pass: open sesame`."""

    def habit(line: Line) -> None:
        with context.wrap_socket(line.sock, server_side=True) as inside:
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                request += inside.recv(65536)
            assert b"X-Pass: open sesame\r\n" in request
            port = int(request.split(b"\r\n")[0].split()[1].rpartition(b":")[2])
            relay(inside, port, b"HTTP/1.1 200 Go\r\n\r\n")

    return habit


def relay(client: socket.socket, port: int, yes: bytes) -> None:
    """Carry octets to and fro; the answer goes out in one write with the server's first words."""
    with socket.create_connection(("127.0.0.1", port)) as server, contextlib.suppress(OSError):
        # A server with implicit TLS has no first words: the wait is short.
        if select.select([server], [], [], 0.2)[0]:
            yes += server.recv(65536)
        client.sendall(yes)
        while _carry(client, server):
            pass


def _carry(client: socket.socket, server: socket.socket) -> bool:
    """One turn; False when one of them has gone. A TLS socket is for one thread at a time."""
    came = select.select([client, server], [], [])[0]
    for here, there in ((client, server), (server, client)):
        if here in came:
            if not (data := here.recv(65536)):
                return False
            there.sendall(data)
    return True


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += sock.recv(count - len(data))
    return data


def _until_nul(sock: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\0"):
        data += _exactly(sock, 1)
    return data[:-1]
