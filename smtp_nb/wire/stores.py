"""Certificates and keys out of files and octets."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

# The kinds of key that a certificate for TLS can have.
PrivateKey = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
    | dsa.DSAPrivateKey
)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate, its private key if there is one, and the certificates above it."""

    certificate: x509.Certificate | None = None
    key: PrivateKey | None = field(default=None, repr=False)
    chain: tuple[x509.Certificate, ...] = ()


def read_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates in PEM, one or more with anything between, or one in DER.

    Raises:
        ValueError: there is none.
    """
    if b"-----BEGIN" in data:
        return x509.load_pem_x509_certificates(data)
    return [x509.load_der_x509_certificate(data)]
