"""The fields of the reference's Certificate type, and the ways to fill one."""

from __future__ import annotations

import base64
import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from canary import CANARY, assert_clean, ours, texts_of_error
from smtp_nb import SMTP, Certificate, CertStoreType, KeyUsage
from smtp_nb.errors import InputError, SettingError, SMTPError
from smtp_nb.model.secret import HIDDEN, Secret, encodings
from wire import pki

Kind = CertStoreType
PASSWORD = "opensesame"
LEAF = pki.issue(
    issuer=pki.intermediate(),
    names=("mail.test", "10.0.0.1"),
    extra=x509.KeyUsage(True, False, True, False, False, False, False, False, False),
)
WHOLE = 'CN=mail.test, O="School, Inc.", C=DE'
DIGITS = LEAF.certificate.fingerprint


def lock(password: str) -> Any:
    return serialization.BestAvailableEncryption(password.encode())


def pfx_of(password: str = PASSWORD) -> bytes:
    return pkcs12.serialize_key_and_certificates(
        b"me", LEAF.key, LEAF.certificate, LEAF.chain, lock(password)
    )


PFX = pfx_of()


def field(name: str, reference: str, value: Any) -> Any:
    mark = pytest.mark.covers(f"Certificate.{reference}")
    return pytest.param(name, value, id=reference, marks=mark)


def date(moment: Any) -> str:
    return f"{moment:%d-%b-%Y %H:%M:%S}"


def digest(name: str, separator: str = "") -> str:
    from cryptography.hazmat.primitives import hashes

    octets = DIGITS(getattr(hashes, name)())
    return octets.hex(separator) if separator else octets.hex()


FIELDS = [
    field("effective_date", "EffectiveDate", date(LEAF.certificate.not_valid_before_utc)),
    field("expiration_date", "ExpirationDate", date(LEAF.certificate.not_valid_after_utc)),
    field("encoded", "Encoded", LEAF.pem.decode()),
    field("encoded_b", "EncodedB", LEAF.pem),
    field("extended_key_usage", "ExtendedKeyUsage", "1.3.6.1.5.5.7.3.1"),
    field("fingerprint", "Fingerprint", digest("MD5", ":")),
    field("fingerprint_sha1", "FingerprintSHA1", digest("SHA1", ":")),
    field("fingerprint_sha256", "FingerprintSHA256", digest("SHA256", ":")),
    field("issuer", "Issuer", 'CN=Test intermediate, O="School, Inc.", C=DE'),
    field("private_key", "PrivateKey", Secret(LEAF.key_pem.decode())),
    field("private_key_available", "PrivateKeyAvailable", True),
    field("private_key_container", "PrivateKeyContainer", ""),
    field("public_key_algorithm", "PublicKeyAlgorithm", "ECDSA"),
    field("public_key_length", "PublicKeyLength", 256),
    field("serial_number", "SerialNumber", LEAF.certificate.serial_number.to_bytes(20).hex()),
    field("signature_algorithm", "SignatureAlgorithm", "ECDSA_WITH_SHA256"),
    field("store", "Store", PFX.decode("latin-1")),
    field("store_b", "StoreB", PFX),
    field("store_password", "StorePassword", Secret(PASSWORD)),
    field("store_type", "StoreType", Kind.PFX_BLOB),
    field("subject", "Subject", WHOLE),
    field("subject_alt_names", "SubjectAltNames", "mail.test,10.0.0.1"),
    field("thumbprint_md5", "ThumbprintMD5", digest("MD5")),
    field("thumbprint_sha1", "ThumbprintSHA1", digest("SHA1")),
    field("thumbprint_sha256", "ThumbprintSHA256", digest("SHA256")),
    field("usage", "Usage", "Digital Signatures,Key Encryption"),
    field("usage_flags", "UsageFlags", KeyUsage.DIGITAL_SIGNATURES | KeyUsage.KEY_ENCRYPTION),
    field("version", "Version", "V3"),
]


@pytest.mark.parametrize(("name", "value"), FIELDS)
def test_each_field_of_the_reference_is_told(name: str, value: Any) -> None:
    found = getattr(Certificate(Kind.PFX_BLOB, PFX, PASSWORD, "*"), name)
    if name == "serial_number":
        found, value = found.lower().lstrip("0"), value.lstrip("0")
    assert found == value


