"""How often a call waits for the server: counted, because time proves nothing."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from drivers.fronts import Front, letter
from drivers.jobs import Stream
from smtp_nb import PITrailEvent, TrailDirection
from smtp_nb.sandbox import SandboxServer

SERVERS = {
    "CHUNKING": {},
    "PIPELINING": {"without": ["CHUNKING"]},
    "TLS": {"tls": "implicit", "auth": {"alice": "wonderland"}},
}
on_servers = pytest.mark.parametrize("options", SERVERS.values(), ids=SERVERS)


def between(lines: list[PITrailEvent], first: str, last: str) -> int:
    """Waits from the line that begins with `first` to the reply to the one with `last`.

    The trail is made where octets pass, and we read only what we cannot go on without: whenever
    the server speaks after us, we have waited for it.
    """
    start = next(n for n, event in enumerate(lines) if event.message.startswith(first))
    end = max(n for n, event in enumerate(lines) if event.message.startswith(last))
    spoken = [event.direction for event in lines[start : end + 2]]
    pairs = itertools.pairwise(spoken)
    return sum(pair == (TrailDirection.CLIENT, TrailDirection.SERVER) for pair in pairs)


def trail_of(smtp: Any) -> list[PITrailEvent]:
    """The lines of both sides, from now on."""
    lines: list[PITrailEvent] = []
    smtp.on_pi_trail += lambda event: (
        None if event.direction is TrailDirection.INFO else lines.append(event)
    )
    return lines


@on_servers
def test_twenty_sends_on_one_connection(front: Front, options: dict[str, Any]) -> None:
    with SandboxServer(**options) as server:
        smtp = front.SMTP.from_url(server.url, **letter(server.port))
        lines = trail_of(smtp)
        with front.connected(smtp):
            for _ in range(20):
                front.run(smtp.send())
        assert len(server.messages) == 20
    assert between(lines, "MAIL", "QUIT") <= 20 * 3 + 1


@on_servers
def test_a_stream_of_twenty(front: Front, options: dict[str, Any]) -> None:
    with SandboxServer(**options) as server:
        smtp = front.SMTP.from_url(server.url)
        lines = trail_of(smtp)
        front.run(smtp.deliver(Stream(20)))
        assert len(server.messages) == 20
    assert between(lines, "MAIL", "QUIT") <= 20 * 2 + 1


@on_servers
def test_one_message_to_fifty_recipients(front: Front, options: dict[str, Any]) -> None:
    to = [f"r{number}@example.test" for number in range(50)]
    with SandboxServer(**options) as server:
        smtp = front.SMTP.from_url(server.url, **letter(server.port, send_to=to))
        lines = trail_of(smtp)
        front.run(smtp.send())
        assert len(server.messages[0].rcpt_tos) == 50
    assert between(lines, "MAIL", "QUIT") <= 4


def test_without_pipelining_each_command_waits(front: Front) -> None:
    with SandboxServer(without=["PIPELINING", "CHUNKING"]) as server:
        smtp = front.make(**letter(server.port))
        lines = trail_of(smtp)
        front.run(smtp.send())
    assert between(lines, "MAIL", "QUIT") == 5
