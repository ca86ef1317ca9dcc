"""One intent after the other: the same octets as in one go, and nothing moves in between."""

from __future__ import annotations

from typing import Any

import pytest

from smtp_nb import SMTP
from smtp_nb.drivers.stepwise import StepwiseDriver
from smtp_nb.errors import ConnectionClosed, DeferredError, SMTPError, SMTPTimeout
from smtp_nb.flows.intents import Close, Open
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt
from smtp_nb.sandbox import SandboxServer, Session

LETTER: dict[str, Any] = {
    "from_": "ann@school.test",
    "send_to": "ben@school.test",
    "subject": "Hello",
    "message_text": "Hello Ben",
    "message_date": "Mon, 05 Jan 2026 09:00:00 +0000",
    "message_id": "<1@school.test>",
}
SERVERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "one by one": {"without": ["PIPELINING", "CHUNKING"]},
    "TLS and a login": {"tls": "starttls", "auth": {"ann": "pw"}, "without": ["CHUNKING"]},
    "TLS from the first byte": {"tls": "implicit"},
}
FAULTS: dict[str, type[SMTPError]] = {
    "greylist": DeferredError,
    "421": SMTPError,
    "close": ConnectionClosed,
    "slow": SMTPTimeout,
}


def stepping(server: SandboxServer, **more: Any) -> StepwiseDriver[Receipt]:
    smtp: SMTP = SMTP.from_url(server.url, **LETTER, **more)
    memory = smtp._memory_server
    assert memory is not None
    return StepwiseDriver(smtp, memory, smtp._limited(smtp._send()))


def said(session: Session) -> bytes:
    """What the client wrote, as far as it is no password."""
    return b"".join(
        octets for direction, octets in session.wire if direction is TrailDirection.CLIENT
    )


@pytest.mark.parametrize("name", SERVERS)
def test_steps_write_and_read_the_same_octets_as_send(name: str) -> None:
    with SandboxServer(inline=True, **SERVERS[name]) as server:
        SMTP.from_url(server.url, **LETTER).send()
        driver = stepping(server)
        assert isinstance(driver.pending, Open)
        last = driver.pending
        while driver.pending is not None:
            last = driver.pending
            driver.step()
        assert isinstance(last, Close)
        assert driver.result.outcome is Outcome.ACCEPTED
        whole, stepped = server.sessions
        assert said(stepped) == said(whole) != b""
        assert server.messages[0].content == server.messages[1].content
        driver.step()  # nothing is left to do
        assert not driver.is_open


def test_nothing_moves_between_two_steps() -> None:
    with SandboxServer(inline=True) as server:
        driver = stepping(server)
        assert not server.sessions
        assert not driver.is_open
        driver.step()
        assert driver.is_open
        now, seen = server.clock(), len(server.sessions)
        assert (server.clock(), len(server.sessions)) == (now, seen)
        driver.abandon()
        assert driver.pending is None
        assert not driver.is_open
        assert not server.messages


@pytest.mark.parametrize("name", FAULTS)
def test_what_goes_wrong_is_thrown_in_as_by_every_driver(name: str) -> None:
    with SandboxServer(inline=True) as server:
        server.inject(name, **({"delay": 500.0} if name == "slow" else {}))
        driver = stepping(server, timeout=5)
        while driver.pending is not None:
            driver.step()
        with pytest.raises(FAULTS[name]):
            _ = driver.result
