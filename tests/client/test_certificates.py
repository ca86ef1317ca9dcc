"""The component's certificates, and what the settings of TLS do to a handshake."""

from __future__ import annotations

import base64
import contextlib
import json
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID
from joserfc.jwk import import_key

from drivers.fronts import Front, letter
from drivers.peers import Peer, greet, talk
from smtp_nb import Certificate, CertStoreType
from smtp_nb.errors import CertificateError, InputError, SettingError, SMTPError
from smtp_nb.sandbox import SandboxServer
from wire import pki
from wire.certificates import makers

HOST = pki.issue("localhost", pki.intermediate(), names=["localhost"])
MEMBER = {"usage": ExtendedKeyUsageOID.CLIENT_AUTH, "names": ()}


class Club:
    """A server behind TLS; `met` tells whose certificates it saw."""

    def __init__(self, folder: Any, members_of: pki.Issued | None) -> None:
        self._door = pki.server_context(HOST.write(folder), client_ca=members_of)
        self.met: list[str] = []

    def __call__(self, line: Any) -> None:
        try:
            line.sock = self._door.wrap_socket(line.sock, server_side=True)
        except ssl.SSLError:
            return
        seen = line.sock.getpeercert()
        names = dict(part for rdn in seen["subject"] for part in rdn) if seen else {}
        self.met.append(names.get("commonName", "nobody"))
        greet(line)
        talk(line)


@contextlib.contextmanager
def club(folder: Any, front: Front, members_of: pki.Issued | None = None) -> Iterator[Any]:
    """A component in front of the club, which trusts its authority; `.met` tells whom it met."""
    door = Club(folder, members_of)
    with Peer(door) as peer:
        smtp = front.make(**letter(peer.port, mail_server="localhost", ssl_start_mode="implicit"))
        smtp.config(f"SSLServerCACerts={pki.root().pem.decode()}")
        smtp._met = door.met
        yield smtp


def own(folder: Any, issued: pki.Issued) -> Certificate:
    return Certificate(CertStoreType.PEM_KEY_FILE, str(issued.write(folder, "own.pem")), "", "*")


# -- our own ------------------------------------------------------------------------------------


@pytest.mark.covers("SMTP.SSLCert")
def test_our_certificate_is_shown_to_a_server_that_asks(front: Front, tmp_path):
    ann = pki.issue("Ann", pki.root(), **MEMBER)
    with club(tmp_path, front, members_of=pki.root()) as smtp:
        smtp.ssl_cert = own(tmp_path, ann)
        assert smtp.ssl_cert.subject.startswith("CN=Ann,")
        assert front.run(smtp.send())
        assert smtp._met == ["Ann"]


RSA_ANN = pki.issue("Ann", pki.root(), key=rsa.generate_private_key(65537, 2048), **MEMBER)
PASSWORD = "opensesame"


def stores(folder: Any) -> dict[str, tuple[CertStoreType, bytes, str | bytes]]:
    """Ann's certificate and key in each form that holds both, or her key beside it."""
    ann, lock = RSA_ANN, serialization.BestAvailableEncryption(PASSWORD.encode())
    pfx = pkcs12.serialize_key_and_certificates(b"ann", ann.key, ann.certificate, None, lock)
    jwk = import_key(ann.key_pem, "RSA").as_dict(private=True)
    jwk["x5c"] = [base64.b64encode(ann.der).decode()]
    xml = f"<a>{makers.xml_key(key=ann.key)}{makers.xml_certificate(ann.der)}</a>"
    ppk = makers.ppk(folder, ann.key, "--ppk-param", f"version=3,{makers.CHEAP}", password=PASSWORD)
    kinds = CertStoreType
    return {
        "PEM": (kinds.PEM_KEY_BLOB, makers.pem_of(ann.key, PASSWORD) + ann.pem, "*"),
        "PFX": (kinds.PFX_BLOB, pfx, "CN=Ann"),
        "Java": (kinds.JKS_BLOB, pfx, "*"),
        "JWK": (kinds.JWK_BLOB, json.dumps(jwk).encode(), "*"),
        "XML": (kinds.XML_BLOB, xml.encode(), "*"),
        "PuTTY": (kinds.PPK_BLOB, ppk, ann.pem),
        "auto": (kinds.AUTO, pfx, "*"),
    }


@pytest.mark.covers("SMTP.SSLCert")
@pytest.mark.parametrize("form", ["PEM", "PFX", "Java", "JWK", "XML", "PuTTY", "auto"])
def test_whatever_store_it_comes_from(front: Front, tmp_path, form):
    kind, store, entry = stores(tmp_path)[form]
    with club(tmp_path, front, members_of=pki.root()) as smtp:
        smtp.ssl_cert = Certificate(kind, store, PASSWORD, entry)
        assert front.run(smtp.send())
        assert smtp._met == ["Ann"]


