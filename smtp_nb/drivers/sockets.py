"""Address lookup and socket options, shared by both socket drivers."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
import struct
import sys
from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from smtp_nb.drivers.os_errors import os_error, os_error_code, os_error_words
from smtp_nb.errors import ConnectFailed
from smtp_nb.flows.intents import Open, Peer, Resolve, SocketOptions

if TYPE_CHECKING:
    from asyncio.trsock import TransportSocket

FAMILIES = {
    0: (socket.AF_INET,),
    1: (socket.AF_INET6,),
    2: (socket.AF_INET6, socket.AF_INET),
}
_NULL_ADDRESSES = frozenset({"0.0.0.0", "::"})
# macOS calls the first one otherwise; a system without them keeps its own times.
_KEEP_IDLE = getattr(socket, "TCP_KEEPIDLE", getattr(socket, "TCP_KEEPALIVE", None))
_KEEP_INTERVAL = getattr(socket, "TCP_KEEPINTVL", None)
_OUR_END = {
    10013: "Ports below 1024 need privileges: choose another LocalPort, or 0 for any free one",
    10048: "The port is in use: choose another LocalPort, or 0 for any free one",
    10049: "Set local_host to an address of this machine, or leave it empty",
    11001: "Set local_host to an address of this machine, or leave it empty",
}
# (family, address as the socket module takes it)
Target = tuple[int, Any]


def literal_target(host: str, port: int) -> Target | None:
    """Return the target for an address literal, which needs no name server; None for a name."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if address.is_unspecified:
        raise _null_address(host)
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    return family, socket.getaddrinfo(host.strip("[]"), port, family, socket.SOCK_STREAM)[0][4]


def targets(found: Sequence[Any], use_ipv6: int) -> list[Target]:
    """Return what getaddrinfo found, in the order of `UseIPv6`, without other families.

    Two families alternate, so that one that leads nowhere delays the other only once (RFC 8305
    section 4).
    """
    wanted = FAMILIES[use_ipv6]
    rows = list(dict.fromkeys((row[0], row[4]) for row in found if row[0] in wanted))
    if any(address[0] in _NULL_ADDRESSES for _, address in rows):
        raise _null_address("the name")
    by_family = [[row for row in rows if row[0] == family] for family in wanted]
    return [row for turn in zip_longest(*by_family) for row in turn if row is not None]


def known_targets(intent: Open | Resolve) -> list[Target] | None:
    """Return the targets that need no name server; None for a name."""
    if isinstance(intent, Open) and intent.addresses:
        found = [literal_target(address, intent.port) for address in intent.addresses]
        return [target for target in found if target is not None]
    literal = literal_target(intent.host, intent.port)
    return None if literal is None else [literal]


def address_of(target: Target) -> str:
    """Return the address alone, as text."""
    _, address = target
    scope = address[3] if len(address) > 3 else 0
    text = str(address[0])
    return f"{text}%{scope}" if scope and "%" not in text else text


def addresses(found: Sequence[Target], intent: Resolve) -> list[str]:
    """Return the addresses of targets, as text.

    Raises:
        ConnectFailed: there are none.
    """
    if not found:
        raise no_address(intent)
    return [str(address[0]) for _, address in found]


def _null_address(host: str) -> ConnectFailed:
    """Return the error for 0.0.0.0 and ::, which some systems take for this machine."""
    return ConnectFailed(
        f"{host} is the null address", code=102, remedy="Give the server's own address"
    )


class NotBound(OSError):
    """The local end cannot be bound as requested; the cause says why."""

    def __init__(self, error: OSError) -> None:
        super().__init__(*error.args)
        self.error = error


def new_socket(family: int, options: SocketOptions) -> socket.socket:
    """Return a non-blocking socket with its options set, bound as requested.

    Raises:
        NotBound: it cannot be bound there.
        OSError: the socket cannot be created.
    """
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, options.tcp_no_delay)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, options.keep_alive)
        for level, option, size in (
            (socket.SOL_SOCKET, socket.SO_RCVBUF, options.in_buffer_size),
            (socket.SOL_SOCKET, socket.SO_SNDBUF, options.out_buffer_size),
            (socket.IPPROTO_TCP, _KEEP_IDLE, options.keep_alive_s),
            (socket.IPPROTO_TCP, _KEEP_INTERVAL, options.keep_alive_interval_s),
        ):
            if size and option is not None:
                sock.setsockopt(level, option, size)
        if not options.linger or options.linger_s:
            _set_linger(sock, options.linger_s if options.linger else 0)
        if options.local_host or options.local_port:
            _bind(sock, options)
    except OSError:
        sock.close()
        raise
    return sock


def _bind(sock: socket.socket, options: SocketOptions) -> None:
    try:
        if options.local_port and os.name == "posix":
            # Attempts at several addresses share the port; a port with a listener stays taken.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((options.local_host, options.local_port))
    except OSError as error:
        raise NotBound(error) from error


def reset_on_close(sock: socket.socket | TransportSocket) -> None:
    """Make its close reset the connection: what is still in the system's buffer must not arrive."""
    with contextlib.suppress(OSError):
        _set_linger(sock, 0)


def _set_linger(sock: socket.socket | TransportSocket, seconds: int) -> None:
    """Set how long a close may last; 0 resets the connection."""
    # Two C ints by POSIX, two unsigned shorts in Winsock.
    packed = (
        struct.pack("HH", 1, min(seconds, 0xFFFF))
        if sys.platform == "win32"
        else struct.pack("ii", 1, seconds)
    )
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, packed)


def peer_of(sock: socket.socket) -> Peer:
    """Return both ends of a connected socket.

    Raises:
        ConnectionResetError: the peer reset the connection already; the system says 'not
            connected'.
    """
    try:
        remote, local = sock.getpeername(), sock.getsockname()
    except OSError as error:
        raise os_error(errno.ECONNRESET) from error
    return Peer(remote[0], remote[1], local[0], local[1])


def connect_failed(intent: Open | Resolve, error: OSError, story: str = "") -> ConnectFailed:
    """Return the error for a failed connection.

    Args:
        error: what the system reported for the last address tried.
        story: what became of each address.
    """
    if isinstance(error, NotBound):
        return _not_bound(intent.options, error.error)
    made = ConnectFailed(
        f"could not connect to {intent.host} port {intent.port}: {story or os_error_words(error)}",
        code=os_error_code(error),
        remedy="Check the server's name and port; many networks block 25, 465 and 587",
    )
    made.__cause__ = error
    return made


def _not_bound(options: SocketOptions, error: OSError) -> ConnectFailed:
    """Return the error for our own end: the server has no part in it."""
    host, port = options.local_host, options.local_port
    names = [f"local_host {host!r}"] * bool(host) + [f"LocalPort {port}"] * bool(port)
    made = ConnectFailed(
        f"could not bind the connection to {' and '.join(names)}: {os_error_words(error)}",
        code=os_error_code(error),
        remedy=_OUR_END.get(os_error_code(error), "Check local_host and LocalPort"),
    )
    made.__cause__ = error
    return made


def no_address(intent: Open | Resolve) -> ConnectFailed:
    """Return the error for a name whose addresses are of the wrong family."""
    return ConnectFailed(
        f"{intent.host} has no address of the requested family",
        code=11004,
        remedy="Allow both with config('UseIPv6=2')",
    )
