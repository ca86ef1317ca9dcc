"""The public Certificate: fields, stores, and secrets that do not show."""

import base64
import re
import traceback

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import pkcs12

from smtp_nb.errors import InputError, Unsupported
from smtp_nb.model.enums import CertStoreType, KeyUsage
from smtp_nb.model.secret import HIDDEN, Secret, encodings
from smtp_nb.wire.certificates.certificates import Certificate
from smtp_nb.wire.certificates.stores import Hidden
from wire import pki

PASSWORD = "opensesame"
Kind = CertStoreType


@pytest.fixture(scope="module")
def leaf():
    return pki.issue(issuer=pki.intermediate(), names=("mail.test", "10.0.0.1"))


@pytest.fixture(scope="module")
def pfx(leaf):
    return pkcs12.serialize_key_and_certificates(
        b"me",
        leaf.key,
        leaf.certificate,
        leaf.chain,
        serialization.BestAvailableEncryption(PASSWORD.encode()),
    )


@pytest.fixture(scope="module")
def locked_pem(leaf):
    key = leaf.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PASSWORD.encode()),
    )
    links = b"".join(x.public_bytes(serialization.Encoding.PEM) for x in leaf.chain)
    return key + links + leaf.pem  # the chain first: the key says which one is ours


# -- fields -------------------------------------------------------------------------------------


def test_the_fields_are_those_of_the_reference(leaf):
    certificate = Certificate(leaf.pem)
    assert certificate.subject == 'CN=mail.test, O="School, Inc.", C=DE'
    assert certificate.issuer.startswith("CN=Test intermediate")
    assert re.fullmatch(r"\d\d-[A-Z][a-z][a-z]-\d{4} \d\d:\d\d:\d\d", certificate.effective_date)
    assert certificate.version == "V3"
    assert certificate.subject_alt_names == "mail.test,10.0.0.1"
    assert certificate.extended_key_usage == "1.3.6.1.5.5.7.3.1"
    assert certificate.public_key_algorithm == "ECDSA"
    assert certificate.public_key_length == 256
    assert certificate.signature_algorithm == "ECDSA_WITH_SHA256"
    assert certificate.encoded_b == certificate.encoded.encode() == leaf.pem
    assert certificate.public_key.startswith("-----BEGIN PUBLIC KEY-----")
    assert int(certificate.serial_number, 16) == leaf.certificate.serial_number
    assert len(certificate.serial_number) % 2 == 0


def test_fingerprints_are_openssls(leaf):
    certificate = Certificate(leaf.der)
    for text, octets in (
        (certificate.fingerprint, 16),
        (certificate.fingerprint_sha1, 20),
        (certificate.fingerprint_sha256, 32),
    ):
        assert re.fullmatch(rf"([0-9a-f]{{2}}:){{{octets - 1}}}[0-9a-f]{{2}}", text)
    assert certificate.thumbprint_md5 == certificate.fingerprint.replace(":", "")
    assert certificate.thumbprint_sha1 == certificate.fingerprint_sha1.replace(":", "")
    assert certificate.thumbprint_sha256 == certificate.fingerprint_sha256.replace(":", "")


def test_dates_do_not_follow_the_locale():
    from smtp_nb.wire.certificates.x509_text import reference_date

    moment = pki.NOW.replace(2000, 1, 23, 15, 0, 0)
    assert reference_date(moment) == "23-Jan-2000 15:00:00"


def test_usage_is_bits_and_words():
    usage = x509.KeyUsage(True, False, True, False, False, True, True, False, False)
    certificate = Certificate(pki.issue(extra=usage).der)
    assert certificate.usage_flags == (
        KeyUsage.DIGITAL_SIGNATURES
        | KeyUsage.KEY_ENCRYPTION
        | KeyUsage.CERTIFICATE_SIGNING
        | KeyUsage.KEY_SIGNING
    )
    assert certificate.usage == "Digital Signatures,Key Encryption,Certificate Signing,Key Signing"
    assert Certificate(pki.issue().der).usage == ""


@pytest.mark.parametrize(
    ("make", "name", "bits"),
    [
        (lambda: rsa.generate_private_key(65537, 2048), "RSA", 2048),
        (ed25519.Ed25519PrivateKey.generate, "Ed25519", 256),
    ],
)
def test_other_keys(make, name, bits):
    issued = pki.issue(issuer=pki.root(), key=make())
    certificate = Certificate(issued.der)
    assert (certificate.public_key_algorithm, certificate.public_key_length) == (name, bits)


