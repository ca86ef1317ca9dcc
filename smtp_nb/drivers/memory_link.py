"""The connections of one flow to a server in memory, and what intents do to them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from smtp_nb.drivers.sockets import connect_failed
from smtp_nb.errors import LinkError, SMTPTimeout
from smtp_nb.flows.intents import (
    Close,
    Done,
    Intent,
    Next,
    Notify,
    Octets,
    Open,
    Peer,
    PopConnection,
    Probe,
    PushConnection,
    Read,
    Resolve,
    Sleep,
    Write,
    notice_of,
)
from smtp_nb.model.memory_server import MemoryConnection, MemoryServer, Timer

LOOPBACK = "127.0.0.1"
"""The address of what never leaves this process; credentials may pass there in clear."""

ALWAYS = (Close, Done, Notify, Next, PushConnection, PopConnection)
"""What is carried out although the flow is to stop: it waits for nothing and says nothing."""


class MemoryLink:
    """The connection that there is, and those put aside.

    Attributes:
        is_stuck: nothing will ever happen at the server by itself.
    """

    def __init__(self, server: MemoryServer) -> None:
        self._server = server
        self._connection: MemoryConnection | None = None
        self._aside: list[MemoryConnection | None] = []
        self.is_stuck = False

    @property
    def is_open(self) -> bool:
        """True while there is a connection."""
        return self._connection is not None

    def at_once(self, intent: Intent) -> Any:
        """Carry out an intent that never waits; the answer is of its kind, hence Any."""
        match intent:
            case Open():
                return self._open(intent)
            case Resolve():
                self._check(intent)
                return [LOOPBACK]
            case Write():
                self._there.write(intent.data)
            case Probe():
                return self._probe()
            case Close():
                self.close(intent.gently)
            case PushConnection():
                self._aside.append(self._connection)
                self._connection = None
            case PopConnection():
                self._close_one(gently=True)
                self._connection = self._aside.pop()
        return None

    def wait_of(self, intent: Intent) -> Generator[None, None, Any] | None:
        """What is done for an intent that may have to wait; None for one that never does.

        It yields while it waits, and returns the answer.
        """
        match intent:
            case Read():
                return self._read(intent)
            case Sleep():
                return self._sleep(intent.seconds)
        return None

    def until(self, ready: Callable[[], object], seconds: float) -> Generator[None, None, bool]:
        """Wait until something holds, but only so long; returns whether it does."""
        end = self._server.clock() + seconds
        timer = self._server.later(seconds, lambda: None)
        try:
            while not ready() and self._server.clock() < end:
                yield
        finally:
            timer.cancel()
        return bool(ready())

    def close(self, gently: bool) -> None:
        """Let go of all connections."""
        self._close_one(gently)
        while self._aside:
            self._connection = self._aside.pop()
            self._close_one(gently)

    def _close_one(self, gently: bool) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close(gently)

    @property
    def _there(self) -> MemoryConnection:
        if self._connection is None:
            raise LinkError("not connected", code=1117, remedy="Call connect()")
        return self._connection

    def _check(self, intent: Open | Resolve) -> None:
        """A component that is wired to one server reaches no other, and must not seem to."""
        if intent.host.lower() not in (self._server.name, LOOPBACK):
            raise LinkError(
                f"this object only reaches {self._server.name}, through memory, and not"
                f" {intent.host}",
                remedy="Use a new object for another server",
            )

    def _open(self, intent: Open) -> Peer:
        self._check(intent)
        try:
            connection = self._server.connect()
        except OSError as error:
            raise connect_failed(intent, error) from error
        self._connection, self.is_stuck = connection, False
        return Peer(LOOPBACK, intent.port, LOOPBACK, connection.port)

    def _probe(self) -> bytes | None:
        """What came in by itself; nothing is waited for, but what is due now is done."""
        if self._connection is None:
            return b""
        is_now: list[bool] = []
        self._server.later(0, is_now.append, True)
        while not is_now:
            self._server.advance()
        return self._connection.read()

    def _read(self, intent: Read) -> Generator[None, None, bytes]:
        connection, came = self._there, None
        timers = self._timers(intent)
        end = self._server.clock() + (intent.timeout_s or 0)
        try:
            while (came := connection.read()) is None:
                if (intent.timeout_s and self._server.clock() >= end) or self.is_stuck:
                    raise _time_out(intent)
                yield
        finally:
            for timer in timers:
                timer.cancel()
        return Octets(came)

    def _timers(self, intent: Read) -> list[Timer]:
        """What is due while we wait: the end of our patience, and a word about a long wait."""
        timers = []
        if intent.timeout_s:
            timers.append(self._server.later(intent.timeout_s, lambda: None))
        if notice := notice_of(intent):
            timers.append(self._server.later(notice.after_s, notice.tell))
        return timers

    def _sleep(self, seconds: float) -> Generator[None, None, None]:
        yield from self.until(lambda: False, seconds)


def _time_out(intent: Read) -> SMTPTimeout:
    return SMTPTimeout(
        f"nothing came in time while we waited for {intent.waiting_for}",
        remedy="Raise timeout, or see whether the server is overloaded",
    )
