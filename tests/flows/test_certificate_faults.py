"""Each fault of a certificate, through the component, over sockets, both fronts.

The server is refused with the reason before a credential or our own certificate leaves, and
accepted by nothing but the handler, the pin, the accepted certificate or exactly its flag.
"""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from drivers.fronts import NAMES, Front, open_front
from flows.tls_server import Server, context, send
from smtp_nb import Certificate, CertStoreType
from smtp_nb.errors import CertificateError
from smtp_nb.model.enums import SSLProtocol, SSLSecurityFlag
from wire import faulty, pki

# The protocols of a case that lowers the level reach down to TLS 1.1.
OLD = SSLProtocol.TLS1_1 | SSLProtocol.TLS1_2 | SSLProtocol.TLS1_3


@pytest.fixture(params=NAMES, scope="module")
def front(request):
    with open_front(request.param) as opened:
        yield opened


@pytest.fixture(params=["1.2", "1.3"])
def version(request):
    return request.param


@pytest.fixture(params=[False, True], ids=["STARTTLS", "implicit"])
def implicit(request):
    return request.param


@pytest.fixture(params=faulty.CASES)
def name(request):
    return request.param


def faulty_server(name: str, version: str, implicit: bool) -> Server:
    """A server with that fault, which asks for a certificate of the client's."""
    ciphers = faulty.CASES[name].ciphers
    made = context(_made(name), version, asks=True, ciphers=ciphers)
    return Server(implicit=implicit, context=made)


_MAKERS: dict[str, Any] = {}


def _made(name: str) -> Any:
    return _MAKERS.setdefault(name, lambda: faulty.made(name))


_client: list[Certificate] = []


def client() -> Certificate:
    """Our own certificate, which the servers here ask for."""
    if not _client:
        issued = pki.issue("pupil", pki.root(), usage=ExtendedKeyUsageOID.CLIENT_AUTH)
        _client.append(Certificate(CertStoreType.PEM_KEY_BLOB, issued.key_pem + issued.pem))
    return _client[0]


def attempt(front: Front, server: Server, name: str, prepare: Any = id, **changes: Any) -> Any:
    """Send a letter with a login and a certificate of our own."""
    case = faulty.CASES[name]
    settings = {
        "mail_server": "localhost" if case.host == pki.HOST else case.host,
        "ssl_cert": client(),
        "SSLServerCACerts": (pki.root().pem + pki.rsa_root().pem).decode(),
        "SSLEnabledProtocols": case.settings.get("enabled_protocols", SSLProtocol(15360)),
    }
    return send(front, server, prepare, **settings | changes)


@pytest.mark.covers("SMTP.SSLCert", "SSLServerAuthentication.Status", "error.280")
def test_it_is_refused_with_the_reason_before_anything_leaves(front, name, version, implicit):
    server = faulty_server(name, version, implicit)
    events: list[Any] = []
    with pytest.raises(CertificateError) as caught:
        attempt(front, server, name, lambda smtp: smtp.on_ssl_server_authentication(events.append))
    assert caught.value.code == 280
    assert caught.value.receipt.outcome == "NOT_SENT"
    (event,) = events
    assert event.status != "OK"
    assert event.status in str(caught.value)
    assert not event.accept
    assert server.protected == []
    assert server.heard_only_our_hello
    assert server.clear == ([] if implicit else [b"EHLO client.test", b"STARTTLS"])


@pytest.mark.covers("SMTP.SSLServerAuthentication", "SSLServerAuthentication.Accept")
def test_it_is_accepted_by_the_handler(front, name, version, implicit):
    def accept(event: Any) -> None:
        assert not event.accept
        event.accept = True

    server = faulty_server(name, version, implicit)
    prepare = lambda smtp: smtp.on_ssl_server_authentication(accept)  # noqa: E731
    assert attempt(front, server, name, prepare)
    assert_all_went_inside(server)


