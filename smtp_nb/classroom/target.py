"""Where a conversation by hand leads: a sandbox of this process, or a server with a URL."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol, runtime_checkable

from smtp_nb.classroom.detours import DETOURS, behind
from smtp_nb.client.session.remembered import Remembered
from smtp_nb.client.session.session_settings import settings_from
from smtp_nb.client.smtp import SMTP
from smtp_nb.errors import InputError
from smtp_nb.flows.connecting.login import is_loopback
from smtp_nb.flows.settings import SessionSettings
from smtp_nb.model.memory_server import MemoryServer
from smtp_nb.sandbox.running import shared_at
from smtp_nb.sandbox.shared_state import SharedState


@runtime_checkable
class Reachable(Protocol):
    """What has a URL: a sandbox, a tap."""

    @property
    def url(self) -> str:
        """Where it is."""


class Destination(NamedTuple):
    """A server to talk to.

    Attributes:
        memory: it is reached through memory, and not through a socket.
        shared: what its connections share, if it is a sandbox of this process.
        ports: where a tap stands between, our ports and those by which the sandbox knows us.
    """

    settings: SessionSettings
    memory: MemoryServer | None
    shared: SharedState | None
    ports: Mapping[int, int] = MappingProxyType({})


def target_of(server: Reachable | str) -> Destination:
    """Find a server. The login in its URL is not used: a person logs in by hand.

    Raises:
        InputError: it is neither a server nor the URL of one.
        StateError: the sandbox is not running.
    """
    url = server if isinstance(server, str) else getattr(server, "url", None)
    if not isinstance(url, str):
        raise InputError(
            f"a {type(server).__name__} is not a server to talk to",
            remedy="Give a SandboxServer, or a URL such as smtp://127.0.0.1:2525",
        )
    smtp = SMTP.from_url(url, user="", password="")
    memory = smtp._memory_server
    settings = settings_from(smtp, Remembered())
    tap = DETOURS.get(settings.port) if memory is None and is_loopback(settings.host) else None
    place, ports = (tap.place, tap.ports) if tap else ((settings.host, settings.port), {})
    return Destination(settings, memory, shared_at(*place, behind(memory)), ports)
