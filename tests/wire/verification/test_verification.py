"""Every fault of a certificate is found, and overlooked only by its own flag, a pin or a handler.

All handshakes here are real, against Python's own ssl, which asks for a client certificate: a
server that is refused must not get it.
"""

from functools import cache
from typing import Any, NoReturn

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from hypothesis import given, settings
from hypothesis import strategies as st

from smtp_nb.errors import CertificateError
from smtp_nb.model.enums import SSLSecurityFlag
from smtp_nb.wire.certificates.identity import Identity
from smtp_nb.wire.certificates.x509_text import UNREADABLE, require_readable
from smtp_nb.wire.tls.tls import HandshakeStep, TLSLayer, TLSSettings
from smtp_nb.wire.verification.verification import CertificateVerdict, acceptable, judge
from smtp_nb.wire.verification.verify_errors import FAULTS, CertificateFault, CertificateFinding
from wire import faulty, pki

Flag = SSLSecurityFlag


@cache
def client():
    issued = pki.issue("pupil", pki.root(), usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    return Identity(issued.certificate, issued.key)


def undecided(tmp_path, name, version, **more):
    """A handshake that has come to the decision: (layer, server)."""
    case, leaf = faulty.CASES[name], faulty.made(name)
    context = pki.server_context(leaf.write(tmp_path), version, pki.root(), case.ciphers)
    server = pki.MemoryServer(context)
    settings = (
        {"ca_data": pki.root().pem + pki.rsa_root().pem, "identity": client()}
        | case.settings
        | more
    )
    layer = TLSLayer(TLSSettings(**settings), case.host)
    assert pki.shake(layer, server, lambda layer: pki.REFUSED) is HandshakeStep.DECIDE
    return layer, server


@pytest.fixture(params=["1.2", "1.3"])
def version(request):
    return request.param


@pytest.fixture(params=faulty.CASES)
def name(request):
    return request.param


def test_each_fault_is_found_and_nothing_is_answered(tmp_path, name, version):
    layer, server = undecided(tmp_path, name, version)
    hello = server.received
    found = {(fault.errno, fault.depth) for fault in layer.verdict.faults}
    assert found >= faulty.CASES[name].faults
    assert found - faulty.CASES[name].faults <= {(21, 0), (26, 1)}, (
        "only a consequence of the same fault"
    )
    assert not layer.is_acceptable
    assert layer.outgoing() == b""
    # A TLS record of type 22, and nothing behind it: the server saw our hello and no more.
    assert hello[0] == 22
    assert len(hello) == 5 + int.from_bytes(hello[3:5])
    assert not server.is_shaken


def test_the_error_says_what_is_wrong_in_words(tmp_path, name):
    layer, _ = undecided(tmp_path, name, "1.3")
    error = layer.verdict.error()
    assert isinstance(error, CertificateError)
    assert error.code == 280
    assert not error.connection_survives
    assert layer.verdict.status in str(error)
    assert layer.verdict.status != "OK"
    assert "{" not in str(error)
    assert "OpenSSL" not in str(error)


def test_it_passes_by_exactly_its_flag(tmp_path, name, version):
    case = faulty.CASES[name]
    every_other = Flag(sum(set(Flag) - {case.flag}))
    layer, _ = undecided(tmp_path, name, version, security_flags=every_other)
    assert not layer.is_acceptable
    if case.flag is None:
        return
    layer, server = undecided(tmp_path, name, version, security_flags=case.flag)
    assert layer.is_acceptable
    finish(layer, server)


def test_a_pinned_key_passes_whatever_is_wrong(tmp_path, name, version):
    layer, _ = undecided(tmp_path, name, version)
    pin = layer.verdict.pin
    layer, server = undecided(tmp_path, name, version, pins=("sha256:" + "0" * 64, pin))
    assert layer.is_acceptable
    finish(layer, server)


def test_the_accepted_certificate_passes_and_no_other(tmp_path, name, version):
    layer, server = undecided(tmp_path, name, version, accepted_der=faulty.made(name).der)
    assert layer.is_acceptable
    finish(layer, server)
    layer, _ = undecided(tmp_path, name, version, accepted_der=pki.root().der)
    assert not layer.is_acceptable


def finish(layer, server):
    """Accept, and see the server get our certificate only now."""
    assert not server.is_shaken
    layer.accept()
    assert pki.shake(layer, server) is HandshakeStep.DONE
    assert server.is_shaken
    assert server.tls.getpeercert()["subject"][-1] == (("commonName", "pupil"),)


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("mail.test", ("mail.test",)),
        ("mail.test", ("*.test.example", "*.mail.test", "mail.test")),
        ("127.0.0.1", ("127.0.0.1",)),
        ("::1", ("::1",)),
    ],
)
def test_a_good_certificate_has_no_faults(tmp_path, version, host, names):
    leaf = pki.issue(issuer=pki.intermediate(), names=names)
    server = pki.MemoryServer(pki.server_context(leaf.write(tmp_path), version))
    layer = TLSLayer(TLSSettings(ca_data=pki.root().pem), host)
    assert pki.shake(layer, server, lambda layer: pki.REFUSED) is HandshakeStep.DECIDE
    assert layer.verdict.faults == ()
    assert layer.verdict.status == "OK"
    assert layer.is_acceptable
    assert layer.verdict.subject == 'CN=mail.test, O="School, Inc.", C=DE'
    assert layer.verdict.issuer.startswith("CN=Test intermediate")
    assert layer.verdict.leaf_pem.encode() == leaf.pem
    assert layer.verdict.chain_pem.count("BEGIN") == 3


