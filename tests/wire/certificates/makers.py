"""Keys and certificates in the forms of stores, as the programs that make them write them."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from components import require
from smtp_nb import Certificate, CertStoreType
from smtp_nb.errors import InputError
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
CHEAP = "kdf=argon2id,memory=64,passes=1"  # a key derivation that costs little


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


def ppk(folder: Path, key: Any, *options: str, password: str = "") -> bytes:
    """What PuTTY's own program makes of a key."""
    puttygen = require("puttygen")["puttygen"]
    (folder / "key").write_bytes(pem_of(key, form="OpenSSH"))
    (folder / "password").write_text(password)
    lock = ["--new-passphrase", "password"]
    command = [puttygen, "key", "-O", "private", "-o", "key.ppk", "-C", "Änn's", *lock, *options]
    subprocess.run(command, cwd=folder, check=True)
    return (folder / "key.ppk").read_bytes()


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
