"""Tap: a listener in the middle, between a client and a server of this machine."""

from __future__ import annotations

from html import escape
from types import TracebackType
from typing import Any, Self

from smtp_nb.classroom.middle.eavesdropper import Eavesdropper, Sighting
from smtp_nb.classroom.middle.tap_wires import MemoryTap, SocketTap, TapWire
from smtp_nb.classroom.target import Reachable, target_of
from smtp_nb.errors import InputError, StateError
from smtp_nb.flows.connecting.login import is_loopback
from smtp_nb.model.display import masked
from smtp_nb.model.known import known_attributes


class Sightings(list[Sighting]):
    """What a listener in the middle has, in the order in which it passed."""

    def __str__(self) -> str:
        return "\n".join(map(str, self))

    def __repr__(self) -> str:
        return masked(str(self)) or "<nothing seen yet>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"


@known_attributes()
class Tap:
    """Listens in on connections to a server of this machine, and changes them if it is told to.

        >>> from smtp_nb import SMTP
        >>> from smtp_nb.classroom import Tap
        >>> from smtp_nb.sandbox import SandboxServer
        >>> with SandboxServer(inline=True) as server, Tap(server) as tap:
        ...     with SMTP.from_url(tap.url) as smtp:
        ...         _ = smtp.send_command("NOOP")
        ...     print(tap.seen[-1])
        <-  221 2.0.0 Bye

    Args:
        server: a running `SandboxServer`, inline or not, or the URL of a server on this machine.
        strip_starttls: overwrite STARTTLS, so that the client believes that it is not offered.
        inject: text to add in clear after the server's 220 to STARTTLS.

    Raises:
        InputError: the server is not on this machine.

    Attributes:
        seen: what it has: lines in clear, and TLS records, of which it reads nothing but the kind.
    """

    seen: Sightings

    def __init__(
        self,
        server: Reachable | str,
        *,
        strip_starttls: bool = False,
        inject: str | bytes = b"",
    ) -> None:
        self.seen = Sightings()
        self._url = server if isinstance(server, str) else server.url
        self._target = target_of(self._url)
        self._strips = strip_starttls
        self._inject = inject.encode() if isinstance(inject, str) else bytes(inject)
        self._wire: TapWire | None = None
        self._count = 0
        host = self._target.settings.host
        if self._target.memory is None and not (host == "localhost" or is_loopback(host)):
            raise InputError(
                f"{host} is not an address of this machine",
                remedy="Tap a SandboxServer, or a server at 127.0.0.1",
            )

    def _somebody(self) -> Eavesdropper:
        self._count += 1
        return Eavesdropper(
            self.seen, self._count, strip_starttls=self._strips, inject=self._inject
        )

    def start(self) -> Self:
        """Begin to listen in; does nothing if it does."""
        if self._wire is None:
            settings, memory = self._target.settings, self._target.memory
            self._wire = (
                SocketTap(self._somebody, settings.host, settings.port)
                if memory is None
                else MemoryTap(self._somebody, memory)
            )
        return self

    def stop(self) -> None:
        """End all connections through it. What was seen stays."""
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """As the server's URL, but through the tap.

        Raises:
            StateError: it does not listen.
        """
        if self._wire is None:
            raise StateError("the tap is not running", remedy="Begin to listen in first")
        return self._wire.url_for(self._url)

    def __repr__(self) -> str:
        plain = sum(one.is_plain for one in self.seen)
        return f"<Tap: {plain} lines in clear, {len(self.seen) - plain} TLS records>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{self.seen._repr_html_()}"
