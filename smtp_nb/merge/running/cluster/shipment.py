"""What travels to the workers, once for each: rows, template, options, and how to reach servers.

The passwords of the mail server and of the database travel as `Revealed`; neither a repr nor the
name of a task shows them.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from smtp_nb.client.component import Component
from smtp_nb.client.portable import PortableClient, Revealed
from smtp_nb.errors import InputError, MissingError
from smtp_nb.merge.journal.url import JournalURL
from smtp_nb.merge.planning.plan import PlannedRow
from smtp_nb.merge.rows.rows import Rows
from smtp_nb.merge.running.options import Options
from smtp_nb.merge.running.pace import PaceLimits, Shut
from smtp_nb.merge.running.waiting import PendingMessage
from smtp_nb.model.address import Mailbox
from smtp_nb.model.display import counted
from smtp_nb.model.secret import Secret


@dataclass(frozen=True, slots=True, repr=False)
class Shipment:
    """One run, for all its workers.

    Attributes:
        given: the arguments of `Compiled`.
        limits: what its pace keeps to.
        waits_for: what it waits for, however long that takes.
        written: the template's digest without its context, for those of rows.
        mark: tells this run from others of the campaign.
        ends: when no further message is begun, in the journal's time; None for never.
    """

    campaign: str
    rows: Rows
    given: tuple[Any, ...]
    salt: str
    written: str
    todos: list[PendingMessage]
    options: Options
    limits: PaceLimits
    waits_for: frozenset[Shut]
    server: PortableClient
    journal: Revealed
    mark: str
    ends: float | None = None

    @property
    def place(self) -> JournalURL:
        """Where the journal is."""
        return JournalURL(Secret(self.journal.value), self.campaign)

    def __repr__(self) -> str:
        return f"<Shipment of {self.campaign!r}: {counted(len(self.todos), 'message')}>"


@dataclass(frozen=True, slots=True, repr=False)
class Parcel:
    """A shipment as it is carried from worker to worker.

    It is packed once, by the client, and opened by the task that needs it. Given an object, each
    worker would pickle it anew for each of the others, on the thread that answers them all. With
    20,000 rows on a busy machine that takes longer than they wait for an answer: they ask again,
    for ever.
    """

    octets: bytes

    @classmethod
    def of(cls, shipment: Shipment) -> Parcel:
        """Pack a shipment.

        Raises:
            InputError: something in it cannot be pickled.
        """
        from distributed.protocol.pickle import dumps  # functions of a notebook too

        try:
            apart = replace(shipment, todos=[]), _plain(shipment.todos)
            return cls(dumps(apart))  # type: ignore[no-untyped-call]  # Dask has few types
        except Exception as error:
            raise InputError(
                f"the merge cannot travel to the workers of cluster=: {error}",
                remedy="Keep files, locks and connections out of the template's functions= and"
                " filters=",
            ) from error

    def opened(self) -> Shipment:
        """The shipment, of this worker alone."""
        found: tuple[Shipment, list[_Plain]] = pickle.loads(self.octets)
        shipment, messages = found
        return replace(shipment, todos=[_message(plain) for plain in messages])

    def __repr__(self) -> str:
        return f"<Parcel: {len(self.octets)} bytes>"


# A planned row as values, the parts of its mailbox, and what is known of its message.
_Plain = tuple[tuple[Any, ...], tuple[str, str, str] | None, int, str, dict[str, str]]


def _plain(todos: Iterable[PendingMessage]) -> list[_Plain]:
    """Messages that were not tried in this run, as what pickles in a fraction of the time."""
    found: list[_Plain] = []
    for todo in todos:
        box = todo.planned.mailbox
        parts = None if box is None else (box.local, box.domain, box.name)
        values = tuple(todo.planned._replace(mailbox=None))
        found.append((values, parts, todo.message, todo.message_id, todo.outcomes))
    return found


def _message(plain: _Plain) -> PendingMessage:
    values, parts, number, message_id, outcomes = plain
    planned = PlannedRow._make(values)
    if parts is not None:
        planned = planned._replace(mailbox=Mailbox(*parts))
    return PendingMessage(planned, number, message_id, outcomes)


def portable(server: object) -> PortableClient:
    """What a worker needs of a client.

    Raises:
        MissingError: there is no server.
        InputError: something is set that works in this process alone.
    """
    if not isinstance(server, Component):
        raise MissingError(
            "no mail server is set", code=163, remedy="Give server= a URL or an SMTP"
        )
    return PortableClient.of(server)


def travelling(options: Options) -> Options:
    """The options that a worker follows."""
    return replace(options, cluster=None, progress=None)
