"""A client that another process makes anew: its properties and settings as values that pickle.

A `Secret` does not pickle. The passwords of the server and of a proxy have to travel all the same,
so they are taken out here, in the one place where that is meant; what holds them shows neither in
a repr nor in a name that is made of it.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smtp_nb.client.component import Component
from smtp_nb.client.firewall import Firewall
from smtp_nb.client.smtp import SMTP
from smtp_nb.compose.dkim import DKIM
from smtp_nb.errors import InputError
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
    """A secret on its way to another process."""

    value: str

    def __repr__(self) -> str:
        return "<hidden>"


Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PortableClient:
    """The properties and settings of a client, of which another process makes one of its own."""

    values: Values = field(repr=False)
    firewall: Values = field(repr=False)
    front: Front
    dkim: tuple[str, str, Revealed] | None = field(repr=False)

    @classmethod
    def of(cls, client: Component) -> PortableClient:
        """What another process needs of a client.

        Raises:
            InputError: something is set that works in this process alone.
        """
        if client._memory_server is not None:
            raise _stays("the server is one over memory", "Give it a port: server.url")
        handlers = sorted(kind.__name__ for kind, many in client._handlers.items() if many.each)
        if handlers:
            raise _stays(
                f"server= has handlers ({', '.join(handlers)})", "Give a URL, or server.clone()"
            )
        dkim = None
        if client.dkim is not None:
            domain, selector, key = client.dkim.parts
            dkim = domain, selector, _open(key)
        return cls(
            values=_carried(client._values),
            firewall=_carried(client.firewall._values),
            front=client._front,
            dkim=dkim,
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
    return InputError(f"{what}, which cannot travel to another process", remedy=remedy)
