"""What a long stream costs: nothing that grows with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from client.streamer import BLOCK
from drivers.peers import Peer, greet
from wire import pki

TESTS = Path(__file__).parent.parent
MEGABYTE = 1024 * 1024
HOST = pki.issue("localhost", pki.intermediate(), names=["localhost"])


class Sink:
    """A server behind TLS that takes messages in and keeps their sizes only."""

    def __init__(self, folder: Path) -> None:
        self._door = pki.server_context(HOST.write(folder))
        self.sizes: list[int] = []

    def __call__(self, line: Any) -> None:
        line.sock = self._door.wrap_socket(line.sock, server_side=True)
        greet(line)
        while (said := line.hear()) != b"QUIT":
            line.say(b"354 go on" if said == b"DATA" else b"250 ok")
            if said == b"DATA":
                self._swallow(line)
        line.say(b"221 bye")

    def _swallow(self, line: Any) -> None:
        size, tail = 0, b""
        while tail != b"\r\n.\r\n":
            data = line.sock.recv(1 << 18)
            if not data:
                return
            size += len(data)
            tail = (tail + data)[-5:]
        self.sizes.append(size - 3)
        line.say(b"250 ok")


@pytest.mark.covers("SMTP.SetMessageStream")
@pytest.mark.parametrize("megabytes", [50, pytest.param(1024, marks=pytest.mark.long)])
def test_a_stream_through_tls_costs_at_most_40_megabytes(tmp_path: Path, megabytes: int):
    roots, sink = tmp_path / "roots.pem", Sink(tmp_path)
    roots.write_bytes(pki.root().pem)
    octets = megabytes * MEGABYTE
    with Peer(sink) as peer:
        child = subprocess.run(
            [sys.executable, "-m", "client.streamer", str(peer.port), str(roots), str(octets)],
            cwd=TESTS,
            check=True,
            capture_output=True,
            text=True,
        )
    assert sink.sizes[1] >= octets
    assert sink.sizes[1] % len(BLOCK) == len(b"Subject: long\r\n\r\n")
    assert int(child.stdout) < 40 * 1024