def test_an_empty_one_has_empty_fields():
    empty = Certificate()
    assert not empty
    assert empty == Certificate()
    for field in [name for name in dir(empty) if not name.startswith("_")]:
        value = getattr(empty, field)
        assert not value, field
    assert repr(empty) == "Certificate()"


def test_certificates_are_compared_by_their_octets(leaf, pfx):
    public = Certificate(leaf.pem)
    with_key = Certificate(Kind.PFX_BLOB, pfx, PASSWORD)
    assert public == with_key
    with pytest.raises(TypeError):
        hash(public)  # it can change
    assert public != Certificate(pki.root().pem)
    assert public != leaf.pem


# -- stores -------------------------------------------------------------------------------------


def test_a_file_or_octets_hold_a_public_certificate(tmp_path, leaf):
    for data in (leaf.pem, leaf.der):
        file = tmp_path / "certificate"
        file.write_bytes(data)
        for certificate in (Certificate(str(file)), Certificate(data)):
            assert certificate.subject.startswith("CN=mail.test")
            assert not certificate.private_key_available
            assert not certificate.private_key


@pytest.mark.parametrize("kind", [Kind.PFX_FILE, Kind.AUTO])
def test_a_pfx_file_opens(tmp_path, pfx, leaf, kind):
    file = tmp_path / "me.pfx"
    file.write_bytes(pfx)
    certificate = Certificate(kind, str(file), PASSWORD, "*")
    assert_complete(certificate, leaf)
    assert certificate.store == str(file)
    assert certificate.store_type == kind


@pytest.mark.parametrize("kind", [Kind.PFX_BLOB, Kind.AUTO])
def test_a_pfx_opens_from_octets_and_base64(pfx, leaf, kind):
    assert_complete(Certificate(kind, pfx, Secret(PASSWORD)), leaf)
    assert_complete(Certificate(kind, base64.encodebytes(pfx), PASSWORD), leaf)


def test_octets_may_come_as_a_string(pfx, leaf, locked_pem):
    assert_complete(Certificate(Kind.PFX_BLOB, base64.b64encode(pfx).decode(), PASSWORD), leaf)
    assert_complete(Certificate(Kind.PFX_BLOB, pfx.decode("latin-1"), PASSWORD), leaf)
    assert_complete(Certificate(Kind.AUTO, locked_pem.decode(), PASSWORD), leaf)


@pytest.mark.parametrize("kind", [Kind.PEM_KEY_FILE, Kind.PEM_KEY_BLOB, Kind.AUTO])
def test_a_pem_with_key_opens(tmp_path, locked_pem, leaf, kind):
    file = tmp_path / "me.pem"
    file.write_bytes(locked_pem)
    store = locked_pem if kind is Kind.PEM_KEY_BLOB else str(file)
    assert_complete(Certificate(kind, store, PASSWORD), leaf)


def assert_complete(certificate, leaf):
    assert certificate == Certificate(leaf.der)
    assert certificate.private_key_available
    assert certificate.private_key.reveal() == leaf.key_pem.decode()
    assert set(certificate.identity.chain) == set(leaf.chain)


def test_a_bare_key_is_a_store_without_certificate(leaf):
    certificate = Certificate(Kind.PEM_KEY_BLOB, leaf.key_pem)
    assert certificate.private_key_available
    assert certificate.subject == ""


@pytest.mark.parametrize("kind", [Kind.PUBLIC_KEY_BLOB, Kind.AUTO])
def test_the_subject_picks_the_entry(leaf, kind):
    store = leaf.pem + pki.root().pem
    assert Certificate(kind, store, "", "Test root").subject.startswith("CN=Test root")
    whole = 'CN=mail.test, O="School, Inc.", C=DE'
    assert Certificate(kind, store, "", whole).subject == whole
    assert Certificate(kind, store, "", "*").subject
    with pytest.raises(InputError, match="Test root") as caught:
        Certificate(kind, store, "", "nobody")
    assert caught.value.code == 272


def test_the_whole_subject_goes_before_a_part():
    long, short = pki.issue("a.test, extra"), pki.issue("a.test")
    store = long.pem + short.pem
    whole = Certificate(short.pem).subject
    assert Certificate(Kind.PUBLIC_KEY_BLOB, store, "", whole).subject == whole


