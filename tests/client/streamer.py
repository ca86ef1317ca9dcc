"""A process that sends one small message, then one out of a stream of so many octets through TLS,
and tells what that cost: the growth of its peak memory in KiB.

`python -m client.streamer PORT ROOTS OCTETS`
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from client.attacher import peak
from smtp_nb import SMTP

LINE = b"x" * 76 + b"\r\n"
BLOCK = LINE * 840


def letter(octets: int) -> Iterator[bytes]:
    """A message of at least so many octets."""
    yield b"Subject: long\r\n\r\n"
    for _ in range(octets // len(BLOCK) + 1):
        yield BLOCK


def main(port: str, roots: str, octets: str) -> None:
    smtp = SMTP(mail_server="localhost", mail_port=int(port), ssl_start_mode="implicit")
    smtp.from_, smtp.send_to = "ann@example.test", "ben@example.test"
    smtp.config(f"CACertFilePaths={roots}")
    smtp.set_message_stream(letter(0))
    smtp.send()
    before = peak()
    smtp.set_message_stream(letter(int(octets)))
    smtp.send()
    print(peak() - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
