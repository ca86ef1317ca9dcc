"""Keys for DKIM: made on the spot, with the record that a domain publishes."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field

from smtp_nb.model.known import known_attributes


@known_attributes()
@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair of a domain.

    Attributes:
        private: the private key in PEM, for `DKIM(domain, selector, key.private)`; never shown.
        record: what to publish as TXT at `<selector>._domainkey.<domain>`.
    """

    private: str = field(repr=False)
    record: str = field(repr=False)


def signing_key(bits: int = 2048) -> SigningKey:
    """Make an RSA key pair for DKIM.

    Args:
        bits: its length; RFC 8301 asks for 2048, and verifiers take 1024 at least.
    """
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = f"v=DKIM1; k=rsa; p={b64encode(public).decode('ascii')}"
    return SigningKey(private.decode("ascii"), record)
