"""What a ClientHello says, read from its octets (RFC 8446 section 4.1.2)."""

from dataclasses import dataclass, field


@dataclass
class Hello:
    """Numbers as on the wire."""

    suites: list = field(default_factory=list)
    groups: list = field(default_factory=list)
    key_shares: list = field(default_factory=list)
    signatures: list = field(default_factory=list)
    versions: list = field(default_factory=list)
    extensions: list = field(default_factory=list)


class Reader:
    """Takes numbers and vectors from the front of octets."""

    def __init__(self, data):
        self.data = data

    def take(self, size):
        taken, self.data = self.data[:size], self.data[size:]
        assert len(taken) == size
        return taken

    def number(self, size):
        return int.from_bytes(self.take(size))

    def vector(self, size):
        return Reader(self.take(self.number(size)))

    def numbers(self):
        return [int.from_bytes(self.take(2)) for _ in range(len(self.data) // 2)]


def read(flight):
    """The first message of a client, from its records."""
    records, message = Reader(flight), b""
    while records.data:
        assert records.number(1) == 22
        records.take(2)
        message += records.vector(2).data
    body = Reader(message)
    assert body.number(1) == 1
    body = body.vector(3)
    body.take(2 + 32)
    body.vector(1)
    hello = Hello(suites=body.vector(2).numbers())
    body.vector(1)
    extensions = body.vector(2)
    while extensions.data:
        kind, content = extensions.number(2), extensions.vector(2)
        hello.extensions.append(kind)
        _EXTENSIONS.get(kind, lambda hello, content: None)(hello, content)
    return hello


def _groups(hello, content):
    hello.groups = content.vector(2).numbers()


def _signatures(hello, content):
    hello.signatures = content.vector(2).numbers()


def _versions(hello, content):
    hello.versions = content.vector(1).numbers()


def _key_shares(hello, content):
    shares = content.vector(2)
    while shares.data:
        hello.key_shares.append(shares.number(2))
        shares.vector(2)


RENEGOTIATION_INFO = 65281
EMPTY_RENEGOTIATION_INFO_SCSV = 0x00FF
_EXTENSIONS = {10: _groups, 13: _signatures, 43: _versions, 51: _key_shares}
