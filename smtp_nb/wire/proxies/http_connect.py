"""HTTP CONNECT (RFC 9110 section 9.3.6): the handshake with a proxy as bytes in and out.

SMTP servers speak first, so their banner often arrives in one packet with the proxy's reply. What
follows the reply is kept and returned as `rest`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from smtp_nb.errors import FirewallError, InjectionError, InputError
from smtp_nb.model.address import CONTROLS, refuse_controls
from smtp_nb.model.secret import Secret

if TYPE_CHECKING:
    import h11

MAX_ANSWER = 64 * 1024
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
# They decide where a request ends, or which host it is for.
_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "upgrade"})
_LOGIN = "proxy-authorization"


class HttpConnect:
    """One CONNECT.

    Args:
        data: further header fields, one on a line.
        mask: removes secrets from what an error message shows.

    Attributes:
        is_done: the tunnel is established.
        rest: bytes of the server that followed the proxy's reply.

    Raises:
        InjectionError: host, user, password or a field hold a control character.
        InputError: the user's name or a field cannot be sent.
    """

    def __init__(
        self,
        host: str,
        port: int,
        user: str = "",
        password: Secret | None = None,
        data: Secret | None = None,
        mask: Callable[[str], str] = str,
    ) -> None:
        import h11

        self._mask = mask

        refuse_controls(host, "the server's name")
        self._target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._fields = header_fields(data) if data else []
        if user:
            self._log_in(user, password)
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_ANSWER)
        self.is_done = False
        self.rest = b""
        self._is_asked = False
        self._octets = 0

    def _log_in(self, user: str, password: Secret | None) -> None:
        if any(name.lower() == _LOGIN for name, _ in self._fields):
            raise InputError(
                "FirewallData and firewall.user both log in at the proxy",
                remedy="Leave one of them empty",
            )
        self._fields.append(("Proxy-Authorization", _basic(user, password)))

    def outgoing(self) -> bytes:
        """Return what to send to the proxy now: the request, once."""
        import h11

        if self._is_asked:
            return b""
        self._is_asked = True
        fields = [(name.encode(), value.reveal().encode()) for name, value in self._fields]
        headers = [(b"Host", self._target.encode()), *fields]
        request = h11.Request(method="CONNECT", target=self._target, headers=headers)
        octets: bytes = self._connection.send(request)
        return octets + (self._connection.send(h11.EndOfMessage()) or b"")

    def receive(self, data: bytes) -> None:
        """Take in bytes from the proxy; b"" when it has closed the connection.

        Raises:
            FirewallError: it refused, closed the connection or does not speak HTTP.
        """
        import h11

        if not data:
            raise FirewallError("the proxy closed the connection before it answered")
        try:
            self._connection.receive_data(data)
            event = self._connection.next_event()
            while isinstance(event, h11.InformationalResponse):
                event = self._connection.next_event()
        except h11.RemoteProtocolError as error:
            words = self._mask(str(error))
            raise FirewallError(
                f"the proxy does not answer in HTTP: {words}", remedy="Check its type and port"
            ) from None  # h11 quotes what it read, and proxies echo what they were sent
        self._octets += len(data)
        if isinstance(event, h11.Response):
            self._judge(event)
        elif self._octets > MAX_ANSWER:
            raise FirewallError("the proxy's reply has no end")

    def _judge(self, response: h11.Response) -> None:
        if not 200 <= response.status_code < 300:
            words = response.reason.decode("ascii", "backslashreplace")
            raise FirewallError(
                f"the proxy answered {response.status_code} {self._mask(words)}".rstrip(),
                remedy=_REMEDIES.get(response.status_code, "Ask the proxy's operator"),
            )
        self.is_done = True
        self.rest = self._connection.trailing_data[0]


_REMEDIES = {
    403: "It may allow only some ports; ask the proxy's operator",
    405: "It does not support CONNECT; use another firewall type",
    407: "Set firewall.user and firewall.password",
    502: "Check the server's name and port: the proxy cannot reach it",
    503: "Check the server's name and port: the proxy cannot reach it",
    504: "Check the server's name and port: the proxy cannot reach it",
}


def _basic(user: str, password: Secret | None) -> Secret:
    """Basic credentials (RFC 7617): no colon in the user's name, no control characters."""
    given = password.reveal() if password else ""
    refuse_controls(user, "the proxy's user name")
    refuse_controls(given, "the proxy's password")
    if ":" in user:
        raise InputError(
            "the proxy's user name holds a colon, which would begin the password (RFC 7617)",
            remedy="Remove it from firewall.user",
        )
    joined = f"{user}:{given}".encode()
    return Secret("Basic " + base64.b64encode(joined).decode("ascii"))


def header_fields(data: Secret) -> list[tuple[str, Secret]]:
    """Return further fields for the proxy, from one on each line, as names and values.

    Raises:
        InjectionError: a name or value holds what would end it early.
        InputError: a line is not a field, or one that smtp_nb sets. No value is shown.
    """
    lines = (line for line in re.split(r"\r?\n", data.reveal()) if line)
    return [_field(number, *line.partition(":")) for number, line in enumerate(lines, 1)]


def _field(number: int, name: str, colon: str, value: str) -> tuple[str, Secret]:
    where = f"line {number} of FirewallData"
    if not colon or not _TOKEN.match(name):
        raise InputError(f"{where} is not a header field", remedy="Write it as Name: value")
    if name.lower() in _OURS:
        raise InputError(f"{where} sets {name}, which smtp_nb sets itself", remedy="Remove it")
    if CONTROLS.search(value.replace("\t", " ")):
        raise InjectionError(f"{where} holds a control character", remedy="Remove it")
    return name, Secret(value.strip(" \t"))
