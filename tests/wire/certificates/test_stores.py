"""Stores that are not opened: each error says why, whatever is in them."""

from __future__ import annotations

import contextlib
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import import_key

from smtp_nb import Certificate
from smtp_nb.errors import InputError, Unsupported
from smtp_nb.wire.certificates.identity import Hidden
from smtp_nb.wire.certificates.stores import MAX_STORE, open_store
from wire.certificates.makers import DER, KEYS, RSA, Kind, code_of, pem_of, ssh_line, xml_key

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
