"""Detours: connections that pass through another listener on their way to a sandbox.

A sandbox knows its clients by their ports. Where a tap stands between, that port is the tap's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from smtp_nb.model.memory_server import MemoryServer


@dataclass(frozen=True, slots=True)
class Detour:
    """One listener on this machine, and where it leads.

    Attributes:
        place: the server's host and port.
        ports: of the clients, and those by which the server knows them.
    """

    place: tuple[str, int]
    ports: dict[int, int] = field(default_factory=dict)


DETOURS: dict[int, Detour] = {}
"""Those that listen now, by their port."""


def behind(server: MemoryServer | None) -> MemoryServer | None:
    """The server in memory to which another one leads in the end."""
    while (inner := getattr(server, "server", None)) is not None:
        server = inner
    return server
