"""What the connections of one sandbox share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from smtp_nb import ambient
from smtp_nb.model.memory_server import Timer
from smtp_nb.protocol.server.policy import ReceivedTransaction, Service
from smtp_nb.sandbox.door import Door
from smtp_nb.sandbox.faults.table import FaultTable
from smtp_nb.sandbox.messages.mailbox import Inbox, Message
from smtp_nb.sandbox.options import NO_LIMITS, Limits
from smtp_nb.sandbox.session import Session

if TYPE_CHECKING:
    from smtp_nb.sandbox.connection import Connection
    from smtp_nb.sandbox.tls import ServerTLS


class Later(Protocol):
    """Calls something after so many seconds."""

    def __call__(
        self, seconds: float, call: Callable[..., object], *arguments: object
    ) -> Timer: ...


def _later(seconds: float, call: Callable[..., object], *arguments: object) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(seconds, call, *arguments)


@dataclass(eq=False, repr=False)
class SharedState:
    """What the connections of one server share.

    Attributes:
        new_tls: makes the server's side of a TLS connection.
        implicit_tls: TLS comes before the greeting.
        passwords: never shown, wherever a client writes them.
        latency_s: how long a trip to the client and back takes, beside the network's own time.
        later: calls something after so many seconds.
        clock: the time in seconds.
        limits: what clients may ask of it.
        refused: what was refused for good and to whom, so that trying again is seen; with the
            session in which it was.
        door: whom the server admits, and how faults know them.
        is_held: no command is answered for now.
    """

    service: Service
    faults: FaultTable
    messages: Inbox
    sessions: list[Session]
    new_tls: Callable[[], ServerTLS] | None = None
    implicit_tls: bool = False
    passwords: Collection[str] = ()
    connections: set[Connection] = field(default_factory=set)
    connection_count: int = 0
    latency_s: float = 0.0
    later: Later = _later
    clock: Callable[[], float] = ambient.monotonic
    limits: Limits = NO_LIMITS
    refused: dict[tuple[object, ...], Session] = field(default_factory=dict)
    door: Door = field(default_factory=Door)
    is_held: bool = False

    @property
    def is_crowded(self) -> bool:
        """True if no further connection is served."""
        return 0 < self.limits.connections <= len(self.connections)

    @property
    def is_full(self) -> bool:
        """True if no further message is kept."""
        messages, limits = self.messages, self.limits
        return 0 < limits.messages <= len(messages) or 0 < limits.octets <= messages.octets

    def opened(self, connection: Connection, peer: tuple[str, int]) -> Session:
        """A client has come in."""
        self.connections.add(connection)
        self.connection_count += 1
        session = Session(self.connection_count, f"{peer[0]}:{peer[1]}", self.passwords, self.clock)
        self.sessions.append(session)
        if 0 < self.limits.sessions < len(self.sessions):
            ended = next((one for one in self.sessions if not one.is_open), session)
            self.sessions.remove(ended)
        return session

    def store(self, transaction: ReceivedTransaction, session: Session) -> None:
        """Keep a message."""
        message = Message(
            mail_from=transaction.sender,
            rcpt_tos=tuple(address for address, _ in transaction.recipients),
            content=transaction.content,
            parameters=transaction.parameters,
            rcpt_parameters=tuple(parameters for _, parameters in transaction.recipients),
            verb=transaction.verb,
            queue_id=transaction.queue_id,
            session=session.number,
            tls=session.tls,
            user=session.user,
            received_at=ambient.today(),
        )
        message = self.door.kept(session, message)
        session.messages.append(message)
        self.messages.add(message)
