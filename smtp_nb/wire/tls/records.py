"""TLS records from outside: kind, version and length, never their encrypted content."""

from __future__ import annotations

from collections.abc import Iterator

HEADER = 5
HANDSHAKE = 22
SERVER_KEY_EXCHANGE = 12
_KINDS = {20: "change cipher spec", 21: "alert", HANDSHAKE: "handshake", 23: "application data"}
_VERSIONS = {0x0300: "SSL 3", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2"}


class RecordLog:
    """Reports each record of one direction, however its bytes are split.

    Args:
        who: begins each line: `sent` or `received`.
    """

    def __init__(self, who: str) -> None:
        self._who = who
        self._head = b""
        self._skip = 0

    def feed(self, raw: bytes) -> Iterator[str]:
        """Return a line for each record that begins in these bytes."""
        while raw:
            skipped = min(self._skip, len(raw))
            self._skip -= skipped
            wanted = HEADER - len(self._head)
            self._head += raw[skipped : skipped + wanted]
            raw = raw[skipped + wanted :]
            if len(self._head) == HEADER:
                yield self._told()

    def _told(self) -> str:
        kind, version = self._head[0], int.from_bytes(self._head[1:3])
        self._skip = int.from_bytes(self._head[3:])
        self._head = b""
        # TLS 1.3 says 1.2 here, for the sake of middleboxes.
        words = f"{_KINDS.get(kind, f'kind {kind}')}, {_VERSIONS.get(version, hex(version))}"
        return f"{self._who}: {words}, {self._skip} bytes"


def dh_bits(received: bytes) -> int:
    """Return the bits of the prime that a TLS 1.2 server proposed (RFC 5246 section 7.4.3); 0 if
    none.

    Args:
        received: what the server sent, from its first byte.
    """
    for kind, body in _messages(_clear_handshake(received)):
        if kind == SERVER_KEY_EXCHANGE:
            size = int.from_bytes(body[:2])
            return int.from_bytes(body[2 : 2 + size]).bit_length()
    return 0


def _clear_handshake(received: bytes) -> bytes:
    """The handshake messages before encryption starts."""
    messages = b""
    while len(received) >= HEADER and received[0] == HANDSHAKE:
        end = HEADER + int.from_bytes(received[3:HEADER])
        messages += received[HEADER:end]
        received = received[end:]
    return messages


def _messages(octets: bytes) -> Iterator[tuple[int, bytes]]:
    while len(octets) >= 4:
        end = 4 + int.from_bytes(octets[1:4])
        yield octets[0], octets[4:end]
        octets = octets[end:]
