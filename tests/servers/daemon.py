"""Starting and ending programs that run in the background and write their pid to a file."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

PATIENCE_S = 30


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody has now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [server.getsockname()[1] for server in sockets]
    for server in sockets:
        server.close()
    return ports


def wait_until(claim: Callable[[], bool], what: str, log: Path) -> None:
    """Look again and again until it is so: what runs elsewhere cannot wake us.

    Raises:
        TimeoutError: it did not become so; the message ends with the server's log.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not claim():
        if time.monotonic() > deadline:
            said = log.read_text(errors="replace") if log.exists() else "(no log)"
            raise TimeoutError(f"{what}\n{said}")
        time.sleep(0.01)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Daemon:
    """A server that puts itself into the background.

    Args:
        environment: variables beside those of this process.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        pid_file: Path,
        log: Path,
        ports: Sequence[int],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._pid_file = pid_file
        self._log = log
        # Not a pipe: a daemon that inherits one keeps whoever reads it waiting for ever.
        with (log.parent / f"{log.name}.start").open("w+b") as output:
            started = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | dict(environment or {}),
            )
            output.seek(0)
            if started.returncode:
                raise RuntimeError(f"{command} ended with {started.returncode}: {output.read()!r}")
        wait_until(self._is_up, "no pid file was written", log)
        for port in ports:
            wait_until(lambda port=port: listens(port), f"nobody listens on {port}", log)

    def _is_up(self) -> bool:
        return self._pid_file.exists() and self._pid_file.read_text().strip().isdigit()

    def stop(self) -> None:
        pid = int(self._pid_file.read_text())
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not _is_alive(pid), f"process {pid} does not end", self._log)


def _is_alive(pid: int) -> bool:
    try:
        # What has ended but was not yet collected by process 1 holds nothing any more.
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
