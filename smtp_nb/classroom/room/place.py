"""Where a class's server listens."""

from __future__ import annotations

import ipaddress
import socket

from smtp_nb import ambient
from smtp_nb.errors import InputError, StateError
from smtp_nb.sandbox.names import ANYWHERE, is_loopback

PORT = 2525
_ELSEWHERE = "192.0.2.1", 9
"""An address of RFC 5737, reserved for documentation."""


def address_of(host: str) -> str:
    """The address for `host=`: "lan" is the one under which others on the network reach us.

    Raises:
        InputError: it is no address, or stands for all of them.
        StateError: "lan", and the machine has only loopback.
    """
    if host == "lan":
        return _lan_address()
    host = "127.0.0.1" if host == "localhost" else host
    try:
        ipaddress.ip_address(host)
    except ValueError:
        is_address = False
    else:
        is_address = host not in ANYWHERE
    if not is_address:
        raise InputError(
            f"host={host!r} is not one address, which a join code needs",
            remedy='Give "127.0.0.1", "lan", or the address under which the class reaches you',
        )
    return host


def _lan_address() -> str:
    """Of the interface that leads out. A UDP socket learns it from the routes and sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
            address = str(probe.getsockname()[0])
        except OSError:
            address = _named_address()
    if is_loopback(address):
        raise StateError(
            "this machine has no address that others can reach",
            remedy="Connect it to the class's network, or name its address yourself",
        )
    return address


def _named_address() -> str:
    try:
        return socket.gethostbyname(ambient.host_name())
    except OSError:
        return "127.0.0.1"


def free_port(host: str) -> int:
    """2525, or 0 for any free one if that is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, PORT), family=family).close()
    except OSError:
        return 0
    return PORT