@pytest.mark.covers("Certificate.PublicKey")
def test_the_public_key_is_told_as_pem() -> None:
    found = Certificate(LEAF.pem).public_key
    assert serialization.load_pem_public_key(found.encode()) == LEAF.key.public_key()


@pytest.mark.parametrize("name", [param.values[0] for param in FIELDS])
def test_a_field_that_is_only_told_cannot_be_set(name: str) -> None:
    settable = {"encoded", "encoded_b", "store", "store_b", "store_password", "store_type"}
    if name in settable | {"subject"}:
        return
    with pytest.raises(AttributeError):
        setattr(Certificate(LEAF.pem), name, "x")


@pytest.mark.parametrize(
    ("flag", "word"),
    [
        pytest.param(flag, word, id=word, marks=pytest.mark.covers(f"UsageFlags.{word}"))
        for flag, word in [
            (KeyUsage.DIGITAL_SIGNATURES, "Digital Signatures"),
            (KeyUsage.KEY_AUTHENTICATION, "Key Authentication"),
            (KeyUsage.KEY_ENCRYPTION, "Key Encryption"),
            (KeyUsage.DATA_ENCRYPTION, "Data Encryption"),
            (KeyUsage.KEY_AGREEMENT, "Key Agreement"),
            (KeyUsage.CERTIFICATE_SIGNING, "Certificate Signing"),
            (KeyUsage.KEY_SIGNING, "Key Signing"),
        ]
    ],
)
def test_each_use_of_a_key_has_its_bit_and_its_word(flag: KeyUsage, word: str) -> None:
    order = (0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02)
    bits = [bool(flag & bit) for bit in order]
    made = pki.issue(extra=x509.KeyUsage(*bits, encipher_only=False, decipher_only=False))
    assert (Certificate(made.der).usage_flags, Certificate(made.der).usage) == (flag, word)


# -- constructors -------------------------------------------------------------------------------


def constructor(arguments: str) -> Any:
    return pytest.mark.covers(f"Certificate.Certificate({arguments})")


@constructor("")
def test_an_empty_one_is_filled_by_its_properties() -> None:
    made = Certificate()
    assert (made.store_type, made.subject, made.store) == (Kind.USER, "", "")
    made.store_type = "pfx_blob"
    made.store_b = PFX
    made.store_password = PASSWORD
    assert not made
    made.subject = "CN=mail"
    assert made.subject == WHOLE
    assert made.private_key_available


@constructor("certificateFile")
@constructor("certificateData")
def test_the_short_forms_read_a_public_certificate(tmp_path: Path) -> None:
    path = LEAF.write(tmp_path)
    for made in (
        Certificate(str(path)),
        Certificate(certificate_file=str(path)),
        Certificate(LEAF.der),
        Certificate(certificate_data=LEAF.pem),
    ):
        assert made.subject == WHOLE
        assert not made.private_key_available


@constructor("certStoreType, store, storePassword, subject")
@constructor("certStoreType, storeBlob, storePassword, subject")
@constructor("certStoreType, store, storePassword, encoded")
@constructor("certStoreType, storeBlob, storePassword, encoded")
@pytest.mark.parametrize("wanted", [WHOLE, "mail.test", "*", "", LEAF.pem, LEAF.der])
@pytest.mark.parametrize("kind", [Kind.PFX_FILE, 2, "pfx_file", "AUTO"])
def test_the_long_forms_look_into_a_store(tmp_path: Path, kind: Any, wanted: Any) -> None:
    path = tmp_path / "me.pfx"
    path.write_bytes(PFX)
    name = "encoded" if isinstance(wanted, bytes) else "subject"
    named: dict[str, Any] = {"store_password": PASSWORD, name: wanted}
    blob = Kind.PFX_BLOB
    for made in (
        Certificate(kind, str(path), PASSWORD, wanted),
        Certificate(cert_store_type=kind, store=str(path), **named),
        Certificate(blob, PFX, PASSWORD, wanted),
        Certificate(cert_store_type=blob, store_blob=PFX, **named),
        Certificate(blob, base64.b64encode(PFX).decode(), Secret(PASSWORD), wanted),
    ):
        assert made.subject == WHOLE
        assert made.private_key_available


