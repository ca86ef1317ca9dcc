"""PEM, DER, PFX, PKCS 7 and SSH public keys, as the programs that make them write them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from components import require
from smtp_nb import Certificate
from wire import pki
from wire.certificates.makers import (
    DER,
    KEYS,
    PASSWORD,
    PEM,
    RSA,
    Kind,
    assert_locked,
    both,
    code_of,
    pem_of,
    public_pem,
    ssh_line,
)


def openssl(folder: Path, *arguments: str) -> None:
    program = require("openssl")["openssl"]
    subprocess.run([program, *arguments], cwd=folder, check=True, capture_output=True)


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