@pytest.mark.covers("SMTP.SSLCert")
def test_without_one_the_server_lets_nobody_in(front: Front, tmp_path):
    with club(tmp_path, front, members_of=pki.root()) as smtp:
        with pytest.raises(SMTPError):
            front.run(smtp.send())
        assert smtp._met == []


@pytest.mark.covers("SSL.SSLCACerts")
def test_the_certificates_above_ours_go_along(front: Front, tmp_path):
    ben = pki.issue("Ben", pki.intermediate(), sends=(), **MEMBER)
    with club(tmp_path, front, members_of=pki.root()) as smtp:
        smtp.ssl_cert = own(tmp_path, ben)
        with pytest.raises(SMTPError):
            front.run(smtp.send())
        smtp.config(f"SSLCACerts={pki.intermediate().pem.decode()}")
        assert front.run(smtp.send())
        assert smtp._met == ["Ben"]


@pytest.mark.covers("error.273")
def test_a_certificate_without_its_key_shows_nothing(front: Front, tmp_path):
    with club(tmp_path, front) as smtp:
        smtp.ssl_cert = pki.root().pem
        with pytest.raises(InputError) as caught:
            front.run(smtp.send())
        assert caught.value.code == 273


@pytest.mark.covers("SMTP.SSLCert")
@pytest.mark.covers("SMTP.SSLAcceptServerCert")
@pytest.mark.parametrize("name", ["ssl_cert", "ssl_accept_server_cert"])
def test_a_certificate_property_takes_files_octets_and_certificates(front: Front, tmp_path, name):
    smtp = front.make()
    assert not getattr(smtp, name)
    path = tmp_path / "public.pem"
    path.write_bytes(HOST.pem)
    for given in (HOST.pem, HOST.der, str(path), Certificate(HOST.pem)):
        setattr(smtp, name, given)
        assert getattr(smtp, name).subject.startswith("CN=localhost,")
        assert getattr(smtp.clone(), name).subject.startswith("CN=localhost,")
    for wrong in (5, object()):
        with pytest.raises(SettingError):
            setattr(smtp, name, wrong)
    with pytest.raises(InputError):
        setattr(smtp, name, b"no certificate")
    assert getattr(smtp, name).subject.startswith("CN=localhost,")
    setattr(smtp, name, None)
    assert not getattr(smtp, name)
    front.run(smtp.reset())


# -- the server's -------------------------------------------------------------------------------


@pytest.mark.covers("SMTP.SSLAcceptServerCert")
def test_the_one_certificate_that_we_accept_passes_whatever_is_wrong(front: Front):
    with SandboxServer(tls="implicit", certificate="self-signed") as server:
        smtp = front.make(**letter(server.port, ssl_start_mode="implicit"))
        seen = []
        smtp.on_ssl_server_authentication += lambda event: seen.append(event.cert_encoded_b)
        with pytest.raises(CertificateError):
            front.run(smtp.send())
        smtp.ssl_accept_server_cert = seen[0]
        assert front.run(smtp.send())
        smtp.ssl_accept_server_cert = HOST.pem
        with pytest.raises(CertificateError):
            front.run(smtp.send())


@pytest.mark.covers("SMTP.SSLServerCert")
def test_the_servers_certificate_is_told_until_the_next_connection(front: Front, tmp_path):
    with club(tmp_path, front) as smtp:
        assert not smtp.ssl_server_cert
        with front.connected(smtp):
            assert smtp.ssl_server_cert == Certificate(HOST.pem)
        assert smtp.ssl_server_cert.subject.startswith("CN=localhost,")
    with SandboxServer() as server:
        smtp.ssl_start_mode, smtp.mail_port = "none", server.port
        with front.connected(smtp):
            assert not smtp.ssl_server_cert


@pytest.mark.covers("SSLServerAuthentication.CertEncodedB")
@pytest.mark.covers("SSL.SSLIncludeCertChain")
@pytest.mark.covers("SSLServerAuthentication.CertEncoded")
@pytest.mark.parametrize(("setting", "count"), [("False", 1), ("True", 2)])
def test_who_judges_sees_the_certificate_or_its_chain(front: Front, tmp_path, setting, count):
    seen = []
    with club(tmp_path, front) as smtp:
        smtp.config(f"SSLIncludeCertChain={setting}")
        smtp.on_ssl_server_authentication += seen.append
        assert front.run(smtp.send())
    assert seen[0].cert_encoded.count("BEGIN CERTIFICATE") >= count
    assert (seen[0].cert_encoded.count("BEGIN CERTIFICATE") == 1) is (count == 1)
    assert Certificate(seen[0].cert_encoded_b) == Certificate(HOST.pem)


