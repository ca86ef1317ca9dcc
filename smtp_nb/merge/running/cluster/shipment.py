"""What travels to the workers, once for each: rows, template, options, and how to reach servers.

A `Secret` does not pickle. The passwords of the mail server and of the database have to travel all
the same, so they are taken out here, in the one place where that is meant; what holds them shows
neither in a repr nor in the name of a task.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from smtp_nb.client.component import Component
from smtp_nb.client.firewall import Firewall
from smtp_nb.client.smtp import SMTP
from smtp_nb.compose.dkim import DKIM
from smtp_nb.errors import InputError, MissingError
from smtp_nb.merge.journal.url import JournalURL
from smtp_nb.merge.rows.rows import Rows
from smtp_nb.merge.running.options import Options
from smtp_nb.merge.running.pace import PaceLimits, Shut
from smtp_nb.merge.running.waiting import PendingMessage
from smtp_nb.model.secret import Secret
from smtp_nb.wording import Front

# Properties that are objects of this process.
_OBJECTS = {
    "SSLCert": "a client certificate",
    "SSLAcceptServerCert": "ssl_accept_server_cert",
    "TokenSource": "token_source",
}


@dataclass(frozen=True, slots=True, repr=False)
class Revealed:
    """A secret on its way to a worker."""

    value: str

    def __repr__(self) -> str:
        return "<hidden>"


Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CarriedServer:
    """The settings of a client, with which a worker makes one of its own."""

    values: Values = field(repr=False)
    firewall: Values = field(repr=False)
    front: Front
    dkim: tuple[str, str, Revealed] | None = field(repr=False)

    @classmethod
    def of(cls, server: object) -> CarriedServer:
        """What a worker needs of a client.

        Raises:
            MissingError: there is no server.
            InputError: something is set that works in this process alone.
        """
        if not isinstance(server, Component):
            raise MissingError(
                "no mail server is set", code=163, remedy="Give server= a URL or an SMTP"
            )
        if server._memory_server is not None:
            raise _stays("the server is one over memory", "Give it a port: server.url")
        handlers = sorted(kind.__name__ for kind, many in server._handlers.items() if many.each)
        if handlers:
            raise _stays(
                f"server= has handlers ({', '.join(handlers)})", "Give a URL, or server.clone()"
            )
        signs = server.dkim
        return cls(
            values=_carried(server._values),
            firewall=_carried(server.firewall._values),
            front=server._front,
            dkim=None if signs is None else (signs.domain, signs.selector, _open(signs._key)),
        )

    def made(self) -> SMTP:
        """A client with these settings."""
        smtp = SMTP()
        smtp._values = _closed(self.values)
        smtp._front = self.front
        smtp.firewall = Firewall()
        smtp.firewall._values = _closed(self.firewall)
        if self.dkim is not None:
            domain, selector, key = self.dkim
            smtp.dkim = DKIM(domain, selector, key.value)
        return smtp


def _open(secret: Secret) -> Revealed:
    return Revealed(secret.reveal())


def _carried(values: Mapping[str, Any]) -> Values:
    found = {}
    for name, value in values.items():
        if value is None or (name in _OBJECTS and not getattr(value, "encoded", True)):
            continue  # an empty certificate is created by looking at it
        if name in _OBJECTS:
            raise _stays(f"{_OBJECTS[name]} is set", "Use a server that does without it")
        found[name] = _open(value) if isinstance(value, Secret) else value
        try:
            pickle.dumps(found[name])
        except Exception as error:
            raise _stays(f"{name} cannot be pickled", f"Leave {name} empty") from error
    return found


def _closed(values: Values) -> dict[str, Any]:
    return {
        name: Secret(value.value) if isinstance(value, Revealed) else value
        for name, value in values.items()
    }


def _stays(what: str, remedy: str) -> InputError:
    return InputError(f"{what}, which cannot travel to the workers of cluster=", remedy=remedy)


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
    server: CarriedServer
    journal: Revealed
    mark: str
    ends: float | None = None

    @property
    def place(self) -> JournalURL:
        """Where the journal is."""
        return JournalURL(Secret(self.journal.value), self.campaign)

    def __repr__(self) -> str:
        return f"<Shipment of {self.campaign!r}: {len(self.todos)} messages>"


def travelling(options: Options) -> Options:
    """The options that a worker follows."""
    return replace(options, cluster=None, progress=None)
