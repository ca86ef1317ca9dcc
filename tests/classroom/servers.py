"""Sandboxes by all doors: through memory or a socket, in clear or inside TLS."""

from __future__ import annotations

from typing import Any

from drivers.peers import wait_until
from smtp_nb.classroom import Terminal
from smtp_nb.sandbox import SandboxServer, Session

DOORS = {
    "inline": {"inline": True},
    "inline+tls": {"inline": True, "tls": "starttls"},
    "socket": {},
    "socket+tls": {"tls": "starttls"},
    "socket+implicit": {"tls": "implicit"},
}
SHORT = 0.05
"""Seconds of patience with a server that rightly says nothing."""


def sandbox(door: str, **more: Any) -> SandboxServer:
    return SandboxServer(**DOORS[door], **more)


def greeted(server: SandboxServer, door: str = "", **more: Any) -> Terminal:
    """A terminal at the point where MAIL may follow, inside TLS if there is TLS."""
    terminal = Terminal(server, **more)
    terminal.dialogue("EHLO me.test")
    if door.endswith("+tls"):
        terminal.starttls()
        terminal.dialogue("EHLO me.test")
    return terminal


def ended(session: Session) -> None:
    """Wait until the server, in its thread, has noticed that the client is gone."""
    wait_until(lambda: not session.is_open)