@pytest.mark.covers("SMTP.SSLAcceptServerCert")
def test_it_is_accepted_by_its_pin_or_as_the_very_certificate(front, name, version, implicit):
    made = faulty.made(name)
    by_pin = {"SSLServerPin": f"sha256:{digest(made)}"}
    by_certificate = {"ssl_accept_server_cert": made.pem}
    for changes in (by_pin, by_certificate):
        server = faulty_server(name, version, implicit)
        assert attempt(front, server, name, **changes)
        assert_all_went_inside(server)


def digest(issued: pki.Issued) -> str:
    from smtp_nb.wire.certificates.pins import key_digest

    return key_digest(issued.certificate).hex()


@pytest.mark.covers(
    "SSL.SSLSecurityFlags",
    "SSLSecurityFlags.0x00000001",
    "SSLSecurityFlags.0x00000010",
    "SSLSecurityFlags.0x00000020",
    "SSLSecurityFlags.0x80000000",
)
def test_it_is_accepted_by_exactly_its_flag(front, name, version, implicit):
    flag = faulty.CASES[name].flag
    every_other = sum(set(SSLSecurityFlag) - {flag})
    server = faulty_server(name, version, implicit)
    with pytest.raises(CertificateError):
        attempt(front, server, name, SSLSecurityFlags=every_other)
    assert server.heard_only_our_hello
    if flag is not None:
        server = faulty_server(name, version, implicit)
        assert attempt(front, server, name, SSLSecurityFlags=int(flag))
        assert_all_went_inside(server)


def assert_all_went_inside(server: Server) -> None:
    verbs = [said.split()[0] for said in server.protected]
    assert verbs == [b"EHLO", b"AUTH", b"MAIL", b"RCPT", b"DATA", b"QUIT"]
    (shown,) = server.client_certificates
    assert shown["subject"][-1] == (("commonName", "pupil"),)


@pytest.mark.covers(
    "SSLSecurityFlags.0x00000002",
    "SSLSecurityFlags.0x00000004",
    "SSLSecurityFlags.0x00000200",
    "SSLSecurityFlags.0x00004000",
    "SSLSecurityFlags.0x00008000",
)
@pytest.mark.parametrize("flag", [0x2, 0x4, 0x200, 0x4000, 0x8000])
def test_flags_for_what_only_windows_knows_are_taken_and_overlook_nothing(front, flag):
    for name in ("expired", "self-signed", "wrong host"):
        server = faulty_server(name, "1.3", implicit=True)
        with pytest.raises(CertificateError):
            attempt(front, server, name, SSLSecurityFlags=flag)
        assert server.heard_only_our_hello


@pytest.mark.covers("SSL.SSLIncludeCertChain", "SSLServerAuthentication.CertEncodedB")
@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 1),
        ({"SSLIncludeCertChain": True}, 3),
        pytest.param(
            {"UseInternalSecurityAPI": True},
            3,
            marks=pytest.mark.covers("Base.UseInternalSecurityAPI"),
        ),
        pytest.param(
            {"ssl_provider": "internal"},
            3,
            marks=pytest.mark.covers("SMTP.SSLProvider", "SmtpSSLProviders.sslpInternal"),
        ),
        pytest.param(
            {"SSLProvider": "*"}, 1, marks=pytest.mark.covers("SmtpSSLProviders.sslpAutomatic")
        ),
        pytest.param(
            {"SSLProvider": 1}, 1, marks=pytest.mark.covers("SmtpSSLProviders.sslpPlatform")
        ),
    ],
)
def test_the_handler_sees_the_certificate_or_the_whole_chain(front, changes, count):
    made = faulty.made("wrong host")
    events: list[Any] = []
    with pytest.raises(CertificateError):
        attempt(
            front,
            faulty_server("wrong host", "1.3", implicit=True),
            "wrong host",
            lambda smtp: smtp.on_ssl_server_authentication(events.append),
            **changes,
        )
    (event,) = events
    assert event.cert_encoded.count("BEGIN CERTIFICATE") == count
    assert event.cert_encoded_b.startswith(made.pem)
    assert event.cert_subject.startswith("CN=mail.test")
    assert event.cert_issuer.startswith("CN=Test intermediate")
