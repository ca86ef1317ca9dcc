"""Store formats that cryptography reads: PEM, DER, PFX, PKCS 7 and SSH public keys.

A reader gets bytes and a password. It raises ValueError, or another of `x509_text.UNREADABLE`, for
malformed input, and an InputError for a wrong password or key.
"""

from __future__ import annotations

import base64
import re
import warnings
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
    load_ssh_private_key,
    load_ssh_public_key,
    pkcs7,
    pkcs12,
)

from smtp_nb.errors import InputError
from smtp_nb.wire.certificates.identity import Hidden, Identity, key_is_locked, of_key
from smtp_nb.wire.certificates.x509_text import UNREADABLE, require_readable

Store = list[Identity]
PFX_HEAD = b"\x02\x01\x03"  # version 3, the first thing in every PFX (RFC 7292)
P7B_HEAD = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"  # signedData (RFC 2315)
_SSH2_HEAD = b"---- BEGIN SSH2 PUBLIC KEY ----"
MAX_KEYS = 1000


def read_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates in PEM, one or more with anything between, or one in DER.

    Raises:
        x509_text.UNREADABLE: there is none, or it is malformed.
    """
    if is_pem(data):
        return x509.load_pem_x509_certificates(data)
    return [x509.load_der_x509_certificate(data)]


def is_pem(data: bytes) -> bool:
    return b"-----BEGIN" in data


def has(label: bytes, data: bytes) -> bool:
    """True if there is PEM whose label ends like this."""
    return label + b"-----" in data


def is_rfc4716(data: bytes) -> bool:
    return _SSH2_HEAD in data


def inside(data: bytes) -> bytes:
    """Return the first bytes in a DER sequence, which identify it; empty if it is not one."""
    if data[:1] != b"\x30" or len(data) < 4:
        return b""
    return data[2 + (data[1] & 0x7F if data[1] & 0x80 else 0) :][:16]


def read_public(data: Hidden, password: Hidden) -> Store:
    """Certificates, or a bare public key."""
    if has(b"BEGIN PUBLIC KEY", data):
        return [of_key(load_pem_public_key(data))]
    try:
        return _ordered(read_certificates(data))
    except UNREADABLE:
        if is_pem(data):
            raise
    try:
        return [of_key(load_der_public_key(data))]
    except UNREADABLE:
        raise ValueError("it holds neither a certificate nor a public key") from None


# The loaders have one shape, but for details of their types, hence Any.
def _unlock(load: Callable[[Any, Any], object], data: Hidden, password: Hidden) -> object:
    """Return a private key. An unneeded password does no harm.

    Raises:
        InputError: 273, the password is wrong or missing.
    """
    try:
        return load(data, None)
    except TypeError:  # it is protected
        if not password:
            raise key_is_locked(has_password=False) from None
    try:
        return load(data, password)
    except UNREADABLE:
        raise key_is_locked(has_password=True) from None


def read_pem_key(data: Hidden, password: Hidden) -> Store:
    if not has(b"PRIVATE KEY", data):
        raise ValueError("it holds no private key")
    load = load_ssh_private_key if has(b"OPENSSH PRIVATE KEY", data) else load_pem_private_key
    key = _unlock(load, data, password)
    certificates = read_certificates(data) if has(b"CERTIFICATE", data) else []
    return [_identity(certificates, key)]


def read_pfx(data: Hidden, password: Hidden) -> Store:
    if not inside(data).startswith(PFX_HEAD):
        raise ValueError("it does not begin like a PFX")
    try:
        found = pkcs12.load_pkcs12(data, password or None)
    except ValueError:
        # cryptography cannot tell a wrong password from damage after the beginning.
        raise key_is_locked(has_password=bool(password)) from None
    entries = [found.cert] if found.cert else []
    certificates = [entry.certificate for entry in (*entries, *found.additional_certs)]
    return [_identity(certificates, found.key)] if found.key else _ordered(certificates)


def read_p7b(data: Hidden, password: Hidden) -> Store:
    load = pkcs7.load_pem_pkcs7_certificates if is_pem(data) else pkcs7.load_der_pkcs7_certificates
    with warnings.catch_warnings():
        # Windows does not sort the set of certificates as DER requires.
        warnings.simplefilter("ignore", UserWarning)
        return _ordered(load(data))


def read_ssh(data: Hidden, password: Hidden) -> Store:
    """Return a public key as OpenSSH has it, one on a line, or as RFC 4716 has it."""
    if is_rfc4716(data):
        return [of_key(load_ssh_public_key(_one_line(data)))]
    lines = [line.strip() for line in data.splitlines()]
    keys = [line for line in lines if line and not line.startswith(b"#")]
    if not 0 < len(keys) <= MAX_KEYS:
        raise ValueError("it holds no public key")
    return [of_key(load_ssh_public_key(line)) for line in keys]


def _one_line(data: bytes) -> bytes:
    """Return RFC 4716 as OpenSSH writes it: without headers, the kind read from the bytes."""
    body = data.partition(_SSH2_HEAD)[2].partition(b"---- END")[0]
    body = re.sub(rb"(?m)^[^\r\n:]+:(?:[^\r\n]*\\\r?\n)*[^\r\n]*$", b"", body)
    octets = base64.b64decode(body)
    kind = octets[4 : 4 + int.from_bytes(octets[:4])]
    return kind + b" " + base64.b64encode(octets)


def read_der_key(data: Hidden, password: Hidden) -> Store:
    return [of_key(_unlock(load_der_private_key, data, password))]


def readable(entry: Identity) -> Identity:
    for certificate in (entry.certificate, *entry.chain):
        if certificate is not None:
            require_readable(certificate, wholly=True)
    return entry


def _ordered(certificates: list[x509.Certificate]) -> Store:
    """Put leaf certificates first: `*` is to take one of them, not a root."""
    for certificate in certificates:
        require_readable(certificate, wholly=True)
    issuers = {link.issuer for link in certificates if link.issuer != link.subject}
    return [Identity(link) for link in sorted(certificates, key=lambda it: it.subject in issuers)]


def _identity(certificates: list[x509.Certificate], key: object) -> Identity:
    """Find the certificate of `key`; the others are its chain."""
    bare = of_key(key)
    own = [link for link in certificates if link.public_key() == bare.public_key]
    if certificates and not own:
        raise InputError("the private key does not belong to the certificate beside it", code=273)
    chain = tuple(link for link in certificates if link not in own)
    return readable(Identity(own[0] if own else None, bare.key, chain))
