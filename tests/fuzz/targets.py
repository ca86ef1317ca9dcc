"""Every parser of what comes from elsewhere, as a function that must survive any octets.

A target takes octets and raises only if a law is broken: what is refused is refused with an error
of ours, what is read in pieces is read as in one piece, what is accepted stays accepted.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509

from smtp_nb.client.queue.spool import Claim, Spool
from smtp_nb.client.urls import properties_from_url
from smtp_nb.errors import InputError, MalformedReply, SMTPError
from smtp_nb.model.address import ascii_domain, parse_addresses, parse_mailbox
from smtp_nb.model.enums import CertStoreType, FirewallType
from smtp_nb.model.reply import Reply
from smtp_nb.model.secret import Secret
from smtp_nb.protocol.extensions import parse_ehlo
from smtp_nb.protocol.replies import ReplyParser
from smtp_nb.sasl import Credentials
from smtp_nb.sasl.exchange import ConnectionFacts
from smtp_nb.sasl.mechanisms import MECHANISMS
from smtp_nb.wire.certificates.identity import Hidden
from smtp_nb.wire.certificates.stores import open_store
from smtp_nb.wire.certificates.x509_text import (
    UNREADABLE,
    alternative_names,
    common_names,
    distinguished_name,
    require_readable,
)
from smtp_nb.wire.proxies.http_connect import HttpConnect, header_fields
from smtp_nb.wire.proxies.http_get import HttpGet, parse_url
from smtp_nb.wire.proxies.socks_connect import SocksConnect
from smtp_nb.wire.verification.hostname import host_fault
from smtp_nb.wire.verification.revocation import NoAnswer, read_list
from wire import pki

MOST_LISTED = 1024 * 1024


# -- what a server says -----------------------------------------------------------------------


def replies(data: bytes) -> None:
    """In one piece and octet by octet: the same replies, and the same end."""
    assert _replies([data]) == _replies([data[at : at + 1] for at in range(len(data))])


def _replies(pieces: list[bytes]) -> tuple[list[Reply], bool]:
    parser, found = ReplyParser(), []
    try:
        for piece in pieces:
            parser.receive_data(piece)
            while (reply := parser.next_reply()) is not None:
                assert 200 <= reply.code <= 599
                found.append(reply)
    except MalformedReply:
        return found, True
    return found, False


def extensions(data: bytes) -> None:
    """Whatever is offered can be asked about."""
    lines = tuple(data.decode("utf-8", "backslashreplace").split("\n"))
    offered = parse_ehlo(Reply(250, lines))
    assert offered.size_limit >= 0
    assert all(name == name.upper() for name in offered.auth)


def challenges(data: bytes) -> None:
    """A login ends in an answer or in an error, whatever it is asked."""
    if not data:
        return
    mechanism = MECHANISMS[data[0] % len(MECHANISMS)]
    credentials, line = (
        Credentials("ann", Secret("secret")),
        ConnectionFacts("mx.test", is_protected=True),
    )
    if not mechanism.is_at_hand(credentials, line):
        return
    exchange = mechanism.client(credentials, line)
    try:
        next(exchange)
        for challenge in data[1:].split(b"\n"):
            exchange.send(challenge)
    except (SMTPError, StopIteration):
        pass
    finally:
        exchange.close()


# -- what a proxy says ------------------------------------------------------------------------


def http_proxy(data: bytes) -> None:
    """In one piece and octet by octet: the same tunnel, or none."""
    assert _tunnel(_http, data, len(data) or 1) == _tunnel(_http, data, 1)


def _http() -> Any:
    return HttpConnect("mx.test", 25, "ann", Secret("secret"))


def socks_proxy(data: bytes) -> None:
    """As for HTTP, in every version."""
    for kind in (FirewallType.SOCKS4, FirewallType.SOCKS4A, FirewallType.SOCKS5):
        make = partial(SocksConnect, kind, "192.0.2.1", 25, "ann", Secret("secret"))
        assert _tunnel(make, data, len(data) or 1) == _tunnel(make, data, 1)


def _tunnel(make: Callable[[], Any], data: bytes, piece: int) -> bytes | str | None:
    """What rides behind the answer, None while it is not complete, or the error."""
    tunnel = make()
    tunnel.outgoing()
    rest = b""
    try:
        for at in range(0, len(data), piece):
            if tunnel.is_done:
                rest += data[at : at + piece]
                continue
            tunnel.receive(data[at : at + piece])
            tunnel.outgoing()
    except SMTPError:
        return "refused"
    return tunnel.rest + rest if tunnel.is_done else None


def proxy_fields(data: bytes) -> None:
    """What is taken goes out on lines of its own."""
    try:
        fields = header_fields(Secret(data.decode("utf-8", "surrogateescape")))
    except InputError:
        return
    for name, value in fields:
        assert not set(f"{name}{value.reveal()}") & set("\r\n\0")


def http_answer(data: bytes) -> None:
    """A revocation list's server."""
    got = HttpGet(parse_url("http://crl.test/a"), MOST_LISTED)
    got.request()
    with suppress(SMTPError):
        for at in range(0, len(data), 64):
            if not got.is_done:
                got.receive(data[at : at + 64])


