"""A Kerberos realm with a key distribution centre (MIT's) on a port of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from servers.daemon import Daemon, free_ports

PROGRAMS = ("krb5kdc", "kdb5_util", "kadmin.local", "kinit")

CLIENTS = """\
[libdefaults]
    default_realm = TEST
    dns_lookup_kdc = false
    dns_canonicalize_hostname = false
    rdns = false
    udp_preference_limit = 1
[realms]
    TEST = {{
        kdc = 127.0.0.1:{port}
    }}
"""
CENTRE = """\
[kdcdefaults]
    kdc_listen = 127.0.0.1:{port}
    kdc_tcp_listen = 127.0.0.1:{port}
[realms]
    TEST = {{
        database_name = {directory}/database
        key_stash_file = {directory}/stash
        # Its principals have the keys of one cipher, which is enough and quickly made.
        supported_enctypes = aes256-cts:normal
        default_principal_flags = +preauth
    }}
[logging]
    kdc = FILE:{directory}/log
"""


class Realm:
    """The realm TEST.

    Its files have names before it starts, so that servers can be told of them.

    Attributes:
        config: for clients and servers (KRB5_CONFIG).
        keytab: the key of smtp/localhost.
    """

    def __init__(self, directory: Path) -> None:
        self.config = directory / "krb5.conf"
        self.keytab = directory / "smtp.keytab"
        self._directory = directory
        self._programs: dict[str, str] = {}
        self._daemon: Daemon | None = None

    @property
    def _environment(self) -> dict[str, str]:
        profile = self._directory / "kdc.conf"
        return {"KRB5_CONFIG": str(self.config), "KRB5_KDC_PROFILE": str(profile)}

    def start(self, programs: dict[str, str], accounts: Mapping[str, str]) -> None:
        """Make the realm with a principal for each account, and serve it."""
        self._programs, directory = programs, self._directory
        directory.mkdir()
        (port,) = free_ports(1)
        self.config.write_text(CLIENTS.format(port=port))
        (directory / "kdc.conf").write_text(CENTRE.format(port=port, directory=directory))
        self._run("kdb5_util", "-r", "TEST", "create", "-s", "-P", "master")
        people = [f"addprinc -pw {_quoted(text)} {user}" for user, text in accounts.items()]
        server = ["addprinc -randkey smtp/localhost", f"ktadd -k {self.keytab} smtp/localhost"]
        self._run("kadmin.local", "-r", "TEST", text="\n".join([*people, *server, ""]))
        self.keytab.chmod(0o644)
        pid_file = directory / "pid"
        self._daemon = Daemon(
            [programs["krb5kdc"], "-r", "TEST", "-P", pid_file],
            pid_file,
            directory / "log",
            [port],
            self._environment,
        )

    def log_in(self, user: str, password: str, cache: Path) -> None:
        """Get a ticket for a user into a cache, as people do in the morning."""
        self._run("kinit", "-c", str(cache), user, text=password + "\n")

    def _run(self, program: str, *arguments: str, text: str = "") -> None:
        subprocess.run(
            [self._programs[program], *arguments],
            input=text.encode(),
            env=os.environ | self._environment,
            capture_output=True,
            check=True,
        )

    def stop(self) -> None:
        if self._daemon is not None:
            self._daemon.stop()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
