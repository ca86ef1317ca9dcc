"""Every form of store, as the programs that make such stores write it."""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import import_key

from components import require
from smtp_nb import Certificate, CertStoreType
from smtp_nb.errors import InputError, Unsupported
from smtp_nb.wire.certificates.identity import Hidden
from smtp_nb.wire.certificates.stores import MAX_STORE, open_store
from wire import pki

Kind = CertStoreType
PASSWORD = "opensesame"
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
NAMES = {
    Kind.PFX_FILE: "cstPFXFile",
    Kind.PFX_BLOB: "cstPFXBlob",
    Kind.PEM_KEY_FILE: "cstPEMKeyFile",
    Kind.PEM_KEY_BLOB: "cstPEMKeyBlob",
    Kind.PUBLIC_KEY_FILE: "cstPublicKeyFile",
    Kind.PUBLIC_KEY_BLOB: "cstPublicKeyBlob",
    Kind.SSH_PUBLIC_KEY_BLOB: "cstSSHPublicKeyBlob",
    Kind.SSH_PUBLIC_KEY_FILE: "cstSSHPublicKeyFile",
    Kind.P7B_FILE: "cstP7BFile",
    Kind.P7B_BLOB: "cstP7BBlob",
    Kind.PPK_FILE: "cstPPKFile",
    Kind.PPK_BLOB: "cstPPKBlob",
    Kind.XML_FILE: "cstXMLFile",
    Kind.XML_BLOB: "cstXMLBlob",
    Kind.JWK_FILE: "cstJWKFile",
    Kind.JWK_BLOB: "cstJWKBlob",
}
KEYS: dict[str, Any] = {
    "RSA": rsa.generate_private_key(65537, 2048),
    "ECDSA": ec.generate_private_key(ec.SECP384R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
}
RSA = pki.issue(issuer=pki.intermediate(), key=KEYS["RSA"])


def pem_of(key: Any, password: str = "", form: str = "PKCS8") -> bytes:
    lock: Any = serialization.NoEncryption()
    if password:
        lock = serialization.BestAvailableEncryption(password.encode())
    return key.private_bytes(PEM, getattr(serialization.PrivateFormat, form), lock)


def public_pem(key: Any) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(PEM, form).decode()


def ssh_line(key: Any) -> bytes:
    form = serialization.PublicFormat.OpenSSH
    return key.public_key().public_bytes(serialization.Encoding.OpenSSH, form)


def both(*kinds: CertStoreType) -> Any:
    """As a file and as octets, by its own type and by AUTO."""
    return [
        pytest.param(kind, id=kind.name, marks=pytest.mark.covers(f"CertStoreTypes.{NAMES[kind]}"))
        for kind in kinds
    ] + [pytest.param(Kind.AUTO, id="AUTO", marks=pytest.mark.covers("CertStoreTypes.cstAuto"))]


@pytest.fixture
def put(tmp_path: Path) -> Callable[[CertStoreType, bytes], Any]:
    """The store as the type wants it: a file's name, or the octets."""

    def put(kind: CertStoreType, data: bytes) -> Any:
        if kind.name.endswith("_BLOB"):
            return data
        path = tmp_path / "store"
        path.write_bytes(data)
        return str(path)

    return put


def code_of(*arguments: Any) -> int:
    with pytest.raises(InputError) as caught:
        Certificate(*arguments)
    assert caught.value.remedy
    return caught.value.code


def assert_locked(kind: CertStoreType, store: Any) -> None:
    """A right password opens, a wrong one and none have the reference's number."""
    assert Certificate(kind, store, PASSWORD, "*").private_key_available
    with pytest.raises(InputError, match="does not open") as caught:
        Certificate(kind, store, "wrong", "*")
    assert caught.value.code == 273
    with pytest.raises(InputError, match="no password was given") as caught:
        Certificate(kind, store, "", "*")
    assert caught.value.code == 273


# -- PEM, DER, PFX ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", both(Kind.PEM_KEY_FILE, Kind.PEM_KEY_BLOB))
@pytest.mark.parametrize(
    ("form", "algorithm"), [*(("PKCS8", name) for name in KEYS), ("OpenSSH", "Ed25519")]
)
def test_a_private_key_opens_with_its_password_alone(kind, algorithm, form, put) -> None:
    key = KEYS[algorithm]
    assert_locked(kind, put(kind, pem_of(key, PASSWORD, form)))
    opened = Certificate(kind, put(kind, pem_of(key, form=form)), "not needed", "*")
    assert opened.private_key.reveal() == pem_of(key).decode()
    assert (opened.public_key, opened.public_key_algorithm) == (public_pem(key), algorithm)
    assert opened
    assert opened.subject == opened.encoded == ""


@pytest.mark.parametrize("kind", [Kind.PEM_KEY_BLOB, Kind.AUTO])
def test_the_older_lock_of_openssl_opens_too(kind) -> None:
    data = pem_of(KEYS["RSA"], PASSWORD, "TraditionalOpenSSL") + RSA.pem
    assert b"Proc-Type: 4,ENCRYPTED" in data
    assert_locked(kind, data)


@pytest.mark.parametrize("kind", both(Kind.PUBLIC_KEY_FILE, Kind.PUBLIC_KEY_BLOB))
def test_a_public_key_alone_is_read(kind, put) -> None:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    for encoding in (PEM, DER):
        data = KEYS["RSA"].public_key().public_bytes(encoding, form)
        opened = Certificate(kind, put(kind, data), "", "*")
        assert opened.public_key == public_pem(KEYS["RSA"])
        assert (opened.public_key_algorithm, opened.public_key_length) == ("RSA", 2048)
        assert "RSA 2048" in repr(opened)


def test_a_private_key_in_der_is_found_out() -> None:
    key = KEYS["ECDSA"]
    lock = serialization.BestAvailableEncryption(PASSWORD.encode())
    data = key.private_bytes(DER, serialization.PrivateFormat.PKCS8, lock)
    assert_locked(Kind.AUTO, data)


@pytest.mark.parametrize("kind", both(Kind.PFX_FILE, Kind.PFX_BLOB))
@pytest.mark.parametrize("lock", ["PBESv2SHA256AndAES256CBC", "PBESv1SHA1And3KeyTripleDESCBC"])
def test_a_pfx_opens_with_its_password_alone(kind, lock, put) -> None:
    builder = serialization.PrivateFormat.PKCS12.encryption_builder()
    builder = builder.key_cert_algorithm(getattr(pkcs12.PBES, lock)).hmac_hash(hashes.SHA1())
    made = pkcs12.serialize_key_and_certificates(
        b"me", RSA.key, RSA.certificate, RSA.chain, builder.build(PASSWORD.encode())
    )
    assert_locked(kind, put(kind, made))
    opened = Certificate(kind, put(kind, made), PASSWORD, "CN=mail.test")
    assert opened == Certificate(RSA.der)
    assert len(opened.identity.chain) == 2


@pytest.mark.parametrize("kind", [Kind.JKS_FILE, Kind.JKS_BLOB])
@pytest.mark.covers("CertStoreTypes.cstJKSFile")
@pytest.mark.covers("CertStoreTypes.cstJKSBlob")
def test_what_java_writes_since_version_9_is_a_pfx(kind, put) -> None:
    lock = serialization.BestAvailableEncryption(PASSWORD.encode())
    made = pkcs12.serialize_key_and_certificates(b"me", RSA.key, RSA.certificate, None, lock)
    assert_locked(kind, put(kind, made))


@pytest.mark.parametrize("kind", both(Kind.P7B_FILE, Kind.P7B_BLOB))
@pytest.mark.parametrize("encoding", [PEM, DER])
def test_a_p7b_holds_certificates_whose_keys_are_elsewhere(kind, encoding, put) -> None:
    links = [pki.root().certificate, pki.intermediate().certificate, RSA.certificate]
    store = put(kind, pkcs7.serialize_certificates(links, encoding))
    assert Certificate(kind, store, "", "*") == Certificate(RSA.der)
    assert Certificate(kind, store, "", "Test root") == Certificate(pki.root().der)
    assert not Certificate(kind, store, "", "*").private_key_available
    assert code_of(kind, store, "", "CN=nobody") == 272


def test_a_p7b_of_openssl_is_read(tmp_path) -> None:
    (tmp_path / "chain.pem").write_bytes(RSA.pem + pki.root().pem)
    openssl(tmp_path, "crl2pkcs7", "-nocrl", "-certfile", "chain.pem", "-out", "out.p7b")
    opened = Certificate(Kind.P7B_FILE, str(tmp_path / "out.p7b"), "", "mail.test")
    assert opened == Certificate(RSA.der)


def openssl(folder: Path, *arguments: str) -> None:
    program = require("openssl")["openssl"]
    subprocess.run([program, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.covers("CertStoreTypes.cstPFXFile")
@pytest.mark.parametrize("options", [[], ["-legacy"], ["-nomac"], ["-keypbe", "NONE"]])
def test_a_pfx_of_openssl_is_read(tmp_path, options) -> None:
    (tmp_path / "me.pem").write_bytes(RSA.key_pem + RSA.pem)
    export = [
        "pkcs12",
        "-export",
        "-in",
        "me.pem",
        "-out",
        "me.pfx",
        "-passout",
        f"pass:{PASSWORD}",
    ]
    openssl(tmp_path, *export, *options)
    opened = Certificate(Kind.PFX_FILE, str(tmp_path / "me.pfx"), PASSWORD, "*")
    assert (opened, opened.private_key_available) == (Certificate(RSA.der), True)


@pytest.mark.parametrize(
    "lock", ["-nocrypt", "-v2 aes256", "-v2 des3", "-scrypt", "-v1 PBE-SHA1-3DES"]
)
def test_a_key_that_openssl_locked_is_read(tmp_path, lock) -> None:
    (tmp_path / "key.pem").write_bytes(pem_of(KEYS["RSA"]))
    change = ["pkcs8", "-topk8", "-in", "key.pem", "-out", "out.pem", "-passout"]
    openssl(tmp_path, *change, f"pass:{PASSWORD}", *lock.split())
    opened = Certificate(Kind.PEM_KEY_FILE, str(tmp_path / "out.pem"), PASSWORD, "*")
    assert opened.private_key.reveal() == pem_of(KEYS["RSA"]).decode()


# -- SSH and PuTTY ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", both(Kind.SSH_PUBLIC_KEY_FILE, Kind.SSH_PUBLIC_KEY_BLOB))
@pytest.mark.parametrize("algorithm", KEYS)
def test_a_public_key_of_ssh_is_read(kind, algorithm, put) -> None:
    key = KEYS[algorithm]
    store = put(kind, b"# ours\n" * (kind is not Kind.AUTO) + ssh_line(key) + b" ann@laptop\n")
    opened = Certificate(kind, store, "", "*")
    assert opened.public_key == public_pem(key)
    assert not opened.private_key_available


@pytest.mark.parametrize("kind", [Kind.SSH_PUBLIC_KEY_BLOB, Kind.AUTO])
@pytest.mark.parametrize("algorithm", KEYS)
def test_a_public_key_as_in_rfc_4716_is_read(kind, algorithm, tmp_path) -> None:
    keygen = require("ssh-keygen")["ssh-keygen"]
    (tmp_path / "key.pub").write_bytes(ssh_line(KEYS[algorithm]) + b" a: b\n")
    made = subprocess.run(
        [keygen, "-e", "-m", "RFC4716", "-f", tmp_path / "key.pub"], capture_output=True, check=True
    ).stdout
    assert Certificate(kind, made, "", "*").public_key == public_pem(KEYS[algorithm])


def ppk(folder: Path, key: Any, *options: str, password: str = "") -> bytes:
    """What PuTTY's own program makes of a key."""
    puttygen = require("puttygen")["puttygen"]
    (folder / "key").write_bytes(pem_of(key, form="OpenSSH"))
    (folder / "password").write_text(password)
    lock = ["--new-passphrase", "password"]
    command = [puttygen, "key", "-O", "private", "-o", "key.ppk", "-C", "Änn's", *lock, *options]
    subprocess.run(command, cwd=folder, check=True)
    return (folder / "key.ppk").read_bytes()


CHEAP = "kdf=argon2id,memory=64,passes=1"


@pytest.mark.parametrize("kind", both(Kind.PPK_FILE, Kind.PPK_BLOB))
@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("version", ["version=2", f"version=3,{CHEAP}"])
def test_a_key_of_putty_opens(kind, algorithm, version, put, tmp_path) -> None:
    key = KEYS[algorithm]
    open_one = ppk(tmp_path, key, "--ppk-param", version)
    opened = Certificate(kind, put(kind, open_one), "", "*")
    assert opened.private_key.reveal() == pem_of(key).decode()
    assert opened.public_key == public_pem(key)
    locked = ppk(tmp_path, key, "--ppk-param", version, password=PASSWORD)
    assert_locked(kind, put(kind, locked))


@pytest.mark.parametrize("kdf", ["argon2i", "argon2d"])
def test_each_key_derivation_of_putty_is_known(kdf, tmp_path) -> None:
    options = ("--ppk-param", f"version=3,kdf={kdf},memory=64,passes=1")
    assert_locked(Kind.PPK_BLOB, ppk(tmp_path, KEYS["Ed25519"], *options, password=PASSWORD))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Comment: ", b"Comment: not "),
        (b"Private-MAC: ", b"Private-MAC: 00"),
        (b"File-3", b"File-1"),
        (b"Encryption: none", b"Encryption: rot13"),
        (b"Private-Lines: 1", b"Private-Lines: 999999999"),
        (b"Private-Lines: 1", b"Private-Lines: -1"),
        (b"Public-Lines: 2", b"Public-Lines: 2\nPublic-Lines: 2"),
        (b"Comment: ", b"Remark: "),
    ],
)
def test_a_key_of_putty_that_was_changed_is_refused(old, new, tmp_path) -> None:
    data = ppk(tmp_path, KEYS["Ed25519"], "--ppk-param", f"version=3,{CHEAP}")
    assert old in data
    assert code_of(Kind.PPK_BLOB, data.replace(old, new), "", "*") == 271


@pytest.mark.parametrize(
    "cost",
    [
        b"Argon2-Memory: 999999999",
        b"Argon2-Memory: 1000000\nArgon2-Passes: 1000",
        b"Argon2-Passes: 999999999",
        b"Argon2-Parallelism: 9999",
    ],
)
def test_a_key_of_putty_that_would_cost_hours_is_refused(cost, tmp_path) -> None:
    data = ppk(tmp_path, KEYS["Ed25519"], "--ppk-param", f"version=3,{CHEAP}", password=PASSWORD)
    name = cost.partition(b":")[0]
    lines = [cost if line.startswith(name) else line for line in data.splitlines()]
    if cost.count(b"\n"):
        lines = [line for line in lines if line != b"Argon2-Passes: 1"]
    assert code_of(Kind.PPK_BLOB, b"\n".join(lines), PASSWORD, "*") == 271


# -- XML ----------------------------------------------------------------------------------------


def xml_key(with_private: bool = True, key: Any = KEYS["RSA"]) -> str:
    """RSAKeyValue as .NET's ToXmlString writes it."""
    private = key.private_numbers()
    numbers = {"Modulus": private.public_numbers.n, "Exponent": private.public_numbers.e}
    if with_private:
        numbers |= {"P": private.p, "Q": private.q, "DP": private.dmp1, "DQ": private.dmq1}
        numbers |= {"InverseQ": private.iqmp, "D": private.d}
    parts = [f"<{name}>{base64_of(number)}</{name}>" for name, number in numbers.items()]
    return f"<RSAKeyValue>{''.join(parts)}</RSAKeyValue>"


def base64_of(number: int) -> str:
    return base64.b64encode(number.to_bytes((number.bit_length() + 7) // 8)).decode()


def xml_certificate(der: bytes) -> str:
    return f"<X509Certificate>\n{base64.encodebytes(der).decode()}</X509Certificate>"


@pytest.mark.parametrize("kind", both(Kind.XML_FILE, Kind.XML_BLOB))
def test_a_key_in_xml_is_read(kind, put) -> None:
    opened = Certificate(kind, put(kind, xml_key().encode()), "", "*")
    assert opened.private_key.reveal() == pem_of(KEYS["RSA"]).decode()
    public = Certificate(kind, put(kind, xml_key(with_private=False).encode()), "", "*")
    assert public.public_key == public_pem(KEYS["RSA"])
    assert not public.private_key_available


@pytest.mark.parametrize("kind", both(Kind.XML_FILE, Kind.XML_BLOB))
def test_the_key_info_of_a_signature_is_read(kind, put) -> None:
    links = xml_certificate(pki.intermediate().der) + xml_certificate(RSA.der)
    text = f"""<?xml version="1.0" encoding="utf-8"?>
        <KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">
        <KeyValue>{xml_key()}</KeyValue><X509Data>{links}</X509Data></KeyInfo>"""
    opened = Certificate(kind, put(kind, text.encode()), "", "*")
    assert opened == Certificate(RSA.der)
    assert opened.private_key_available
    assert opened.identity.chain == (pki.intermediate().certificate,)


def test_certificates_in_xml_are_picked_by_subject() -> None:
    text = f"<a>{xml_certificate(pki.root().der)}{xml_certificate(RSA.der)}</a>"
    assert Certificate(Kind.XML_BLOB, text, "", "Test root") == Certificate(pki.root().der)


BOMB = '<!DOCTYPE a [<!ENTITY b "ha">' + "".join(
    f'<!ENTITY b{n + 1} "{f"&b{n or str()};" * 10}">' for n in range(9)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB + "]><a>&b9;</a>",
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>',
        "<!DOCTYPE a><a/>",
        "<a>&b;</a>",
        "<a",
        "<a/>",
        "<RSAKeyValue><Modulus>AAAA</Modulus></RSAKeyValue>",
        "<RSAKeyValue><Modulus>AAAA</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>",
        f"<RSAKeyValue><Modulus>{'A' * 9000}</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>",
        xml_key() + xml_key(),
        f"<a>{xml_key()}{xml_certificate(pki.root().der)}</a>",
        "<X509Certificate>MAA=</X509Certificate>",
        "<a>" * 100_000,
    ],
)
@pytest.mark.parametrize("kind", [Kind.XML_BLOB, Kind.AUTO])
def test_hostile_xml_is_refused(kind, text) -> None:
    assert code_of(kind, text.encode(), "", "*") == 271


# -- JWK ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", both(Kind.JWK_FILE, Kind.JWK_BLOB))
@pytest.mark.parametrize("algorithm", KEYS)
def test_a_jwk_is_read(kind, algorithm, put) -> None:
    key = KEYS[algorithm]
    name = {"RSA": "RSA", "ECDSA": "EC", "Ed25519": "OKP"}[algorithm]
    jwk = import_key(pem_of(key), name)
    opened = Certificate(kind, put(kind, json.dumps(jwk.as_dict(private=True)).encode()), "", "*")
    assert opened.private_key.reveal() == pem_of(key).decode()
    public = json.dumps({"keys": [jwk.as_dict(private=False)]}, indent=1)
    assert Certificate(kind, put(kind, public.encode()), "", "*").public_key == public_pem(key)


@pytest.mark.parametrize("kind", both(Kind.JWK_FILE, Kind.JWK_BLOB))
def test_a_jwk_may_bring_its_certificates(kind, put) -> None:
    jwk = import_key(pem_of(KEYS["RSA"]), "RSA").as_dict(private=True)
    jwk["x5c"] = [base64.b64encode(der).decode() for der in (RSA.der, pki.root().der)]
    opened = Certificate(kind, put(kind, json.dumps(jwk).encode()), "", "mail.test")
    assert opened == Certificate(RSA.der)
    assert opened.private_key_available
    assert opened.identity.chain == (pki.root().certificate,)
    jwk["x5c"].reverse()
    assert code_of(kind, put(kind, json.dumps(jwk).encode()), "", "*") == 271


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "{",
        '{"keys": []}',
        '{"keys": 5}',
        '{"keys": [5]}',
        '{"kty": "oct", "k": "c2VjcmV0"}',
        '{"kty": "RSA", "n": 5, "e": "AQAB"}',
        '{"kty": "RSA", "e": "AQAB"}',
        '{"kty": "RSA", "n": "AAAA", "e": "AQAB"}',
        '{"kty": "RSA", "n": "AAAA", "e": "AQAB", "d": "AAAA"}',
        '{"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"}',
        '{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}',
        '{"kty": "RSA", "n": "%s", "e": "AQAB"}' % ("A" * 9000),
        '{"a":' * 100_000,
    ],
)
def test_a_hostile_jwk_is_refused(text) -> None:
    assert code_of(Kind.JWK_BLOB, text.encode(), "", "*") == 271