def test_a_common_name_alone_is_refused_unless_it_is_overlooked(tmp_path, version):
    leaf = pki.issue(issuer=pki.intermediate(), names=())
    server = pki.MemoryServer(pki.server_context(leaf.write(tmp_path), version))
    layer = TLSLayer(TLSSettings(ca_data=pki.root().pem), pki.HOST)
    pki.shake(layer, server, lambda layer: pki.REFUSED)
    assert "RFC 9525" in layer.verdict.status
    assert "subjectAltName" in str(layer.verdict.error())
    assert not layer.is_acceptable
    assert acceptable(layer.verdict, TLSSettings(security_flags=Flag.IGNORE_CN_MISMATCH))


def test_all_faults_of_all_certificates_are_told(tmp_path, version):
    leaf = pki.issue(
        issuer=faulty.expired_intermediate(),
        names=("other.test",),
        usage=ExtendedKeyUsageOID.CLIENT_AUTH,
        since=-2 * pki.DAY,
        until=-pki.DAY,
    )
    server = pki.MemoryServer(pki.server_context(leaf.write(tmp_path), version))
    layer = TLSLayer(TLSSettings(ca_data=pki.root().pem), pki.HOST)
    pki.shake(layer, server, lambda layer: pki.REFUSED)
    assert {(fault.errno, fault.depth) for fault in layer.verdict.faults} == {
        (10, 0),
        (10, 1),
        (26, 0),
        (62, 0),
    }
    assert "about CN=Old" in layer.verdict.status


def test_flags_add_up(tmp_path, version):
    leaf = pki.issue(names=("other.test",), since=-2 * pki.DAY, until=-pki.DAY)
    flags = Flag.IGNORE_NOT_TIME_VALID | Flag.ALLOW_UNKNOWN_CA | Flag.IGNORE_CN_MISMATCH
    server = pki.MemoryServer(pki.server_context(leaf.write(tmp_path), version))
    layer = TLSLayer(TLSSettings(security_flags=flags), pki.HOST)
    pki.shake(layer, server, lambda layer: pki.REFUSED)
    assert len(layer.verdict.faults) == 3
    assert layer.is_acceptable
    for flag in flags:
        assert not acceptable(layer.verdict, TLSSettings(security_flags=flags & ~flag))


def test_another_key_than_the_pinned_one_does_not_pass_whoever_signed_it(tmp_path, version):
    leaf = pki.issue(issuer=pki.intermediate())
    server = pki.MemoryServer(pki.server_context(leaf.write(tmp_path), version))
    settings = TLSSettings(
        ca_data=pki.root().pem, pins=("sha256:" + "0" * 64,), security_flags=Flag(sum(Flag))
    )
    layer = TLSLayer(settings, pki.HOST)
    pki.shake(layer, server, lambda layer: pki.REFUSED)
    assert not layer.is_acceptable
    assert "not the pinned one" in layer.verdict.status


