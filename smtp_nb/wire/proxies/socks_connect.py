"""SOCKS: the handshake of PySocks as bytes in and out.

PySocks expects a socket and blocks on it, with time-outs that restart at every byte. Here it gets a
tape instead. The tape holds what the proxy has sent so far and records what PySocks writes; when
PySocks wants to read more than there is, it is stopped. With more bytes it starts again from the
beginning: a handshake depends on nothing but what was received, so it repeats itself, and only what
it adds has to be sent. So one engine serves every driver, under the deadlines and interrupts of all
other reads, and what follows the proxy's reply is kept.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import Any

import socks  # type: ignore[import-untyped]  # it has no types, nor has typeshed

from smtp_nb.errors import AddressError, FirewallError, InputError
from smtp_nb.model.address import refuse_controls
from smtp_nb.model.enums import FirewallType
from smtp_nb.model.secret import Secret

# PySocks writes a length as a character in UTF-8, which is one byte only up to here.
MAX_FIELD = 127
_KINDS = {
    FirewallType.SOCKS4: socks.SOCKS4,
    FirewallType.SOCKS4A: socks.SOCKS4,
    FirewallType.SOCKS5: socks.SOCKS5,
}


class SocksConnect:
    """One handshake.

    Args:
        kind: SOCKS4, SOCKS4A or SOCKS5.
        host: the server's address, or its name, which the proxy then looks up.
        user, password: a login of SOCKS5 (RFC 1929); SOCKS4 has only the user.

    Attributes:
        is_done: the tunnel is established.
        rest: bytes of the server that followed the proxy's reply.

    Raises:
        InjectionError: host, user or password hold a control character.
        InputError: one of them is too long, or this type of proxy does not support it.
    """

    def __init__(
        self,
        kind: FirewallType,
        host: str,
        port: int,
        user: str = "",
        password: Secret | None = None,
    ) -> None:
        login = (user, password.reveal() if password else "")
        for value, what in zip((host, *login), _FIELDS, strict=True):
            refuse_controls(value, what)
            if len(value.encode()) > MAX_FIELD:
                raise InputError(
                    f"{what} is longer than {MAX_FIELD} bytes, the limit for SOCKS",
                    remedy="Use a shorter one, or an HTTP proxy (TUNNEL)",
                )
        _refuse_what_it_cannot_say(kind, host, bool(user), bool(login[1]))
        self._kind = _KINDS[kind]
        self._target = (host, port)
        self._user, self._password = user, Secret(login[1])
        self._heard = b""
        self._told = 0
        self._outgoing = b""
        self.is_done = False
        self.rest = b""
        self._play()

    def outgoing(self) -> bytes:
        """Return what to send to the proxy now."""
        octets, self._outgoing = self._outgoing, b""
        return octets

    def receive(self, data: bytes) -> None:
        """Take in bytes from the proxy; b"" when it has closed the connection.

        Raises:
            FirewallError: it refused, closed the connection or does not speak SOCKS.
        """
        if not data:
            raise FirewallError("the proxy closed the connection before it answered")
        self._heard += data
        self._play()

    def _play(self) -> None:
        with _Tape(self._heard) as tape:
            tape.set_proxy(self._kind, "", 0, username=self._user, password=self._password.reveal())
            try:
                tape.connect(self._target, catch_errors=True)  # they pass unchanged then
                self.is_done, self.rest = True, tape.rest
            except _MoreWanted:
                pass
            except socks.ProxyError as error:
                raise _refusal(error) from None  # its frames hold the password
        self._outgoing += bytes(tape.said[self._told :])
        self._told = len(tape.said)


_FIELDS = ("the server's name", "the proxy's user name", "the proxy's password")


def _refuse_what_it_cannot_say(
    kind: FirewallType, host: str, has_user: bool, has_password: bool
) -> None:
    labels = host.removesuffix(".").split(".")
    if not host.isascii() or not all(0 < len(label) < 64 for label in labels):
        raise AddressError(f"{host!r} is not a name to look up", remedy="Check mail_server")
    if kind is FirewallType.SOCKS5:
        if has_user and not has_password:
            raise InputError(
                "a login of SOCKS5 needs a password (RFC 1929)", remedy="Set firewall.password"
            )
    elif ":" in host:
        raise InputError(
            f"{kind.name} cannot reach an IPv6 address", remedy="Use SOCKS5, or config('UseIPv6=0')"
        )


def _refusal(error: Exception) -> FirewallError:
    """Return PySocks' verdict on the proxy's reply as our error."""
    if isinstance(error, socks.SOCKS5AuthError):
        remedy = "Set firewall.user and firewall.password"
    elif isinstance(error, (socks.SOCKS5Error, socks.SOCKS4Error)):
        remedy = "Check the server's name and port, and what the proxy allows"
    else:
        remedy = "Check its type and port"
    return FirewallError(f"the proxy refused: {error}", remedy=remedy)


class _MoreWanted(Exception):
    """The tape is at its end."""


class _Deaf(socket.socket):
    """A socket that connects to nothing."""

    def connect(self, address: Any, **_: object) -> None:
        """PySocks overrides it, and calls this one for the connection to the proxy."""


class _Tape(socks.socksocket, _Deaf):  # type: ignore[misc]  # its base has no types
    """PySocks' socket with a tape in place of the connection; `_Deaf` replaces its base class."""

    def __init__(self, heard: bytes) -> None:
        super().__init__()
        self.rest = heard
        self.said = bytearray()

    def makefile(self, *_: object) -> _Reel:  # type: ignore[override]  # PySocks needs no more
        """What PySocks reads from and writes to."""
        return _Reel(self)


@dataclass
class _Reel:
    """The file that PySocks sees."""

    tape: Any = field(repr=False)  # may hold a password

    def read(self, size: int) -> bytes:
        octets, self.tape.rest = self.tape.rest[:size], self.tape.rest[size:]
        if not octets:
            raise _MoreWanted
        return bytes(octets)

    def write(self, octets: bytes) -> None:
        self.tape.said += octets

    def flush(self) -> None:
        """All of it is recorded at once."""

    close = flush
