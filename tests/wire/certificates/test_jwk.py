"""JSON Web Keys, with and without certificates, and malformed ones."""

from __future__ import annotations

import base64
import json

import pytest
from joserfc.jwk import import_key

from smtp_nb import Certificate
from wire import pki
from wire.certificates.makers import KEYS, RSA, Kind, both, code_of, pem_of, public_pem


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
