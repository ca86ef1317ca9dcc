"""Two trails of one conversation, the client's and the server's, tell the same."""

from __future__ import annotations

import random
from contextlib import suppress
from itertools import groupby
from typing import Any

import pytest

from drivers.peers import wait_until
from smtp_nb import SMTP
from smtp_nb.errors import SMTPError
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail.trail import Trail
from smtp_nb.sandbox import SandboxServer

CLIENT, SERVER = TrailDirection.CLIENT, TrailDirection.SERVER
WITHOUT = [(), ("CHUNKING",), ("PIPELINING",), ("PIPELINING", "CHUNKING"), ("DSN", "SIZE")]
TLS = (None, "starttls", "implicit")
FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("greylist", {}),
    ("reply", {"stage": "MAIL", "times": 1}),
    ("reply", {"stage": "DATA", "times": 1, "code": 554}),
    ("reply", {"stage": "END", "times": 2}),
    ("refuse", {"every": 3}),
    ("421", {"stage": "END", "after": 1, "times": 1}),  # elsewhere it may end a group half read
    ("421", {"stage": "NOOP", "times": 1}),
    ("keyword", {"keyword": "-PIPELINING", "in_clear": False}),
]
# No unknown verb: after a login, the server hides one that could be a password.
COMMANDS = ("NOOP", "HELP", "RSET", "HELP MAIL", "EXPN staff", "VRFY")


def server_of(number: int) -> tuple[SandboxServer, random.Random]:
    """Twenty of these have all extensions, both wires, and TLS and none."""
    deal = random.Random(number)
    server = SandboxServer(
        inline=number // 5 % 2 == 0,
        without=WITHOUT[number % 5],
        tls=TLS[number // 10 % 3],
        auth={"alice": "secret"} if deal.random() < 0.4 else None,
        refuse="no*@x.test",
    )
    return server, deal


def conversation(server: SandboxServer, deal: random.Random) -> Trail:
    """A client does a few things, some of which are refused; its trail."""
    trail = Trail()
    smtp = SMTP.from_url(server.url, from_="ann@x.test")
    smtp.config(f"StopOnToErrors={deal.random() < 0.5}")
    smtp.on_pi_trail = trail
    for _ in range(deal.randrange(1, 7)):
        with suppress(SMTPError):
            deal.choices((_send, _command, _verify, _leave), (6, 2, 1, 1))[0](smtp, deal)
    smtp.disconnect()
    return trail


def _send(smtp: SMTP, deal: random.Random) -> None:
    if deal.random() < 0.7 and not smtp.connected:
        smtp.connect()
    words = [deal.choice(("p", "p", "q", "no")) for _ in range(deal.randrange(1, 6))]
    smtp.send_to = [f"{word}{at}@x.test" for at, word in enumerate(words)]
    smtp.message_text = ".words\n" * deal.choice((1, 10, 3000))
    smtp.send()


def _command(smtp: SMTP, deal: random.Random) -> None:
    smtp.send_command(deal.choice(COMMANDS))


def _verify(smtp: SMTP, deal: random.Random) -> None:
    smtp.verify("ann@x.test")


def _leave(smtp: SMTP, deal: random.Random) -> None:
    smtp.disconnect()


def said(events: list[PITrailEvent], side: TrailDirection) -> list[tuple[str, bool, bool]]:
    return [(one.message, one.tls, one.final) for one in events if one.direction is side]


def groups(events: list[PITrailEvent]) -> list[list[str]]:
    """What the client said in one piece, piece by piece."""
    spoken = [event for event in events if event.direction is CLIENT]
    numbered = [(event.group or -number, event.message) for number, event in enumerate(spoken, 1)]
    runs = groupby(numbered, lambda pair: pair[0])
    return [[message for _, message in run] for _, run in runs]


@pytest.mark.parametrize(
    "number", [*range(20), *(pytest.param(n, marks=pytest.mark.long) for n in range(20, 200))]
)
def test_client_and_server_tell_the_same_conversation(number: int) -> None:
    """Commands, replies, groups, TLS and round trips; two hundred when there is time."""
    server, deal = server_of(number)
    with server:
        if deal.random() < 0.5:
            name, arguments = deal.choice(FAULTS)
            server.inject(name, **arguments)
        ours = conversation(server, deal)
        wait_until(lambda: not any(session.is_open for session in server.sessions))
        trails = [session.trail for session in server.sessions]
    theirs = [event for trail in trails for event in trail]
    for side in (CLIENT, SERVER):
        assert said(theirs, side) == said(list(ours), side)
    assert [one for trail in trails for one in groups(list(trail))] == groups(list(ours))
    assert {key for session in server.sessions for key in session.remarks} <= {"retry-of-5yz"}
    assert sum(trail.tally.round_trips for trail in trails) == ours.tally.round_trips