@pytest.mark.covers("SSLServerAuthentication.CertSubject")
@pytest.mark.covers("SSLServerAuthentication.CertIssuer")
@pytest.mark.covers("SSLServerAuthentication.Status")
@pytest.mark.covers("SSLServerAuthentication.Accept")
@pytest.mark.covers("SMTP.SSLServerAuthentication")
def test_what_is_told_of_the_servers_certificate(front: Front, tmp_path):
    seen = []
    with club(tmp_path, front) as smtp:
        smtp.on_ssl_server_authentication += seen.append
        assert front.run(smtp.send())
    (event,) = seen
    assert event.cert_subject.startswith("CN=localhost,")
    assert event.cert_issuer.startswith("CN=Test intermediate,")
    assert (event.status, event.accept) == ("OK", True)


@pytest.mark.covers("SMTP.SSLStatus")
@pytest.mark.covers("SSLStatus.Message")
def test_the_handshake_tells_its_steps(front: Front, tmp_path):
    seen = []
    with club(tmp_path, front) as smtp:
        smtp.on_ssl_status += lambda event: seen.append(event.message)
        assert front.run(smtp.send())
    assert len(seen) > 1
    assert all(seen)


@pytest.mark.covers("SSL.SSLNegotiatedProtocol")
@pytest.mark.covers("SSL.SSLNegotiatedCipher")
@pytest.mark.covers("SSL.SSLNegotiatedCipherStrength")
def test_what_was_negotiated_is_told_until_the_next_handshake(front: Front, tmp_path):
    with club(tmp_path, front) as smtp:
        with front.connected(smtp):
            assert smtp.config("SSLNegotiatedProtocol") == "TLSv1.3"
            assert smtp.config("SSLNegotiatedCipher").startswith("TLS_")
            assert smtp.settings["SSLNegotiatedCipherStrength"] in (128, 256)
        assert smtp.config("SSLNegotiatedProtocol") == "TLSv1.3"
        front.run(smtp.reset())
        assert smtp.config("SSLNegotiatedProtocol") == ""


# -- trust --------------------------------------------------------------------------------------


@pytest.mark.covers("SSL.CACertFilePaths")
def test_files_of_roots_are_read_where_they_exist(front: Front, tmp_path):
    roots = tmp_path / "roots.pem"
    roots.write_bytes(pki.root().pem)
    with club(tmp_path, front) as smtp:
        smtp.config("SSLServerCACerts=")
        with pytest.raises(CertificateError):
            front.run(smtp.send())
        smtp.config(f"CACertFilePaths={tmp_path}/none.pem; {roots}")
        assert front.run(smtp.send())


@pytest.mark.covers("SSL.CACertFilePaths")
@pytest.mark.covers("error.271")
def test_one_file_of_roots_must_exist(front: Front, tmp_path):
    with club(tmp_path, front) as smtp:
        smtp.config(f"CACertFilePaths={tmp_path}/none.pem;{tmp_path}/other.pem")
        with pytest.raises(InputError) as caught:
            front.run(smtp.send())
        assert caught.value.code == 271


@pytest.mark.covers("SSL.SSLProvider")
@pytest.mark.parametrize(
    ("value", "member"), [("*", "AUTOMATIC"), ("Internal", "INTERNAL"), ("2", "INTERNAL")]
)
def test_the_provider_is_named_as_property_or_as_setting(front: Front, value, member):
    smtp = front.make()
    smtp.config(f"SSLProvider={value}")
    assert smtp.ssl_provider.name == member


@pytest.mark.covers("SMTP.SSLCert")
def test_our_certificate_may_be_filled_in_place_and_a_clone_has_its_own(front: Front, tmp_path):
    smtp = front.make()
    smtp.ssl_cert.store_type = CertStoreType.PEM_KEY_FILE
    smtp.ssl_cert.store = str(pki.root().write(tmp_path))
    smtp.ssl_cert.subject = "*"
    other = smtp.clone()
    other.ssl_cert.subject = "nobody"
    assert not other.ssl_cert
    assert smtp.ssl_cert.subject.startswith("CN=Test root")


@pytest.mark.covers("error.272")
@pytest.mark.covers("error.273")
@pytest.mark.parametrize(("name", "code"), [("ssl_cert", 273), ("ssl_accept_server_cert", 272)])
def test_a_bare_key_in_place_of_a_certificate_is_told(front: Front, tmp_path, name, code):
    with club(tmp_path, front) as smtp:
        setattr(smtp, name, Certificate(CertStoreType.AUTO, pki.root().key_pem, "", "*"))
        with pytest.raises(InputError, match="bare key") as caught:
            front.run(smtp.send())
        assert caught.value.code == code
        assert smtp._met == []
