"""A connection of the sandbox without a socket, on a virtual clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any

from smtp_nb.protocol.server.policy import Service
from smtp_nb.sandbox.connection import Connection
from smtp_nb.sandbox.faults.table import FaultTable
from smtp_nb.sandbox.messages.mailbox import Inbox
from smtp_nb.sandbox.session import Session
from smtp_nb.sandbox.shared_state import SharedState


class Clock:
    """Time that passes only when it is told to. Timers of one moment go off in no kind order."""

    def __init__(self) -> None:
        self.now = 0.0
        self._timers: list[tuple[float, int, Timer]] = []
        self._numbers = count(0, -1)

    def later(self, seconds: float, call: Callable[..., object], *arguments: object) -> Timer:
        timer = Timer(call, arguments)
        heapq.heappush(self._timers, (self.now + seconds, next(self._numbers), timer))
        return timer

    def run(self, until: float = 100.0) -> None:
        """Let all that is due happen."""
        while self._timers and self._timers[0][0] <= until:
            self.now, _, timer = heapq.heappop(self._timers)
            timer.go_off()


class Timer:
    def __init__(self, call: Callable[..., object], arguments: tuple[object, ...]) -> None:
        self._call: Callable[..., object] | None = call
        self._arguments = arguments

    def cancel(self) -> None:
        self._call = None

    def go_off(self) -> None:
        if self._call is not None:
            self._call(*self._arguments)


class Line:
    """The client's end: what it says, and what it has got at what time."""

    def __init__(self, service: Service | None = None, **changes: Any) -> None:
        self.clock = Clock()
        self.got: list[tuple[float, bytes]] = []
        self.is_closed = False
        self.shared = SharedState(
            service or Service("sandbox.test"), FaultTable(), Inbox(), [], later=self.clock.later,
            **changes,
        )  # fmt: skip
        self._connection = Connection(self.shared)
        self._connection.connection_made(self)  # type: ignore[arg-type]  # as far as it is used

    @property
    def session(self) -> Session:
        return self.shared.sessions[0]

    def say(self, data: bytes) -> None:
        """Octets of the client's, in one read."""
        self._connection.get_buffer(0)[: len(data)] = data
        self._connection.buffer_updated(len(data))

    def ask(self, data: bytes) -> float:
        """Say it and wait for what comes back; the seconds that it took."""
        began, seen = self.clock.now, len(self.got)
        self.say(data)
        while len(self.got) == seen and self.clock._timers:
            self.clock.run(self.clock._timers[0][0])
        return self.clock.now - began

    # What a transport has

    def get_extra_info(self, name: str) -> tuple[str, int]:
        return "127.0.0.1", 1025

    def write(self, data: bytes) -> None:
        self.got.append((self.clock.now, data))

    def close(self) -> None:
        self.is_closed = True

    write_eof = abort = close

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading
