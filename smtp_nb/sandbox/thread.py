"""Server thread: an event loop of its own that serves one listening socket."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import threading
from typing import Any

from smtp_nb.sandbox.connection import Connection
from smtp_nb.sandbox.shared_state import SharedState

BACKLOG = 256
_SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class ServerThread:
    """Serves clients at a socket. The socket belongs to it from then on."""

    def __init__(self, shared: SharedState, listener: socket.socket) -> None:
        self._shared = shared
        self._listener = listener
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._pid = os.getpid()
        self._is_short = False
        self._loop.set_exception_handler(self._note_trouble)
        # A daemon: a kernel that ends does not wait for it.
        self._thread = threading.Thread(target=self._run, name="smtp_nb sandbox", daemon=True)
        self._thread.start()

    @property
    def is_ours(self) -> bool:
        """False in a fork: the thread is in the other process, and so is the sockets' loop."""
        return self._pid == os.getpid()

    def stop(self) -> None:
        """End all connections and the thread. Waits for it."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def drop_all(self) -> None:
        """End all connections and go on listening. Waits for it."""
        asyncio.run_coroutine_threadsafe(self._drop_all(), self._loop).result()

    def hold(self, is_held: bool) -> None:
        """Hold the replies of all connections, or go on. Waits until all know."""
        asyncio.run_coroutine_threadsafe(self._hold(is_held), self._loop).result()

    async def _hold(self, is_held: bool) -> None:
        self._shared.is_held = is_held
        for connection in list(self._shared.connections):
            connection.hold()

    async def _drop_all(self) -> None:
        for connection in list(self._shared.connections):
            connection.shut_down()
        while self._shared.connections:
            await asyncio.sleep(0)  # the transports close in the loop's next rounds

    def _note_trouble(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Out of file descriptors, asyncio pauses and reports each try of a whole backlog."""
        error = context.get("exception")
        if not (isinstance(error, OSError) and error.errno in _SHORTAGES):
            loop.default_exception_handler(context)
        elif not self._is_short:
            self._is_short = True
            logging.getLogger("smtp_nb").warning(
                "the sandbox takes no connection until this process can open one: %s", error
            )

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = await self._loop.create_server(
            lambda: Connection(self._shared), sock=self._listener, backlog=BACKLOG
        )
        await self._stop.wait()
        # asyncio loses a connection that it is about to accept when the server closes under it.
        while coming_in := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(coming_in)
        server.close()
        await self._drop_all()
