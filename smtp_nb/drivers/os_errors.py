"""Numbers and words for errors of the operating system and of the resolver."""

from __future__ import annotations

import errno
import os
import socket
from types import ModuleType

from smtp_nb.errors import WINSOCK

# Names that Winsock does not know, or has another for.
_NEAREST = {"EAGAIN": 10035, "EPERM": 10013, "EPIPE": 10053, "ENFILE": 10024}
_NEAREST |= {"EAI_ADDRFAMILY": 10047, "EAI_FAMILY": 10047}
# What Windows says of overlapped calls, which are asyncio's: ERROR_NETNAME_DELETED, SEM_TIMEOUT,
# CONNECTION_REFUSED, GRACEFUL_DISCONNECT, NETWORK_ and HOST_UNREACHABLE, CONNECTION_ABORTED.
_WIN32 = {64: 10054, 121: 10060, 1225: 10061, 1226: 10053, 1231: 10051, 1232: 10065, 1236: 10053}


def _numbers(module: ModuleType, prefix: str) -> dict[int, int]:
    """This system's numbers for the names that IPWorks has numbers for."""
    names = {name: code for code, (name, _) in WINSOCK.items()} | _NEAREST
    return {
        getattr(module, name): code
        for name, code in names.items()
        if name.startswith(prefix) and hasattr(module, name)
    }


def os_error_code(error: OSError) -> int:
    """IPWorks' number for an error of the operating system or of the resolver.

    162 ('error communicating with server') where IPWorks has no closer number.
    """
    number = _number(error)
    if number is None:
        return 162
    if number in WINSOCK:  # on Windows these are the numbers themselves
        return number
    if isinstance(error, socket.gaierror):
        return _numbers(socket, "EAI_").get(number, 11003)
    return _numbers(errno, "E").get(number, 162)


def os_error_words(error: OSError) -> str:
    """What happened, in words, in lower case.

    The C library's `strerror` has words for its own numbers only: for those of Winsock it says
    "Unknown error", and Windows' resolver says "getaddrinfo failed" of everything. asyncio puts
    words of its own in the place of the system's, with the address.
    """
    number = _number(error)
    if number in WINSOCK:
        return WINSOCK[number][1]
    if number and not isinstance(error, socket.gaierror):
        return os.strerror(number).lower()
    return (error.strerror or str(error)).lower()


def os_error(number: int) -> OSError:
    """The exception for an error number that the system returned, with words on each platform."""
    return OSError(number, os_error_words(OSError(number, "")))


def _number(error: OSError) -> int | None:
    return _WIN32.get(getattr(error, "winerror", None) or 0, error.errno)
