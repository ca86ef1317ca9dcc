"""Flows that say a few intents to a peer, whatever the driver."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drivers.peers import Peer
from smtp_nb.flows.intents import Flow, Open

Run = Callable[[Flow[Any]], Any]
HERE = "127.0.0.1"
MEGABYTE = b"m" * 1_000_000


def talking(*intents: Any) -> Flow[list[Any]]:
    """A flow that yields intents and returns the answers."""
    answers: list[Any] = []
    for intent in intents:
        answers += [(yield intent)]
    return answers


def opened(peer: Peer) -> Open:
    return Open(HERE, peer.port, 30)