# -- what people and files say ----------------------------------------------------------------


def addresses(data: bytes) -> None:
    """What is accepted reads back as itself, and fits into one argument."""
    text = data.decode("utf-8", "surrogateescape")
    for read in (parse_mailbox, parse_addresses, ascii_domain):
        try:
            found = read(text)
        except InputError:
            continue
        for box in found if isinstance(found, list) else [found]:
            if isinstance(box, str):
                assert ascii_domain(box) == box
                continue
            assert not set(box.address) & set("\r\n\0")
            assert parse_mailbox(box.address).address == box.address


def urls(data: bytes) -> None:
    """A URL of a server, and one of a list."""
    text = data.decode("utf-8", "replace")
    for read in (lambda: properties_from_url(Secret(text)), lambda: parse_url(text)):
        with suppress(SMTPError):
            read()


class _Held:
    """A queue's file, held."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def open(self, path: Path) -> io.BytesIO:
        """Its contents."""
        return io.BytesIO(self._data)


@cache
def _spool() -> Spool:
    return Spool(tempfile.mkdtemp(prefix="smtp_nb-fuzz-"))


def queue_file(data: bytes) -> None:
    """A file that somebody put into the queue's directory."""
    try:
        job = Claim(_spool(), "x", _Held(data)).job(frozenset())  # type: ignore[arg-type]  # opens
    except InputError:
        return
    assert job.envelope.recipients


# -- certificates -----------------------------------------------------------------------------


def certificate(data: bytes) -> None:
    """What is readable is shown, and is for a host or is not."""
    try:
        found = x509.load_der_x509_certificate(data)
        require_readable(found, wholly=True)
    except (*UNREADABLE, ValueError):
        return
    assert "\n" not in distinguished_name(found.subject)
    alternative_names(found)
    common_names(found)
    host_fault(found, "mx.test")
    host_fault(found, "192.0.2.1")


def stores(data: bytes) -> None:
    """A file of certificates, of whatever kind."""
    with suppress(SMTPError):
        open_store(CertStoreType.AUTO, Hidden(data), Hidden(b"secret"))


def revocations(data: bytes) -> None:
    """A revocation list."""
    with suppress(NoAnswer):
        read_list(data)


# -- the table --------------------------------------------------------------------------------


class Target(NamedTuple):
    """A parser, and octets that it reads well."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]

    @property
    def name(self) -> str:
        return self.run.__name__


QUEUED = (
    b'{"format": "smtp_nb queue 1", "from": "a@x.test", "to": [{"address": "b@x.test",'
    b' "kind": "to"}]}\nSubject: x\r\n\r\nbody\r\n'
)
CERTIFICATE = pki.issue(names=("mx.test", "*.x.test", "192.0.2.1", "2001:db8::1"))
TARGETS = (
    Target(replies, (b"220 hi\r\n", b"250-a\r\n250 b\r\n", b"354\r\n", b"550-a\r\n550 b\r\n")),
    Target(extensions, (b"mx.test\nSIZE 100\nAUTH PLAIN LOGIN\nAUTH=PLAIN\nPIPELINING\nDSN",)),
    Target(challenges, (
        *(bytes([number]) + b"<a@x>" for number in range(len(MECHANISMS))),
        b"\x02realm=\"x\",nonce=\"abc\",qop=\"auth\",algorithm=md5-sess,charset=utf-8\nrspauth=00",
        b"\x03r=abc,s=QSXCR+Q6sek8bf92,i=4096\nv=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    )),
    Target(http_proxy, (b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n220 hi\r\n", b"HTTP/1.0 407 No\r\n\r\n")),
    Target(socks_proxy, (
        b"\5\0\5\0\0\1\0\0\0\0\0\0220 hi\r\n", b"\5\2\1\0\5\0\0\3\1a\0\0", b"\0\x5a\0\0\0\0\0\0220",
    )),
    Target(proxy_fields, (b"X-Token: a\r\nB: c\n", b"Host: x", b"A:\tb")),
    Target(http_answer, (
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 302 Found\r\nLocation: http://x.test/y\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    )),
    Target(addresses, (
        b"Ann <ann@x.test>, b@y.test", b'"a b"@[192.0.2.1]', "ü@straße.test".encode(), b"x.test",
    )),
    Target(urls, (b"smtp://ann:pw@mx.test:587?tls=none&ca=x", b"smtps://[::1]", b"http://a.test/b")),
    Target(queue_file, (QUEUED, b"{}", b"[" * 5000)),
    Target(certificate, (CERTIFICATE.der,)),
    Target(stores, (CERTIFICATE.pem, CERTIFICATE.der, CERTIFICATE.key_pem, b'{"kty": "RSA"}',
                    b"PuTTY-User-Key-File-3: ssh-rsa\n", b"<RSAKeyValue><Modulus>AQAB")),
    Target(revocations, (CERTIFICATE.der, b"-----BEGIN X509 CRL-----\nMIIB\n")),
)  # fmt: skip
