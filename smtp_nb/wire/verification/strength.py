"""Strength: keys and digests too weak to trust, whatever OpenSSL's security level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from smtp_nb.wire.certificates.x509_text import UNREADABLE
from smtp_nb.wire.verification.verify_errors import (
    CA_KEY_TOO_SMALL,
    DIGEST_TOO_WEAK,
    LEAF_KEY_TOO_SMALL,
    CertificateFinding,
)

# The requirement of OpenSSL's security level 2 (112 bits).
LEAST_RSA_BITS, LEAST_CURVE_BITS = 2048, 224


def weaknesses(chain: Sequence[x509.Certificate]) -> Iterator[CertificateFinding]:
    """Return what is too weak in a chain, the server's own certificate first."""
    for depth, certificate in enumerate(chain):
        if _has_weak_key(certificate):
            errno = CA_KEY_TOO_SMALL if depth else LEAF_KEY_TOO_SMALL
            yield CertificateFinding(errno, depth, certificate)
        # The signature of a self-signed authority does not matter.
        if certificate.issuer != certificate.subject and _has_weak_digest(certificate):
            yield CertificateFinding(DIGEST_TOO_WEAK, depth, certificate)


def _has_weak_key(certificate: x509.Certificate) -> bool:
    try:
        key = certificate.public_key()
    except UNREADABLE:
        return True
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.key_size < LEAST_CURVE_BITS
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey):
        return key.key_size < LEAST_RSA_BITS
    return False


def _has_weak_digest(certificate: x509.Certificate) -> bool:
    try:
        digest = certificate.signature_hash_algorithm
    except UNREADABLE:
        return True
    return isinstance(digest, hashes.MD5 | hashes.SHA1)
