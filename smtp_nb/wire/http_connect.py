"""A tunnel through an HTTP proxy (RFC 9110 section 9.3.6): the handshake as octets in and out.

SMTP servers speak first, so their banner often rides in one packet with the proxy's answer. What
comes behind the answer is kept and given back as `rest`.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING

from smtp_nb.errors import FirewallError
from smtp_nb.model.address import refuse_controls
from smtp_nb.model.secret import Secret

if TYPE_CHECKING:
    import h11

MAX_ANSWER = 64 * 1024


class HttpConnect:
    """One CONNECT.

    Args:
        mask: takes secrets out of what an error message shows.

    Attributes:
        is_done: the tunnel stands.
        rest: octets of the server that came behind the proxy's answer.

    Raises:
        InjectionError: host, user or password hold a control character.
    """

    def __init__(
        self,
        host: str,
        port: int,
        user: str = "",
        password: Secret | None = None,
        mask: Callable[[str], str] = str,
    ) -> None:
        import h11

        self._mask = mask

        refuse_controls(host, "The server's name")
        self._target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._credentials = _basic(user, password) if user else None
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_ANSWER)
        self.is_done = False
        self.rest = b""

    def request(self) -> bytes:
        """The octets of the request."""
        import h11

        headers = [("Host", self._target)]
        if self._credentials:
            headers.append(("Proxy-Authorization", self._credentials.reveal()))
        request = h11.Request(method="CONNECT", target=self._target, headers=headers)
        octets: bytes = self._connection.send(request)
        return octets + (self._connection.send(h11.EndOfMessage()) or b"")

    def receive(self, data: bytes) -> None:
        """Take octets of the proxy in; b"" when it has closed the line.

        Raises:
            FirewallError: it refused, closed the line or does not speak HTTP.
        """
        import h11

        if not data:
            raise FirewallError("the proxy closed the line before it answered")
        try:
            self._connection.receive_data(data)
            event = self._connection.next_event()
            while isinstance(event, h11.InformationalResponse):
                event = self._connection.next_event()
        except h11.RemoteProtocolError as error:
            words = self._mask(str(error))
            raise FirewallError(
                f"the proxy does not answer in HTTP: {words}", remedy="Check its type and port"
            ) from None  # h11 quotes what it read, and proxies echo what they were told
        if isinstance(event, h11.Response):
            self._judge(event)

    def _judge(self, response: h11.Response) -> None:
        if not 200 <= response.status_code < 300:
            words = response.reason.decode("ascii", "backslashreplace")
            raise FirewallError(
                f"the proxy answered {response.status_code} {self._mask(words)}".rstrip(),
                remedy=_REMEDIES.get(response.status_code, "Ask who runs the proxy"),
            )
        self.is_done = True
        self.rest = self._connection.trailing_data[0]


_REMEDIES = {
    403: "It may allow only some ports; ask who runs it",
    405: "It does not tunnel; use another type of firewall",
    407: "Set firewall.user and firewall.password",
    502: "It cannot reach the mail server",
    503: "It cannot reach the mail server",
    504: "It cannot reach the mail server",
}


def _basic(user: str, password: Secret | None) -> Secret:
    """Basic credentials (RFC 7617): no colon in the user's name, no control characters."""
    given = password.reveal() if password else ""
    refuse_controls(user, "The proxy's user name")
    refuse_controls(given, "The proxy's password")
    joined = f"{user}:{given}".encode()
    return Secret("Basic " + base64.b64encode(joined).decode("ascii"))
