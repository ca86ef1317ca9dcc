"""Ownership of the connection: one connect() at a time, and one process.

Two processes that share a connection read each other's replies, and whatever one of them closes the
other has lost. So the process is remembered, and in a forked child the connection is let go of
without a byte, a FIN or a reset.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from smtp_nb.errors import BusyError

if TYPE_CHECKING:
    from smtp_nb.drivers.runner import DriverBase
    from smtp_nb.flows.session import ClientSession
    from smtp_nb.model.memory_server import MemoryServer
    from smtp_nb.model.reply import Reply


class Ownership:
    """Refuses a second connect(), and notices that this process is a child of the one before."""

    _driver: DriverBase
    _clock: Callable[[], float]
    _session: ClientSession | None
    _busy: threading.Lock
    _is_connecting: bool
    _last_reply: Reply | None

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._inherited_from = 0

    @property
    def _memory_server(self) -> MemoryServer | None:
        """The server of this process that is reached without a socket; None for all others."""
        return self._driver.server

    @_memory_server.setter
    def _memory_server(self, server: MemoryServer | None) -> None:
        if server is not self._driver.server:
            self._driver = self._new_driver(server)
            self._clock = self._driver.clock

    def _new_driver(self, server: MemoryServer | None) -> DriverBase:
        raise NotImplementedError

    def _refuse_second_connect(self) -> None:
        self._notice_fork()
        if self._is_connecting:
            raise BusyError("connect() is already running", code=1105, remedy="Wait for it")

    def _notice_fork(self) -> None:
        """In a forked child, let go of what belongs to the parent."""
        if self._pid == (here := os.getpid()):
            return
        if self._session is not None:
            self._last_reply, self._inherited_from = self._session.last_reply, self._pid
            self._session = None
        self._pid, self._busy, self._is_connecting = here, threading.Lock(), False
        self._driver.disown()

    def _say_fork(self, session: ClientSession) -> None:
        """Say in the trail, once, why there is a new session."""
        if self._inherited_from:
            session.trail.remark(
                f"this process was forked from process {self._inherited_from}, which owns the"
                " existing connection; reconnecting"
            )
            self._inherited_from = 0
