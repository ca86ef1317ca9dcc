"""A PostgreSQL of our own, with one database for each test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from servers.daemon import free_ports, wait_until

PROGRAMS = ("initdb", "postgres")
# Debian's; the server refuses to run as root.
_ACCOUNT = "postgres"


class PostgreSQL:
    """A cluster of databases that is thrown away.

    Args:
        waits_for_disk: as one that is kept does; else nothing waits.

    Attributes:
        host, port, user, password: of its superuser.
    """

    host = "127.0.0.1"
    user = "merge"
    password = "p:o%s/t@gr es"

    def __init__(
        self, directory: Path, programs: dict[str, str], *, waits_for_disk: bool = False
    ) -> None:
        (self.port,) = free_ports(1)
        self._directory, self._data = directory, directory / "data"
        self._programs = programs
        self._fsync = "on" if waits_for_disk else "off"
        self._numbers = count(1)
        self._account: dict[str, Any] = {}
        directory.mkdir()
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            shutil.chown(directory, _ACCOUNT, _ACCOUNT)
            self._account = {"user": _ACCOUNT, "group": _ACCOUNT, "extra_groups": []}
        words = directory / "password"
        words.write_text(self.password)
        words.chmod(0o644)
        subprocess.run(
            [programs["initdb"], "-D", self._data, "-U", self.user, f"--pwfile={words}",
             "--auth=scram-sha-256", "--no-sync", "--no-locale", "-E", "UTF8"],
            check=True, capture_output=True, cwd=directory, **self._account,
        )  # fmt: skip
        self.start()

    def start(self) -> None:
        """Serve, on the same port as before."""
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs["postgres"], "-D", self._data, "-p", str(self.port),
                 "-h", self.host, "-k", self._directory,
                 "-c", f"fsync={self._fsync}", "-c", "max_connections=60"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._directory,
                **self._account,
            )  # fmt: skip
        wait_until(self._serves, "PostgreSQL does not serve", self._directory / "log")

    def stop(self, *, at_once: bool = False) -> None:
        """End it. `at_once` is as if it had crashed; else transactions under way are ended."""
        self._process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
        self._process.wait(30)

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"campaigns_{next(self._numbers)}"
        with self._connected("postgres") as sql:
            sql.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, database: str) -> str:
        login = f"{self.user}:{quote(self.password, safe='')}"
        return f"postgresql+psycopg://{login}@{self.host}:{self.port}/{database}"

    def _connected(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=self.host, port=self.port, user=self.user, password=self.password,
            dbname=database, autocommit=True,
        )  # fmt: skip

    def _serves(self) -> bool:
        try:
            self._connected("postgres").close()
        except psycopg.OperationalError:
            return False
        return True
