"""The sandbox's authority: what it vouches for, and each way in which a certificate is wrong."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from smtp_nb.errors import InputError
from smtp_nb.sandbox import SandboxServer
from smtp_nb.sandbox.certificates import KINDS, make_identity

# OpenSSL's numbers: X509_V_ERR_CERT_NOT_YET_VALID and so on.
FAULTS = {
    "expired": {10},
    "not-yet-valid": {9},
    "wrong-host": {62, 64},
    "self-signed": {18},
    "unknown-ca": {19, 20, 21},
}


def test_every_fault_is_tested():
    assert set(KINDS) == {"valid", *FAULTS}


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "sandbox.test"])
def test_the_right_certificate_is_trusted_under_each_name(name, connect):
    with SandboxServer(tls="implicit") as server:
        client = connect(server, greeting=False)
        client.secure(server, name)
        assert client.codes(1) == [220]


@pytest.mark.parametrize("kind", FAULTS)
def test_a_wrong_certificate_is_refused_for_its_reason(kind, connect):
    with SandboxServer(tls="implicit", certificate=kind) as server:
        client = connect(server, greeting=False)
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            client.secure(server)
        assert refused.value.verify_code in FAULTS[kind]


def test_another_sandbox_is_not_trusted(connect):
    with SandboxServer(tls="implicit") as server, SandboxServer(tls="implicit") as other:
        client = connect(server, greeting=False)
        with pytest.raises(ssl.SSLCertVerificationError):
            client.secure(other)


def test_no_key_stays_in_a_file_and_the_directory_is_private():
    with SandboxServer(tls="starttls") as server:
        file = Path(server.ca_file)
        assert list(file.parent.iterdir()) == [file]
        assert b"PRIVATE" not in file.read_bytes()
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_the_authority_issues_one_certificate_of_its_own_kind():
    identity = make_identity(("localhost",))
    authority = x509.load_pem_x509_certificate(identity.ca_pem)
    limits = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert limits.critical
    assert (limits.value.ca, limits.value.path_length) == (True, 0)
    certificate = x509.load_pem_x509_certificate(identity.chain_pem)
    certificate.verify_directly_issued_by(authority)


def test_no_view_shows_the_key():
    assert repr(make_identity(("localhost",))) == "<Identity>"


def test_an_unknown_kind_is_refused():
    with pytest.raises(InputError, match="expired"):
        make_identity(("localhost",), "broken")