def test_a_key_for_agreement_alone_is_no_key_for_tls() -> None:
    jwk = {"kty": "OKP", "crv": "X25519", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}
    assert code_of(Kind.JWK_BLOB, json.dumps(jwk).encode(), "", "*") == 273


# -- what cannot be opened ----------------------------------------------------------------------


UNOPENED = [
    (Kind.USER, "cstUser", "Windows"),
    (Kind.MACHINE, "cstMachine", "Windows"),
    (Kind.SECURITY_KEY, "cstSecurityKey", "never leaves it"),
    (Kind.BCFKS_FILE, "cstBCFKSFile", "Bouncy Castle"),
    (Kind.BCFKS_BLOB, "cstBCFKSBlob", "Bouncy Castle"),
]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        pytest.param(kind, reason, marks=pytest.mark.covers(f"CertStoreTypes.{name}"), id=name)
        for kind, name, reason in UNOPENED
    ],
)
def test_other_stores_say_why_they_do_not_open(kind, reason) -> None:
    with pytest.raises(Unsupported, match=reason) as caught:
        Certificate(kind, "MY", "", "*")
    assert kind.name in str(caught.value)
    assert "PFX or PEM" in caught.value.remedy


@pytest.mark.parametrize("kind", [Kind.JKS_BLOB, Kind.AUTO])
def test_the_old_form_of_javas_stores_has_its_way_out(kind) -> None:
    with pytest.raises(Unsupported, match="keytool -importkeystore"):
        Certificate(kind, b"\xfe\xed\xfe\xed\x00\x00\x00\x02", "", "*")


