"""The names and addresses by which clients may reach a sandbox."""

from __future__ import annotations

import ipaddress
import re
import socket
from contextlib import suppress

from smtp_nb import ambient

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""What stands for all addresses of this machine, and the one by which this machine reaches
itself."""


def is_loopback(host: str) -> bool:
    """True for an address of this machine that no other can reach."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def certificate_names(hostname: str, host: str) -> tuple[str, ...]:
    """What a certificate has to name for a server that is called `hostname` and listens at
    `host`."""
    names = [hostname, "localhost", "127.0.0.1", "::1"]
    if host not in ANYWHERE:
        names.append(host)
    if not is_loopback(host):
        names += _of_this_machine()
    return tuple(dict.fromkeys(names))


def _of_this_machine() -> list[str]:
    """Its name, if that can stand in a certificate, and its addresses."""
    name = ambient.host_name()
    names = [name] if re.fullmatch(r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*", name) else []
    with suppress(OSError):
        for *_, address in socket.getaddrinfo(name, None):
            names.append(str(address[0]).partition("%")[0])
    return names
