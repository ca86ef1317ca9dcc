"""The sandbox's options, checked and converted."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from smtp_nb.errors import InputError, StateError
from smtp_nb.model.doors.typed import typed_arguments
from smtp_nb.model.known import known_attributes
from smtp_nb.protocol.server.policy import EXTENSIONS, ON_REQUEST
from smtp_nb.sandbox.faults.catalogue import make
from smtp_nb.sandbox.faults.table import FaultTable
from smtp_nb.sandbox.virtual_clock import VirtualClock
from smtp_nb.sasl.server.server import SERVICES

TLS = Literal["starttls", "implicit"]
# "lenient" takes bare line feeds for line ends, as servers do to which mail can be smuggled, and
# "careless" lets them pass as they come, as servers do through which it can.
Manner = Literal["strict", "careless", "lenient"]


@known_attributes()
@typed_arguments
@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on what clients may use; 0 for no limit.

    Attributes:
        connections: at a time; a further one is answered with 421 and closed.
        logins: failed logins on one connection; the last one is answered with 421.
        idle_s: seconds without a byte before the client gets 421; RFC 5321 section 4.5.3.2.7
            asks for five minutes at least. It may take up to twice as long.
        messages, octets: messages kept, and their bytes; MAIL is then answered with 452 until
            `clear()`.
        sessions: sessions kept; the oldest of those that have ended are forgotten.
    """

    connections: int = 200
    logins: int = 10
    idle_s: float = 300.0
    messages: int = 10_000
    octets: int = 256 * 1024 * 1024
    sessions: int = 1_000


NO_LIMITS = Limits(0, 0, 0.0, 0, 0, 0)


def check_choices(tls: str | None, manner: str) -> None:
    """Refuse a kind of TLS or a manner that does not exist."""
    if tls not in (None, "starttls", "implicit"):
        raise InputError(f"tls={tls!r} is unknown", remedy='Use None, "starttls" or "implicit"')
    if manner not in get_args(Manner):
        known = ", ".join(get_args(Manner))
        raise InputError(f"manner={manner!r} is unknown", remedy=f"Choose from {known}")


def address(host: str, allow_remote: bool) -> str:
    """The address to listen at, checked."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not (is_loopback or allow_remote):
        raise InputError(
            f"others could reach a sandbox at {host!r}",
            remedy="Listen at 127.0.0.1, or say allow_remote=True",
        )
    if host in ("", "*"):
        raise InputError(
            f"host={host!r} is not an address", remedy="0.0.0.0 stands for all of this machine"
        )
    return host


_LATENCY = re.compile(r"([0-9]+(?:\.[0-9]+)?) *(ms|s|)\Z")


def seconds(latency: float | str) -> float:
    """A latency in seconds."""
    match = _LATENCY.match(str(latency))
    if match is None:
        raise InputError(
            f"latency={latency!r} is not a duration", remedy='Give seconds, or text such as "20ms"'
        )
    return float(match[1]) / (1000 if match[2] == "ms" else 1)


def refusing(recipients: tuple[str, ...]) -> FaultTable:
    """Faults to begin with: mail to these is refused."""
    return FaultTable([make("refuse", {"recipient": recipients})] if recipients else [])


def mechanisms(names: Iterable[str], client_ca: str | Path | None) -> tuple[str, ...]:
    """The logins to offer, checked."""
    asked = [name.upper() for name in names]
    if client_ca:
        asked += [name for name, served in SERVICES.items() if served.by_certificate]
    if unknown := set(asked).difference(SERVICES):
        raise InputError(
            f"unknown login mechanism {', '.join(sorted(unknown))}",
            remedy=f"Choose from {', '.join(SERVICES)}",
        )
    return tuple(dict.fromkeys(asked))


def extensions(without: Iterable[str], also: Iterable[str], tls: TLS | None) -> tuple[str, ...]:
    """The keywords to offer, in the order of the reply to EHLO."""
    hidden, added = keywords(without, EXTENSIONS), keywords(also, ON_REQUEST)
    if tls != "starttls":
        hidden.add("STARTTLS")
    return tuple(name for name in (*EXTENSIONS, *sorted(added)) if name not in hidden)


def keywords(names: Iterable[str], known: Collection[str]) -> set[str]:
    """Keywords in capitals, checked."""
    found = {name.upper() for name in ((names,) if isinstance(names, str) else names)}
    if unknown := found.difference(known):
        raise InputError(
            f"unknown extension {', '.join(sorted(unknown))}",
            remedy=f"Choose from {', '.join(known)}",
        )
    return found


def greeting(text: str) -> str:
    """Text for the first line, in printable ASCII."""
    if not (0 < len(text) <= 400 and text.isascii() and text.isprintable()):
        raise InputError(
            f"greeting={text[:60]!r} does not fit into a reply",
            remedy="Use at most 400 printable ASCII characters",
        )
    return text


def virtual(clock: VirtualClock | None) -> VirtualClock:
    """The clock of an inline sandbox; others have the machine's, which does not obey."""
    if clock is None:
        raise StateError(
            "only an inline sandbox has a clock of its own", remedy="SandboxServer(inline=True)"
        )
    return clock
