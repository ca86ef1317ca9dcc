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


def stream(folder: Path, octets: int, how: str) -> tuple[int, float]:
    """What it costs to send so many octets: KiB of memory and seconds."""
    roots, sink = folder / "roots.pem", Sink(folder)
    roots.write_bytes(pki.root().pem)
    command = [sys.executable, "-m", "client.streamer"]
    with Peer(sink) as peer:
        child = subprocess.run(
            [*command, str(peer.port), str(roots), str(octets), how],
            cwd=TESTS,
            check=True,
            capture_output=True,
            text=True,
        )
    assert sink.sizes[1] >= octets
    assert sink.sizes[1] % len(BLOCK) == len(b"Subject: long\r\n\r\n")
    memory, seconds = child.stdout.split()
    return int(memory), float(seconds)


@pytest.mark.covers("SMTP.SetMessageStream")
@pytest.mark.parametrize("front", ["blocking", "asyncio"])
def test_a_stream_through_tls_costs_at_most_40_megabytes(tmp_path: Path, front: str):
    memory, _ = stream(tmp_path, 50 * MEGABYTE, front)
    assert memory < 40 * 1024


@pytest.mark.long
@pytest.mark.covers("SMTP.SetMessageStream")
def test_a_gigabyte_costs_no_more_and_takes_at_most_six_times_a_bare_socket(tmp_path: Path):
    """Measured by turns, and the best of two counts, for others use this machine too."""
    ours, bare = [], []
    for _ in range(2):
        memory, seconds = stream(tmp_path, 1024 * MEGABYTE, "blocking")
        assert memory < 40 * 1024
        ours.append(seconds)
        bare.append(stream(tmp_path, 1024 * MEGABYTE, "socket")[1])
    assert min(bare) / min(ours) >= 1 / 6, (bare, ours)
