"""Registry of the sandboxes of this process by their address, or by what serves without one."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING

from smtp_nb.sandbox.inline import InlineService

if TYPE_CHECKING:
    from smtp_nb.model.memory_server import MemoryServer
    from smtp_nb.sandbox.server import SandboxServer
    from smtp_nb.sandbox.shared_state import SharedState

_PLACES: weakref.WeakKeyDictionary[SandboxServer, tuple[int, str, int]] = (
    weakref.WeakKeyDictionary()
)
_INLINE: weakref.WeakKeyDictionary[SandboxServer, InlineService] = weakref.WeakKeyDictionary()
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def note(server: SandboxServer, port: int) -> None:
    """Remember where a sandbox listens."""
    _PLACES.pop(server, None)  # the last one to start comes last
    _PLACES[server] = (os.getpid(), server.host, port)


def note_inline(server: SandboxServer, service: InlineService) -> InlineService:
    """Remember what serves for a sandbox without a socket, and return it."""
    _INLINE[server] = service
    return service


def sandbox_at(host: str, port: int, memory: MemoryServer | None = None) -> SandboxServer | None:
    """The sandbox of this process that listens there, or was the last to do so.

    Args:
        memory: the server, if it is reached without a socket.
    """
    if memory is not None:
        return next((one for one, service in _INLINE.items() if service is memory), None)
    host = host.strip("[]").lower()
    hosts = _LOOPBACK if host in _LOOPBACK else {host}
    for server, (pid, its_host, its_port) in reversed(list(_PLACES.items())):
        if pid == os.getpid() and its_port == port and its_host in hosts:
            return server
    return None


def shared_at(host: str, port: int, memory: MemoryServer | None = None) -> SharedState | None:
    """What the connections of a sandbox of this process share; None if it is no such sandbox.

    Args:
        memory: the server, if it is reached without a socket.
    """
    if memory is not None:
        return memory.shared if isinstance(memory, InlineService) else None
    server = sandbox_at(host, port)
    return server._shared if server is not None and server.is_running else None