def test_a_huge_store_is_not_read_to_its_end(tmp_path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert code_of(Kind.AUTO, str(path), "", "*") == 271
    assert code_of(Kind.AUTO, b"\0" * (MAX_STORE + 1), "", "*") == 271


def test_an_empty_file_is_no_store(tmp_path) -> None:
    path = tmp_path / "empty"
    path.touch()
    assert code_of(Kind.AUTO, str(path), "", "*") == 271


def samples() -> list[bytes]:
    lock = serialization.NoEncryption()
    return [
        pem_of(KEYS["ECDSA"]) + RSA.pem,
        RSA.der,
        pkcs12.serialize_key_and_certificates(b"me", RSA.key, RSA.certificate, None, lock),
        pkcs7.serialize_certificates([RSA.certificate], DER),
        ssh_line(KEYS["Ed25519"]),
        pem_of(KEYS["Ed25519"], form="OpenSSH"),
        xml_key().encode(),
        json.dumps(import_key(pem_of(KEYS["ECDSA"]), "EC").as_dict(private=True)).encode(),
    ]


@given(
    data=st.sampled_from(samples()),
    at=st.integers(0, 4000),
    octets=st.binary(min_size=1, max_size=4),
    cut=st.integers(0, 4000),
)
@settings(max_examples=400)
def test_whatever_is_malformed_is_an_error_of_ours(data, at, octets, cut) -> None:
    at %= len(data)
    broken = (data[:at] + octets + data[at + len(octets) :])[: cut or None]
    for kind in (Kind.AUTO, Kind.PFX_BLOB, Kind.XML_BLOB):
        with contextlib.suppress(InputError, Unsupported):
            open_store(kind, Hidden(broken), Hidden())