@constructor("certStoreType, store, storePassword, subject, configurationString")
@constructor("certStoreType, storeBlob, storePassword, subject, configurationString")
@pytest.mark.parametrize("name", ["thumbprint_md5", "fingerprint_sha1", "thumbprint_sha256"])
def test_a_thumbprint_picks_the_certificate(name: str) -> None:
    store = pki.root().pem + LEAF.pem
    wanted = getattr(Certificate(LEAF.pem), name).upper()
    for lines in (f"Thumbprint={wanted}", f"PersistPFXKey=False\r\nthumbprint = {wanted}\n"):
        made = Certificate(Kind.PUBLIC_KEY_BLOB, store, "", "Test root", lines)
        assert made.subject == WHOLE
    with pytest.raises(InputError) as caught:
        Certificate(Kind.PUBLIC_KEY_BLOB, store, "", "*", "Thumbprint=00")
    assert caught.value.code == 272


@pytest.mark.parametrize(
    "arguments",
    [
        (Kind.PFX_BLOB, PFX, PASSWORD, "*", "Tumbprint=00"),
        ("pfx", PFX, PASSWORD),
        (98, PFX, PASSWORD),
    ],
)
def test_what_a_constructor_does_not_know_is_told(arguments: Any) -> None:
    with pytest.raises(SettingError) as caught:
        Certificate(*arguments)
    assert "Use" in caught.value.remedy


def test_a_keyword_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(TypeError, match="stroe"):
        Certificate(Kind.PFX_BLOB, stroe=PFX)


# -- setting ------------------------------------------------------------------------------------


def test_assigning_a_subject_picks_another_entry_or_none() -> None:
    made = Certificate(Kind.PUBLIC_KEY_BLOB, LEAF.pem + pki.root().pem, "", "*")
    assert made.subject == WHOLE
    made.subject = "Test root"
    assert made == Certificate(pki.root().pem)
    made.subject = "nobody"
    assert (made.subject, made.encoded, bool(made)) == ("", "", False)
    made.subject = "*"
    assert made.subject == WHOLE
    made.subject = ""
    assert not made


def test_the_order_of_store_and_subject_does_not_matter() -> None:
    made = Certificate()
    made.store_type, made.store_password, made.subject = Kind.PFX_BLOB, PASSWORD, "mail"
    assert made.subject == "mail"
    made.store_b = PFX
    assert made.subject == WHOLE


def test_a_new_store_empties_what_the_old_one_gave(tmp_path: Path) -> None:
    made = Certificate(str(LEAF.write(tmp_path)))
    made.subject = "nobody"
    made.store = str(pki.root().write(tmp_path, "root.pem"))
    assert not made
    made.subject = "*"
    assert made.subject.startswith("CN=Test root")
    assert made.store_b.endswith(b"root.pem")


def test_an_assigned_certificate_finds_its_key_in_the_store() -> None:
    made = Certificate()
    made.encoded = LEAF.pem.decode()
    assert (made.subject, made.private_key_available) == (WHOLE, False)
    made.store_type, made.store_password = Kind.PFX_BLOB, PASSWORD
    made.store = PFX.decode("latin-1")
    assert made.private_key_available
    made.encoded_b = pki.root().der
    assert made.encoded == pki.root().pem.decode()
    assert (made.subject, made.private_key_available) == ("", False)  # as the reference has it
    with pytest.raises(InputError) as caught:
        made.encoded = "nonsense"
    assert caught.value.code == 271
    assert not made


# -- copies and secrets -------------------------------------------------------------------------


def test_a_copy_is_changed_alone() -> None:
    made = Certificate(Kind.PUBLIC_KEY_BLOB, LEAF.pem + pki.root().pem, "", "*")
    other = copy.copy(made)
    other.subject = "Test root"
    assert made.subject == WHOLE


def test_what_is_public_pickles_and_nothing_else() -> None:
    assert pickle.loads(pickle.dumps(Certificate(LEAF.pem))) == Certificate(LEAF.pem)
    assert pickle.loads(pickle.dumps(Certificate())) == Certificate()
    bare = Certificate(Certificate(LEAF.pem).public_key.encode())
    assert pickle.loads(pickle.dumps(bare)) == bare
    for made in (Certificate(Kind.PFX_BLOB, PFX, PASSWORD), Certificate(Kind.AUTO, LEAF.key_pem)):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(made)


