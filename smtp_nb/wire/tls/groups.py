"""Groups for the key exchange: IPWorks names and OpenSSL's."""

from __future__ import annotations

# Name -> (OpenSSL's, bits of the curve or of the prime, as OpenSSL counts them). The last three
# join a curve with ML-KEM and are not in IPWorks.
GROUPS: dict[str, tuple[str, int]] = {
    "ecdhe_x25519": ("X25519", 253),
    "ecdhe_x448": ("X448", 448),
    "ecdhe_secp256r1": ("secp256r1", 256),
    "ecdhe_secp384r1": ("secp384r1", 384),
    "ecdhe_secp521r1": ("secp521r1", 521),
    "ffdhe_2048": ("ffdhe2048", 2048),
    "ffdhe_3072": ("ffdhe3072", 3072),
    "ffdhe_4096": ("ffdhe4096", 4096),
    "ffdhe_6144": ("ffdhe6144", 6144),
    "ffdhe_8192": ("ffdhe8192", 8192),
    "x25519mlkem768": ("X25519MLKEM768", 253),
    "secp256r1mlkem768": ("SecP256r1MLKEM768", 256),
    "secp384r1mlkem1024": ("SecP384r1MLKEM1024", 384),
}
# The IPWorks lists, used for those that are not set if another one is.
OLD_GROUPS = ("ecdhe_secp256r1", "ecdhe_secp384r1", "ecdhe_secp521r1")
NEW_GROUPS = tuple(GROUPS)[:10]


def group_bits(openssl: str) -> int:
    """Return the bits of the group with this OpenSSL name; 0 if the table has none."""
    return _BITS.get(openssl.lower(), 0)


_BITS = {openssl.lower(): bits for openssl, bits in GROUPS.values()}
