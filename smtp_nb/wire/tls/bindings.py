"""Channel bindings: values that both ends of a TLS connection know, and no one in the middle.

A login that includes one (SCRAM-…-PLUS) fails if an attacker sits between client and server, even
one whose certificate was accepted.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from smtp_nb.wire.certificates.x509_text import UNREADABLE
from smtp_nb.wire.tls.libssl import has_extended_master_secret


def channel_binding(
    kind: str, connection: SSL.Connection, leaf: x509.Certificate, is_resumed: bool
) -> bytes | None:
    """Return the value of that kind, or None where the kind is unknown or not safe on this
    connection.

    Args:
        kind: `tls-unique`, `tls-exporter` or `tls-server-end-point`.
        leaf: the server's certificate.
    """
    made = _KINDS.get(kind)
    return made(connection, leaf, is_resumed) if made else None


def _unique(connection: SSL.Connection, leaf: x509.Certificate, is_resumed: bool) -> bytes | None:
    """The first Finished message (RFC 5929 section 3): ours, unless a session was resumed."""
    if _is_new(connection) or not has_extended_master_secret(connection):
        return None  # undefined in TLS 1.3 (RFC 9266); not unique without RFC 7627
    return connection.get_peer_finished() if is_resumed else connection.get_finished()


def _exporter(connection: SSL.Connection, leaf: x509.Certificate, is_resumed: bool) -> bytes | None:
    """RFC 9266 section 2; section 4.2 for the condition."""
    if _is_new(connection) or has_extended_master_secret(connection):
        return connection.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")
    return None


def _is_new(connection: SSL.Connection) -> bool:
    return connection.get_protocol_version() >= SSL.TLS1_3_VERSION


def _end_point(
    connection: SSL.Connection, leaf: x509.Certificate, is_resumed: bool
) -> bytes | None:
    """The digest of the server's certificate, by the hash that signed it (RFC 5929 section 4.1)."""
    try:
        signed_with = leaf.signature_hash_algorithm
    except UNREADABLE:
        return None
    if signed_with is None:
        return None  # Ed25519 and Ed448 name no hash, so this value is not defined
    is_broken = isinstance(signed_with, hashes.MD5 | hashes.SHA1)
    digest = hashes.Hash(hashes.SHA256() if is_broken else signed_with)
    digest.update(leaf.public_bytes(Encoding.DER))
    return digest.finalize()


_KINDS: dict[str, Callable[[SSL.Connection, x509.Certificate, bool], bytes | None]] = {
    "tls-unique": _unique,
    "tls-exporter": _exporter,
    "tls-server-end-point": _end_point,
}
