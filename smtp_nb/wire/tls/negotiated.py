"""Negotiated parameters of a handshake, and whether they are within what was requested."""

from __future__ import annotations

from cryptography import x509
from OpenSSL import SSL

from smtp_nb.errors import TLSError
from smtp_nb.model.receipt import TLSInfo
from smtp_nb.wire.certificates.x509_text import UNREADABLE
from smtp_nb.wire.settings import Offer
from smtp_nb.wire.tls.groups import GROUPS, group_bits
from smtp_nb.wire.tls.records import dh_bits
from smtp_nb.wire.tls.suites import BY_OPENSSL, suite_name

LEAST_PRIME_BITS = 2048  # the requirement of OpenSSL's security level 2


def negotiated(connection: SSL.Connection, leaf: x509.Certificate, received: bytes) -> TLSInfo:
    """Return version, cipher and key exchange.

    Args:
        leaf: the server's certificate, whose key is that of the exchange too with static RSA.
        received: what the server sent in the handshake.
    """
    cipher = connection.get_cipher_name() or ""
    exchange, bits = _exchange(connection, cipher, leaf, received)
    return TLSInfo(
        protocol=connection.get_protocol_version_name(),
        cipher=cipher,
        bits=connection.get_cipher_bits() or 0,
        suite=suite_name(cipher),
        key_exchange=exchange,
        key_exchange_bits=bits,
    )


def _exchange(
    connection: SSL.Connection, cipher: str, leaf: x509.Certificate, received: bytes
) -> tuple[str, int]:
    """Return how keys were agreed on: the group, or what the suite says where no group has a
    name.
    """
    if group := connection.get_group_name():
        return _SPELLED.get(group.lower(), group), group_bits(group)
    suite = BY_OPENSSL.get(cipher)
    exchange = suite.exchange if suite else ""
    if exchange == "RSA":
        return exchange, _key_bits(leaf)
    return exchange, dh_bits(received) if exchange == "DHE" else 0


_SPELLED = {openssl.lower(): openssl for openssl, _ in GROUPS.values()}


def _key_bits(leaf: x509.Certificate) -> int:
    try:
        bits: int = getattr(leaf.public_key(), "key_size", 0)
    except UNREADABLE:
        return 0
    return bits


def require_offered(info: TLSInfo, offer: Offer) -> None:
    """Compare what was negotiated with what was requested.

    OpenSSL has one list of groups for all versions, so that of this version is checked here. And a
    lowered security level lets short primes in, as it does short keys.

    Raises:
        TLSError: 276, the group, the prime or the cipher is not acceptable.
    """
    is_new = info.protocol == "TLSv1.3"
    setting = "TLS13SupportedGroups" if is_new else "TLS12SupportedGroups"
    names = offer.new_groups if is_new else offer.old_groups
    groups = {GROUPS[name][0] for name in names}
    if groups and info.key_exchange in _SPELLED.values() and info.key_exchange not in groups:
        raise TLSError(f"the server chose the group {info.key_exchange}, which {setting} omits")
    if info.key_exchange == "DHE" and 0 < info.key_exchange_bits < LEAST_PRIME_BITS:
        raise TLSError(
            f"the server's prime for the key exchange has only {info.key_exchange_bits} bits",
            remedy="Ask the server's operator to set up a longer one",
        )
    if info.bits < offer.least_bits:
        raise TLSError(
            f"the server chose a cipher of {info.bits} bits, SSLCipherStrength wants more"
        )