def shown(made: Certificate) -> str:
    fields = [name for name in dir(made) if not name.startswith("_")]
    values = [getattr(made, name) for name in fields]
    return f"{made}{made!r}{made._repr_html_()}{vars(made)!r}{values!r}{values!s}{made.store:>9}"


def test_neither_password_nor_key_shows_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "me.pfx"
    path.write_bytes(pfx_of(CANARY))
    body = encodings("".join(LEAF.key_pem.decode().splitlines()[1:-1]))
    for made in (
        Certificate(Kind.PFX_FILE, str(path), CANARY),
        Certificate(Kind.PFX_BLOB, path.read_bytes(), CANARY),
        Certificate(Kind.AUTO, LEAF.key_pem.decode(), CANARY),
    ):
        assert_clean(shown(made), "the certificate")
        assert not any(spelling in shown(made) for spelling in body)
        assert HIDDEN in shown(made)


def test_a_key_that_was_taken_for_a_files_name_shows_in_no_error() -> None:
    """Its text in place of a file's name, which errors show."""
    text = LEAF.key_pem.decode()
    body = text.splitlines()[1]
    for arguments in (
        (text,),
        (Kind.PFX_FILE, text),
        (Kind.PEM_KEY_FILE, f"{text}x"),
        ("JWK_FILE", text),
    ):
        try:
            Certificate(*arguments)
        except SMTPError as error:
            for where, shown in texts_of_error(error):
                assert body not in ours(shown), where


@pytest.mark.parametrize(
    ("form", "wanted", "is_right"),
    [
        *(("PKCS8", wanted, True) for wanted in ("nobody", b"nonsense", pki.root().pem)),
        ("PKCS8", "*", False),
        ("OpenSSH", "*", False),
    ],
)
def test_no_traceback_shows_them(form: str, wanted: Any, is_right: bool) -> None:
    stores = {
        "PKCS8": pfx_of(CANARY if is_right else "another"),
        "OpenSSH": LEAF.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, lock("another")
        ),
    }
    with pytest.raises(SMTPError) as caught:
        Certificate(Kind.AUTO, stores.pop(form), CANARY, wanted)
    for where, text in texts_of_error(caught.value):
        assert_clean(ours(text), where)


def mistakes(pem: bytes) -> list[Callable[[], object]]:
    """Each with an unprotected key in it, and an error that is not about its form."""
    made = Certificate()
    made.store_type, made.subject = Kind.PFX_BLOB, "*"
    return [
        lambda: Certificate(Kind.PEM_KEY_BLOB, pem, "", "nobody"),
        lambda: Certificate(Kind.PEM_KEY_BLOB, pem.decode(), "", "*", "No=1"),
        lambda: Certificate("no such type", pem),
        lambda: Certificate(cert_store_type=Kind.PFX_BLOB, store_blob=pem),
        lambda: Certificate(stroe=pem),
        lambda: Certificate(pem + b"-----BEGIN CERTIFICATE-----"),
        lambda: setattr(made, "store", pem),
        lambda: setattr(made, "store_b", pem),
        lambda: setattr(SMTP(), "ssl_cert", pem + b"-----BEGIN CERTIFICATE-----"),
    ]


@pytest.mark.parametrize("number", range(9))
def test_no_traceback_shows_what_was_given(number: int) -> None:
    body = LEAF.key_pem.splitlines()[1].decode()
    with pytest.raises((SMTPError, TypeError)) as caught:
        mistakes(pem_of_key())[number]()
    for where, text in texts_of_error(caught.value):
        assert body not in ours(text), where


def pem_of_key() -> bytes:
    return LEAF.key_pem


def test_the_rich_repr_says_what_a_person_asks_first() -> None:
    made = Certificate(Kind.PFX_BLOB, PFX, PASSWORD)
    for text in (repr(made), made._repr_html_()):
        for fact in ("mail.test", "Test intermediate", "ECDSA 256", "yes", made.expiration_date):
            assert fact in text
        assert made.fingerprint_sha256 in text
