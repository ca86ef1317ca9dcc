"""A process that sends one small message, then one out of a stream of so many octets through TLS,
and tells what that cost: the growth of its peak memory in KiB, and the seconds.

`python -m client.streamer PORT ROOTS OCTETS HOW`: by `blocking` or `asyncio`, or the same octets by
a bare TLS `socket`, to compare with.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from client.attacher import peak

LINE = b"x" * 76 + b"\r\n"
BLOCK = LINE * 840


def letter(octets: int) -> Iterator[bytes]:
    """A message of at least so many octets."""
    yield b"Subject: long\r\n\r\n"
    for _ in range(octets // len(BLOCK) + 1):
        yield BLOCK


def prepared(front: Any, port: int, roots: str) -> Any:
    """A component that has a recipient and trusts the server."""
    smtp = front(mail_server="localhost", mail_port=port, ssl_start_mode="implicit")
    smtp.from_, smtp.send_to = "ann@example.test", "ben@example.test"
    smtp.config(f"CACertFilePaths={roots}")
    return smtp


def by_blocking(port: int, roots: str) -> Callable[[int], None]:
    """Sends a letter of so many octets, as users do."""
    from smtp_nb import SMTP

    smtp = prepared(SMTP, port, roots)
    smtp.connect()

    def send(octets: int) -> None:
        smtp.set_message_stream(letter(octets))
        smtp.send()

    return send


def by_asyncio(port: int, roots: str) -> Callable[[int], None]:
    """The same on the other front."""
    from smtp_nb import AsyncSMTP

    smtp, runner = prepared(AsyncSMTP, port, roots), asyncio.Runner()
    runner.run(smtp.connect())

    def send(octets: int) -> None:
        smtp.set_message_stream(letter(octets))
        runner.run(smtp.send())

    return send


def by_socket(port: int, roots: str) -> Callable[[int], None]:
    """Writes a letter of so many octets, and what has to be around it."""
    line = ssl.create_default_context(cafile=roots).wrap_socket(
        socket.create_connection(("127.0.0.1", port)), server_hostname="localhost"
    )
    replies = line.makefile("rb")
    replies.readline()

    def ask(command: bytes) -> None:
        line.sendall(command + b"\r\n")
        while replies.readline()[3:4] == b"-":
            pass

    def send(octets: int) -> None:
        for command in (b"MAIL FROM:<ann@example.test>", b"RCPT TO:<ben@example.test>", b"DATA"):
            ask(command)
        for piece in letter(octets):
            line.sendall(piece)
        ask(b".")

    ask(b"EHLO client.test")
    return send


def main(port: str, roots: str, octets: str, how: str) -> None:
    ways = {"blocking": by_blocking, "asyncio": by_asyncio, "socket": by_socket}
    send = ways[how](int(port), roots)
    send(0)
    before, began = peak(), time.perf_counter()
    send(int(octets))
    print(peak() - before, time.perf_counter() - began)


if __name__ == "__main__":
    main(*sys.argv[1:])