def test_a_certificate_finds_its_key_in_a_store(leaf, pfx):
    certificate = Certificate(Kind.PFX_BLOB, pfx, PASSWORD, leaf.pem)
    assert_complete(certificate, leaf)
    with pytest.raises(InputError) as caught:
        Certificate(Kind.PFX_BLOB, pfx, PASSWORD, pki.root().pem)
    assert caught.value.code == 272


def test_a_pfx_without_key_holds_public_certificates():
    data = pkcs12.serialize_key_and_certificates(
        None, None, None, [pki.root().certificate], serialization.NoEncryption()
    )
    certificate = Certificate(Kind.PFX_BLOB, data)
    assert certificate.subject.startswith("CN=Test root")
    assert not certificate.private_key_available


def test_every_type_of_store_opens_or_says_why_not():
    for kind in Kind:
        with pytest.raises((Unsupported, InputError)) as caught:
            Certificate(kind, b"nonsense")
        if isinstance(caught.value, Unsupported):
            assert kind.name in str(caught.value)
            assert "Export" in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("/nowhere/x.pem",), 271),
        ((b"nonsense",), 271),
        ((Kind.PFX_BLOB, b"nonsense"), 271),
        ((Kind.PEM_KEY_BLOB, b"-----BEGIN PRIVATE KEY-----\nAAAA\n"), 271),
        ((Kind.PEM_KEY_BLOB, pki.intermediate().key_pem + pki.root().pem), 273),
        ((Kind.AUTO, b"\x30\x03\x02\x01\x00"), 271),
    ],
)
def test_what_cannot_be_used_has_its_number(arguments, code):
    with pytest.raises(InputError) as caught:
        Certificate(*arguments)
    assert caught.value.code == code


def test_a_key_that_tls_cannot_use_is_refused():
    pem = pki.Issued(None, x25519.X25519PrivateKey.generate()).key_pem
    with pytest.raises(InputError, match="kind") as caught:
        Certificate(Kind.PEM_KEY_BLOB, pem)
    assert caught.value.code == 273


# -- secrets ------------------------------------------------------------------------------------


def test_secrets_are_in_no_repr(pfx, leaf):
    certificate = Certificate(Kind.PFX_BLOB, pfx, PASSWORD)
    key = base64.b64encode(pfx).decode()[:40]
    body = leaf.key_pem.decode().splitlines()[1]
    for text in (repr(certificate), str(certificate), certificate._repr_html_()):
        assert not any(form in text for form in encodings(PASSWORD))
        assert key not in text
        assert body not in text
    assert repr(certificate.store_password) == repr(certificate.private_key) == HIDDEN
    assert repr(certificate.store_b) == HIDDEN


@pytest.mark.parametrize("bad", ["wrong" + PASSWORD, PASSWORD + "\ud800"])
@pytest.mark.parametrize("kind", [Kind.PFX_BLOB, Kind.PEM_KEY_BLOB])
def test_secrets_are_in_no_verbose_traceback(pfx, locked_pem, kind, bad):
    store = {Kind.PFX_BLOB: pfx, Kind.PEM_KEY_BLOB: locked_pem}[kind]
    with pytest.raises(InputError) as caught:
        Certificate(kind, store, bad)
    shown = variables_of_ours(caught.value)
    assert "Hidden" not in shown
    assert PASSWORD not in shown
    assert repr(store)[2:30] not in shown


def variables_of_ours(error):
    """What `%xmode Verbose` shows of our frames, causes included."""
    shown = ""
    while error is not None:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        shown += "".join(str(f.locals) for f in told.stack if "smtp_nb/wire" in f.filename)
        shown += str(error)
        error = error.__cause__
    return shown


def test_hidden_octets_are_octets():
    assert Hidden(b"abc") == b"abc"
    assert f"{Hidden(b'abc')} {Hidden(b'abc')!r}" == f"{HIDDEN} {HIDDEN}"


# -- reprs --------------------------------------------------------------------------------------


def test_the_rich_repr_is_a_plain_table_and_escaped():
    certificate = Certificate(pki.issue("<script>alert(1)</script>").der)
    html = certificate._repr_html_()
    assert html.startswith("<table>")
    assert "<script" not in html
    assert "<style" not in html
    assert "http" not in html
    assert "SHA-256" in html


def test_the_plain_repr_says_whose_it_is_and_until_when(leaf):
    text = repr(Certificate(leaf.der))
    assert "CN=mail.test" in text
    assert Certificate(leaf.der).expiration_date in text
    assert "private key  no" in text
