"""Stores that would take hours to open are refused, and no others."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given
from hypothesis import strategies as st

from components import require
from smtp_nb import Certificate, CertStoreType
from smtp_nb.errors import InputError
from smtp_nb.wire.certificates import kdf_limits
from smtp_nb.wire.certificates.kdf_limits import MAX_ROUNDS, refuse_costly
from wire import pki

Kind = CertStoreType
PASSWORD = b"opensesame"
ROUNDS = 20_000
FORMATS = serialization.PrivateFormat
LEAF = pki.issue()


def pfx(folder: Path) -> bytes:
    lock = FORMATS.PKCS12.encryption_builder().kdf_rounds(ROUNDS).hmac_hash(hashes.SHA256())
    return pkcs12.serialize_key_and_certificates(
        b"me", LEAF.key, LEAF.certificate, None, lock.build(PASSWORD)
    )


def pem(folder: Path, *lock: str) -> bytes:
    openssl = require("openssl")["openssl"]
    (folder / "key.pem").write_bytes(LEAF.key_pem)
    change = [openssl, "pkcs8", "-topk8", "-in", "key.pem", "-out", "out.pem"]
    subprocess.run(
        [*change, "-passout", f"pass:{PASSWORD.decode()}", *lock], cwd=folder, check=True
    )
    return (folder / "out.pem").read_bytes()


def openssh(folder: Path) -> bytes:
    lock = serialization.BestAvailableEncryption(PASSWORD)
    return LEAF.key.private_bytes(serialization.Encoding.PEM, FORMATS.OpenSSH, lock)


STORES = {
    "PFX": pfx,
    "PBKDF2": lambda folder: pem(folder, "-iter", str(ROUNDS)),
    "PBES1": lambda folder: pem(folder, "-v1", "PBE-SHA1-3DES", "-iter", str(ROUNDS)),
    "scrypt": lambda folder: pem(folder, "-scrypt", "-scrypt_N", "16384"),
    "OpenSSH": openssh,
}


@pytest.mark.parametrize("form", STORES)
def test_what_a_store_would_cost_is_seen_before_it_is_opened(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = STORES[form](tmp_path)
    assert Certificate(Kind.AUTO, made, PASSWORD.decode()).private_key_available
    monkeypatch.setattr(kdf_limits, "MAX_ROUNDS", 10_000)
    monkeypatch.setattr(kdf_limits, "MAX_BCRYPT", 8)
    with pytest.raises(InputError, match="longer than any legitimate store") as caught:
        Certificate(Kind.AUTO, made, PASSWORD.decode())
    assert caught.value.code == 271


def test_a_store_that_would_take_half_an_hour_is_refused() -> None:
    salt_and_rounds = b"\x04\x08saltsalt\x02\x04\x7f\xff\xff\xff"
    nested = b"\x04" + bytes([len(salt_and_rounds) + 2, 0x30, len(salt_and_rounds)])
    with pytest.raises(ValueError, match="longer"):
        refuse_costly(nested + salt_and_rounds)


def test_large_numbers_elsewhere_cost_nothing() -> None:
    serial = MAX_ROUNDS.to_bytes(8) + b"\1"
    refuse_costly(b"\x30\x0b\x02\x09" + serial)
    refuse_costly(LEAF.der)
    refuse_costly(LEAF.key_pem)


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=50).map(lambda it: b"\x30\x80" + it)))
def test_whatever_it_is_it_is_looked_at(data: bytes) -> None:
    refuse_costly(data)
    refuse_costly(kdf_limits._OPENSSH + data[:20])
