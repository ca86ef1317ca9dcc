"""Real proxies from Debian: microsocks and Dante speak SOCKS, tinyproxy speaks HTTP CONNECT.

All listen on ports of their own and let everybody of this machine through to this machine.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from servers.daemon import free_ports, listens, wait_until

PROGRAMS = ("microsocks", "danted", "tinyproxy")
USER, PASSWORD = "puser", "pass word:é"
"""The login that some of them want; a space and a colon have gone wrong before."""
TINYPROXY_PASSWORD = "passw0rd"
"""Its settings take no more than letters and digits."""

DANTE = """\
logoutput: stderr
internal: 127.0.0.1 port = {port}
external: 127.0.0.1
socksmethod: none
clientmethod: none
user.privileged: root
user.unprivileged: nobody
client pass {{
  from: 127.0.0.0/8 to: 0.0.0.0/0
}}
socks block {{
  from: 127.0.0.0/8 to: 127.0.0.1/32 port = 1
  proxyprotocol: socks_v4 socks_v5
}}
socks pass {{
  from: 127.0.0.0/8 to: 0.0.0.0/0
  proxyprotocol: socks_v4 socks_v5
}}
"""

TINYPROXY = """\
Port {port}
Listen 127.0.0.1
Timeout 20
MaxClients 20
{login}
"""


@dataclass(frozen=True)
class Proxies:
    """The ports of the running proxies.

    Attributes:
        microsocks_login, tinyproxy_login: want a login.
    """

    microsocks: int
    microsocks_login: int
    dante: int
    tinyproxy: int
    tinyproxy_login: int


@contextmanager
def running_proxies(directory: Path, programs: dict[str, str]) -> Iterator[Proxies]:
    """Start all of them, and end them in the end."""
    directory.mkdir()
    proxies = Proxies(*free_ports(5))
    files = {
        "dante": DANTE.format(port=proxies.dante),
        "tiny": TINYPROXY.format(port=proxies.tinyproxy, login=""),
        "tiny-login": TINYPROXY.format(
            port=proxies.tinyproxy_login, login=f"BasicAuth {USER} {TINYPROXY_PASSWORD}"
        ),
    }
    for name, text in files.items():
        (directory / name).write_text(text)
    socks = [programs["microsocks"], "-i", "127.0.0.1", "-p"]
    commands = {
        proxies.microsocks: [*socks, str(proxies.microsocks)],
        proxies.microsocks_login: [
            *socks, str(proxies.microsocks_login), "-u", USER, "-P", PASSWORD
        ],
        proxies.dante: [programs["danted"], "-N", "1", "-f", str(directory / "dante")],
        proxies.tinyproxy: [programs["tinyproxy"], "-d", "-c", str(directory / "tiny")],
        proxies.tinyproxy_login: [programs["tinyproxy"], "-d", "-c", str(directory / "tiny-login")],
    }  # fmt: skip
    log = directory / "log"
    with log.open("wb") as output:
        started = [_start(command, output) for command in commands.values()]
    try:
        for port in commands:
            wait_until(lambda port=port: listens(port), f"no proxy listens on {port}", log)
        yield proxies
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(30)


def _start(command: list[str], output: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
    )