def test_a_pin_is_of_the_servers_key_and_not_of_another_that_it_shows(tmp_path, version):
    # Anybody can send the real server's certificate along behind their own.
    real = pki.issue(issuer=pki.intermediate())
    fake = pki.issue(sends=(real.certificate,))
    pin = judge(pki.HOST, [real.certificate], [], []).pin
    server = pki.MemoryServer(pki.server_context(fake.write(tmp_path), version))
    layer = TLSLayer(TLSSettings(pins=(pin,)), pki.HOST)
    pki.shake(layer, server, lambda layer: pki.REFUSED)
    assert not layer.is_acceptable


def test_an_intermediate_or_the_certificate_itself_may_be_what_is_trusted(tmp_path, version):
    leaf = pki.issue(issuer=pki.intermediate())
    alone = pki.issue()
    for shown, trusted in ((leaf, pki.intermediate()), (leaf, leaf), (alone, alone)):
        server = pki.MemoryServer(pki.server_context(shown.write(tmp_path), version))
        layer = TLSLayer(TLSSettings(ca_data=trusted.pem), pki.HOST)
        pki.shake(layer, server, lambda layer: pki.REFUSED)
        assert layer.verdict.status == "OK"


def test_a_fault_that_nobody_knows_is_never_overlooked():
    leaf = pki.issue()
    verdict = CertificateVerdict(pki.HOST, (leaf.certificate,), (CertificateFault(999, 0, "?"),))
    assert not acceptable(verdict, TLSSettings(security_flags=Flag(sum(Flag))))
    assert "999" in judge(pki.HOST, [leaf.certificate], [], [finding(999, leaf)]).status


def finding(errno, issued):
    return CertificateFinding(errno, 0, issued.certificate)


def test_every_fault_of_the_table_has_words_that_can_be_filled():
    leaf = pki.issue()
    for errno in FAULTS:
        status = judge(pki.HOST, [leaf.certificate], [], [finding(errno, leaf)]).status
        assert len(status) > 10
        assert "{" not in status


def test_a_revoked_or_forged_certificate_has_no_flag():
    assert FAULTS[23].flag is None
    assert FAULTS[7].flag is None


def test_a_name_in_a_certificate_cannot_forge_a_line(tmp_path):
    evil = pki.issue("mail.test\r\n250 OK \x1b[2J", names=("other.test",))
    verdict = judge(pki.HOST, [evil.certificate], [], [finding(19, evil)])
    for text in (verdict.subject, verdict.issuer, verdict.status, str(verdict.error())):
        assert text.isprintable()


@pytest.mark.filterwarnings("ignore::UserWarning")  # of a serial number below one
@settings(max_examples=300)
@given(place=st.integers(0, 10_000), octet=st.integers(0, 255))
def test_a_damaged_certificate_is_judged_or_refused_and_nothing_else(place, octet):
    der = bytearray(_LEAF.der)
    der[place % len(der)] = octet
    try:
        certificate = x509.load_der_x509_certificate(bytes(der))
        require_readable(certificate, wholly=True)
    except UNREADABLE:
        return
    verdict = judge(pki.HOST, [certificate], [], [CertificateFinding(7, 0, certificate)])
    assert str(verdict.error()).isprintable()
    assert verdict.pin
    assert not acceptable(verdict, TLSSettings(security_flags=Flag(sum(Flag))))


class OldCertificate:
    """As cryptography before version 50 reads a name whose text is of an unknown type."""

    @property
    def subject(self) -> NoReturn:
        raise KeyError(0)


def test_a_malformed_name_is_refused_in_words() -> None:
    certificate: Any = OldCertificate()
    with pytest.raises(ValueError, match="malformed name"):
        require_readable(certificate, wholly=True)


_LEAF = pki.issue(names=("mail.test", "10.0.0.1"), permitted="x.test")


def test_a_certificate_with_a_malformed_extension_is_refused(tmp_path):
    # One that OpenSSL, and so the server here, does not look into.
    garbage = x509.UnrecognizedExtension(ExtensionOID.TLS_FEATURE, b"garbage")
    leaf = pki.issue(extra=garbage)
    server = pki.MemoryServer(pki.server_context(leaf.write(tmp_path)))
    layer = TLSLayer(TLSSettings(ca_data=leaf.pem), pki.HOST)
    with pytest.raises(CertificateError, match="cannot be read"):
        pki.shake(layer, server)
    assert not server.is_shaken
