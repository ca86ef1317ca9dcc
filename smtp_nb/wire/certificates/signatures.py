"""Signature algorithms: IPWorks names and OpenSSL's."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import SignatureAlgorithmOID

_DIGESTS = ("512", "384", "256", "224", "1")
_KEYS = ("ecdsa", "rsa", "dsa")
OLD_SIGNATURES: dict[str, str] = {
    f"sha{digest}-{key}": f"{key.upper()}+SHA{digest}" for digest in _DIGESTS for key in _KEYS
}
"""For TLS 1.2: name to OpenSSL's."""
NEW_SIGNATURES: dict[str, str] = {
    "rsa_pss_sha256": "rsa_pss_rsae_sha256:rsa_pss_pss_sha256",
    "rsa_pss_sha384": "rsa_pss_rsae_sha384:rsa_pss_pss_sha384",
    "rsa_pss_sha512": "rsa_pss_rsae_sha512:rsa_pss_pss_sha512",
    "rsa_pkcs1_sha256": "rsa_pkcs1_sha256",
    "rsa_pkcs1_sha384": "rsa_pkcs1_sha384",
    "rsa_pkcs1_sha512": "rsa_pkcs1_sha512",
    "ecdsa_secp256r1_sha256": "ecdsa_secp256r1_sha256",
    "ecdsa_secp384r1_sha384": "ecdsa_secp384r1_sha384",
    "ecdsa_secp521r1_sha512": "ecdsa_secp521r1_sha512",
    "ed25519": "ed25519",
    "ed448": "ed448",
}
"""For TLS 1.3: name to OpenSSL's, which distinguishes RSA-PSS by the kind of the key."""


# One signature under its names in TLS 1.2 and TLS 1.3.
_SAME = {
    "sha256-rsa": "rsa_pkcs1_sha256",
    "sha384-rsa": "rsa_pkcs1_sha384",
    "sha512-rsa": "rsa_pkcs1_sha512",
    "sha256-ecdsa": "ecdsa_secp256r1_sha256",
    "sha384-ecdsa": "ecdsa_secp384r1_sha384",
    "sha512-ecdsa": "ecdsa_secp521r1_sha512",
}


def signature_names(certificate: x509.Certificate) -> set[str]:
    """Return the lists' name for the algorithm that signed a certificate; empty if they have
    none.
    """
    algorithm = certificate.signature_algorithm_oid
    if algorithm == SignatureAlgorithmOID.RSASSA_PSS and certificate.signature_hash_algorithm:
        digest = certificate.signature_hash_algorithm.name
        return {f"rsa_pss_{digest}", f"{digest}-rsa"}
    name = _NAMES.get(algorithm, "")
    return {name, _SAME.get(name, name)} - {""}


_NAMES = {
    getattr(SignatureAlgorithmOID, f"{key.upper()}_WITH_SHA{digest}"): f"sha{digest}-{key}"
    for digest in _DIGESTS
    for key in _KEYS
} | {SignatureAlgorithmOID.ED25519: "ed25519", SignatureAlgorithmOID.ED448: "ed448"}
