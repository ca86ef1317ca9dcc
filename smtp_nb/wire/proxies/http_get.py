"""HTTP GET over HTTP/1.1 (RFC 9112), as bytes in and out, for public revocation lists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from smtp_nb.errors import InputError, LinkError

if TYPE_CHECKING:
    import h11

MAX_HEAD = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PRINTABLE = re.compile(r"[!-~]+\Z")


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a URL: host, port, and the target of the request."""

    host: str
    port: int
    target: str
    text: str


def parse_url(text: str) -> Url:
    """Read an `http` URL without a login.

    Raises:
        InputError: it is not one.
    """
    try:
        parts = urlsplit(text) if _PRINTABLE.match(text) else None
        port = parts.port if parts else None
    except ValueError:
        parts = port = None
    if not parts or parts.scheme.lower() != "http" or not parts.hostname or parts.username:
        raise InputError(f"{text[:200]!a} is not a URL that can be fetched by HTTP")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Url(parts.hostname, port or 80, target, text)


class HttpGet:
    """One request and its answer.

    Args:
        most: the most bytes of content to accept.

    Attributes:
        is_done: the answer is complete.
        body: its content.
        location: the URL to try instead; empty unless it is a redirect.
    """

    def __init__(self, url: Url, most: int) -> None:
        import h11

        self._url, self._most = url, most
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        self.is_done = False
        self.body = b""
        self.location = ""
        self._pieces: list[bytes] = []
        self._size = 0

    def request(self) -> bytes:
        """Return the bytes of the request."""
        import h11

        host = f"[{self._url.host}]" if ":" in self._url.host else self._url.host
        fields = [
            ("Host", host if self._url.port == 80 else f"{host}:{self._url.port}"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ]
        request = h11.Request(method="GET", target=self._url.target, headers=fields)
        octets: bytes = self._connection.send(request)
        return octets + (self._connection.send(h11.EndOfMessage()) or b"")

    def receive(self, data: bytes) -> None:
        """Take in bytes from the server; b"" when it has closed the connection.

        Raises:
            LinkError: it refused, hung up, sends too much or does not speak HTTP.
        """
        import h11

        try:
            self._connection.receive_data(data)
            while not self.is_done:
                event = self._connection.next_event()
                if event is h11.NEED_DATA:
                    return
                self._take(event)
        except h11.RemoteProtocolError as error:
            raise LinkError("its server hung up, or does not speak HTTP") from error

    # The events of h11 have no public base class.
    def _take(self, event: object) -> None:
        import h11

        if isinstance(event, h11.Response):
            self._judge(event)
        elif isinstance(event, h11.Data):
            self._size += len(event.data)
            if self._size > self._most:
                raise LinkError(f"it is larger than {self._most} bytes")
            self._pieces.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            self.body = b"".join(self._pieces)
            self.is_done = True

    def _judge(self, response: h11.Response) -> None:
        fields = dict(response.headers)
        if response.status_code in _REDIRECTS:
            there = fields.get(b"location", b"").decode("ascii", "replace")
            self.location = urljoin(self._url.text, there)
            self.is_done = True
        elif response.status_code != 200:
            raise LinkError(f"its server replied {response.status_code}")
        elif fields.get(b"content-encoding", b"identity").lower() != b"identity":
            raise LinkError("its server sent it in an encoding that was not requested")
