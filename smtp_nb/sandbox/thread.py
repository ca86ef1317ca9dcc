"""A thread with an event loop of its own that serves one listening socket until it is stopped."""

from __future__ import annotations

import asyncio
import os
import socket
import threading

from smtp_nb.sandbox.connection import Connection, House

BACKLOG = 256


class ServerThread:
    """Serves a house at a socket. The socket belongs to it from then on."""

    def __init__(self, house: House, listener: socket.socket) -> None:
        self._house = house
        self._listener = listener
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._pid = os.getpid()
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

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = await self._loop.create_server(
            lambda: Connection(self._house), sock=self._listener, backlog=BACKLOG
        )
        await self._stop.wait()
        # asyncio loses a connection that it is about to accept when the server closes under it.
        while coming_in := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(coming_in)
        server.close()
        for connection in list(self._house.connections):
            connection.shut_down()
        while self._house.connections:
            await asyncio.sleep(0)  # the transports close in the loop's next rounds
