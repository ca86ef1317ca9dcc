"""Receive buffer: what asyncio's transport has read and no intent has asked for yet."""

from __future__ import annotations

import asyncio

from smtp_nb.errors import LinkError
from smtp_nb.flows.intents import Octets

MAX_INBOX = 768 * 1024


class ReceiveBuffer(asyncio.Protocol):
    """Collects what arrives and reports changes."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0
        self.at_end = False
        self.failure: Exception | None = None
        self.is_full = False
        self.change = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)
        self.size += len(data)
        if self.size > MAX_INBOX:
            self.failure = LinkError("the server is flooding us with replies while we write")
        self.change.set()

    def eof_received(self) -> bool:
        self.at_end = True
        self.change.set()
        return True  # we may still write; closing is the flow's decision

    def connection_lost(self, exc: Exception | None) -> None:
        self.at_end = True
        self.failure = self.failure or exc
        self.change.set()

    def pause_writing(self) -> None:
        self.is_full = True

    def resume_writing(self) -> None:
        self.is_full = False
        self.change.set()

    def take(self) -> bytes:
        """Return all that arrived."""
        data = Octets(b"".join(self.pieces))
        self.pieces.clear()
        self.size = 0
        return data
