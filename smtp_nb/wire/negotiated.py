"""What a handshake agreed on, and whether that is within what was asked for."""

from __future__ import annotations

from cryptography import x509
from OpenSSL import SSL

from smtp_nb.errors import TLSError
from smtp_nb.model.receipt import TLSInfo
from smtp_nb.wire.groups import GROUPS, group_bits
from smtp_nb.wire.names import UNREADABLE
from smtp_nb.wire.records import dh_bits
from smtp_nb.wire.settings import Offer
from smtp_nb.wire.suites import BY_OPENSSL, suite_name


def negotiated(connection: SSL.Connection, leaf: x509.Certificate, received: bytes) -> TLSInfo:
    """Version, cipher and exchange of keys.

    Args:
        leaf: the server's certificate, whose key is the exchange's too with static RSA.
        received: what the server said in the handshake.
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
    """How keys were agreed on: the group, or what the suite says where no group has a name."""
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


def require_offered(connection: SSL.Connection, offer: Offer) -> None:
    """OpenSSL has one list of groups for all versions; look into the list of this version.

    Raises:
        TLSError: 276, the group or the cipher is not one that was asked for.
    """
    is_new = connection.get_protocol_version() >= SSL.TLS1_3_VERSION
    setting, names = (
        ("TLS13SupportedGroups", offer.new_groups)
        if is_new
        else ("TLS12SupportedGroups", offer.old_groups)
    )
    group = connection.get_group_name()
    if names and group and group.lower() not in {GROUPS[name][0].lower() for name in names}:
        raise TLSError(f"The server chose the group {group}, which {setting} does not name")
    bits = connection.get_cipher_bits() or 0
    if bits < offer.least_bits:
        raise TLSError(f"The server chose a cipher of {bits} bits, SSLCipherStrength wants more")
