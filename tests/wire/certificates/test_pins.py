"""Pins are the digest of the public key, as everybody else computes it."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.errors import InputError
from smtp_nb.wire.certificates.pins import is_pinned, parse_pin
from smtp_nb.wire.tls.tls import TLSSettings
from wire import pki


@given(st.binary(min_size=32, max_size=32))
def test_hex_and_base64_are_the_same_pin(digest):
    spellings = [
        digest.hex(),
        digest.hex().upper(),
        digest.hex(":"),
        base64.b64encode(digest).decode(),
        base64.urlsafe_b64encode(digest).decode(),
    ]
    for text in spellings:
        for prefix in ("", "sha256:", "sha256//"):
            assert parse_pin(prefix + text) == digest
    spoilt_by_a_url = "sha256:" + base64.b64encode(digest).decode().replace("+", " ")
    assert parse_pin(spoilt_by_a_url) == digest


@pytest.mark.parametrize("text", ["", "sha256:", "sha256:zz", "sha1:" + "0" * 40, "0" * 63, "é"])
def test_anything_else_is_refused_before_a_connection(text):
    with pytest.raises(InputError, match="sha256"):
        TLSSettings(pins=(text,))


def test_it_is_the_digest_of_the_public_key_and_outlives_the_certificate():
    first = pki.issue()
    renewed = pki.issue(key=first.key)
    spki = first.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pin = "sha256:" + hashlib.sha256(spki).hexdigest()
    assert is_pinned(first.certificate, [pin])
    assert is_pinned(renewed.certificate, [pin])
    assert not is_pinned(pki.issue().certificate, [pin])
    assert not is_pinned(first.certificate, [])
