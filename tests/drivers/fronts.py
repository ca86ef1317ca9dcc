"""Both fronts behind one face, so that one table of cases serves both."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from smtp_nb import SMTP, AsyncSMTP
from smtp_nb.sandbox import SandboxServer

NAMES = ("blocking", "asyncio")


@dataclass(frozen=True)
class Front:
    """`front.run(smtp.send())` waits for the result on either front."""

    name: str
    SMTP: type[Any]  # the two share no base that is public
    run: Callable[[Any], Any]
    loop: asyncio.AbstractEventLoop | None = None

    def make(self, **properties: Any) -> Any:
        return self.SMTP(**properties)

    @contextlib.contextmanager
    def connected(self, smtp: Any) -> Iterator[Any]:
        """Connect for the time of a block."""
        self.run(smtp.connect())
        try:
            yield smtp
        finally:
            self.run(smtp.disconnect())


@contextlib.contextmanager
def open_front(name: str) -> Iterator[Front]:
    """The front of that name; the asyncio one has an event loop of its own."""
    if name == "blocking":
        yield Front(name, SMTP, lambda value: value)
        return
    with asyncio.Runner() as runner:
        yield Front(name, AsyncSMTP, runner.run, runner.get_loop())


def letter(port: int, **properties: Any) -> dict[str, Any]:
    """The properties of a short message for a server on this machine."""
    return {
        "mail_server": "127.0.0.1",
        "mail_port": port,
        "from_": "ann@example.test",
        "send_to": "ben@example.test",
        "subject": "Hello",
        "message_text": "It works.",
        **properties,
    }


def socket_of(smtp: Any) -> Any:
    """The socket of a component that is connected, on either front."""
    line = smtp._driver._connection
    if hasattr(line, "_transport"):
        return line._transport.get_extra_info("socket")
    return line.socket


THREE = {"send_to": "to@example.test", "cc": "cc@example.test", "bcc": "bcc@example.test"}
"""A recipient of each kind."""


def said(server: SandboxServer, session: int = -1) -> list[str]:
    """What the client said in a session, line by line."""
    return [line[4:] for line in str(server.sessions[session]).splitlines() if "->" in line[:4]]
