"""Certificates and keys out of files and octets: PEM, DER and PFX.

Stores that Python cannot open are in a table with the reason, so that asking for one is an error
that says why. What a store holds and what opens it are secrets: both travel as `Hidden`, which a
traceback that shows variables does not give away.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

from smtp_nb.errors import InputError, Unsupported
from smtp_nb.model.enums import CertStoreType
from smtp_nb.model.secret import HIDDEN
from smtp_nb.wire.names import UNREADABLE, require_readable, shown

# The kinds of key that a certificate for TLS can have.
PrivateKey = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
    | dsa.DSAPrivateKey
)


class Hidden(bytes):
    """Octets whose repr says nothing."""

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate, its private key if there is one, and the certificates above it."""

    certificate: x509.Certificate | None = None
    key: PrivateKey | None = field(default=None, repr=False)
    chain: tuple[x509.Certificate, ...] = ()


Store = list[Identity]
Reader = Callable[[Hidden, Hidden], Store]


def open_store(kind: CertStoreType, store: str | Hidden, password: Hidden) -> Store:
    """All that a store holds.

    Args:
        kind: which form it has; AUTO finds out.
        store: a file name, or the octets themselves, binary or base64.
        password: empty if none is needed.

    Raises:
        Unsupported: that kind cannot be opened here; the text says why.
        InputError: 271 it cannot be read; 273 the password or key is wrong.
    """
    if kind not in _READERS:
        raise Unsupported(
            f"A certificate store of the type {kind.name} cannot be opened: {_REASONS[kind]}",
            remedy="Export the certificate and its key to a PFX or PEM file",
        )
    read, what, code = _READERS[kind]
    try:
        return read(_octets(store), password)
    except InputError:
        raise
    except UNREADABLE as error:
        raise InputError(
            f"This is not {what}, or the password is wrong", code=code, remedy="Look at both"
        ) from error


def read_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates in PEM, one or more with anything between, or one in DER.

    Raises:
        names.UNREADABLE: there is none, or it is malformed.
    """
    if _is_pem(data):
        return x509.load_pem_x509_certificates(data)
    return [x509.load_der_x509_certificate(data)]


def _octets(store: str | Hidden) -> Hidden:
    if isinstance(store, Hidden):
        return _from_base64(store)
    try:
        return Hidden(Path(store).read_bytes())
    except OSError as error:
        raise InputError(
            f"The certificate store {shown(store)!r} cannot be read: {error.strerror}", code=271
        ) from error


def _from_base64(octets: Hidden) -> Hidden:
    if re.fullmatch(rb"[A-Za-z0-9+/=\s]+", octets):
        try:
            return Hidden(base64.b64decode(octets))
        except binascii.Error:
            return octets
    return octets


def _is_pem(data: bytes) -> bool:
    return b"-----BEGIN" in data


def _has(label: bytes, data: bytes) -> bool:
    return label + b"-----" in data


def _public(data: Hidden, password: Hidden) -> Store:
    certificates = read_certificates(data)
    for certificate in certificates:
        require_readable(certificate, wholly=True)
    return [Identity(certificate) for certificate in certificates]


def _pem_key(data: Hidden, password: Hidden) -> Store:
    key = load_pem_private_key(data, password or None)
    certificates = read_certificates(data) if _has(b"CERTIFICATE", data) else []
    return [_identity(certificates, key)]


def _pfx(data: Hidden, password: Hidden) -> Store:
    found = pkcs12.load_pkcs12(data, password or None)
    entries = [found.cert] if found.cert else []
    certificates = [entry.certificate for entry in (*entries, *found.additional_certs)]
    if found.key is None:
        return [Identity(certificate) for certificate in certificates]
    return [_identity(certificates, found.key)]


def _auto(data: Hidden, password: Hidden) -> Store:
    if _is_pem(data):
        return (_pem_key if _has(b"PRIVATE KEY", data) else _public)(data, password)
    try:
        return _public(data, password)
    except UNREADABLE:
        return _pfx(data, password)


def _identity(certificates: list[x509.Certificate], key: object) -> Identity:
    """Find the certificate of `key`; the others are its chain."""
    if not isinstance(key, PrivateKey):
        raise InputError("No certificate for TLS has a key of this kind", code=273)
    public = key.public_key()
    own = [certificate for certificate in certificates if certificate.public_key() == public]
    if certificates and not own:
        raise InputError("The private key is not that of the certificate beside it", code=273)
    for certificate in certificates:
        require_readable(certificate, wholly=True)
    chain = tuple(certificate for certificate in certificates if certificate not in own)
    return Identity(own[0] if own else None, key, chain)


_CERTIFICATE: tuple[Reader, str, int] = (_public, "a certificate in PEM or DER", 271)
_PEM_KEY: tuple[Reader, str, int] = (_pem_key, "a private key in PEM", 273)
_PFX: tuple[Reader, str, int] = (_pfx, "a PFX store", 273)
_READERS: dict[CertStoreType, tuple[Reader, str, int]] = {
    CertStoreType.PFX_FILE: _PFX,
    CertStoreType.PFX_BLOB: _PFX,
    CertStoreType.PEM_KEY_FILE: _PEM_KEY,
    CertStoreType.PEM_KEY_BLOB: _PEM_KEY,
    CertStoreType.PUBLIC_KEY_FILE: _CERTIFICATE,
    CertStoreType.PUBLIC_KEY_BLOB: _CERTIFICATE,
    CertStoreType.AUTO: (_auto, "a certificate, a key or a PFX store", 273),
}
_WINDOWS = "Windows does not let Python take keys out of its stores"
_JAVA = "it is a format of Java's"
_KEY_ONLY = "it holds a bare key, and TLS needs a certificate"
_NOT_READ = "this library does not read that format"
_REASONS = {
    CertStoreType.USER: _WINDOWS,
    CertStoreType.MACHINE: _WINDOWS,
    CertStoreType.JKS_FILE: _JAVA,
    CertStoreType.JKS_BLOB: _JAVA,
    CertStoreType.BCFKS_FILE: _JAVA,
    CertStoreType.BCFKS_BLOB: _JAVA,
    CertStoreType.SSH_PUBLIC_KEY_FILE: _KEY_ONLY,
    CertStoreType.SSH_PUBLIC_KEY_BLOB: _KEY_ONLY,
    CertStoreType.PPK_FILE: _KEY_ONLY,
    CertStoreType.PPK_BLOB: _KEY_ONLY,
    CertStoreType.JWK_FILE: _KEY_ONLY,
    CertStoreType.JWK_BLOB: _KEY_ONLY,
    CertStoreType.XML_FILE: _KEY_ONLY,
    CertStoreType.XML_BLOB: _KEY_ONLY,
    CertStoreType.P7B_FILE: _NOT_READ,
    CertStoreType.P7B_BLOB: _NOT_READ,
    CertStoreType.SECURITY_KEY: "its data come from a tool of the reference's vendor",
}
