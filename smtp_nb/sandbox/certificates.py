"""The sandbox's own small certification authority.

Each server makes one, issues one certificate and forgets the authority's key, so no one, not even
the sandbox, can issue a second one that its `ca_file` vouches for.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from smtp_nb import ambient
from smtp_nb.errors import InputError

# The order of P-256 (SP 800-186 section 3.2.1.3).
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """A server's certificate and key, and the authority to trust, all in PEM."""

    chain_pem: bytes
    key_pem: bytes
    ca_pem: bytes

    def __repr__(self) -> str:
        return "<Identity>"


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the server's certificate is to say."""

    names: tuple[str, ...]
    begins: timedelta = timedelta(hours=-1)
    ends: timedelta = timedelta(days=30)
    is_self_signed: bool = False
    is_trusted: bool = True


# Every way in which a certificate can be wrong, beside the right one.
KINDS: dict[str, Callable[[_Wish], _Wish]] = {
    "valid": lambda wish: wish,
    "expired": lambda wish: replace(wish, begins=timedelta(days=-30), ends=timedelta(days=-1)),
    "not-yet-valid": lambda wish: replace(wish, begins=timedelta(days=1)),
    "wrong-host": lambda wish: replace(wish, names=("elsewhere.test",)),
    "self-signed": lambda wish: replace(wish, is_self_signed=True),
    "unknown-ca": lambda wish: replace(wish, is_trusted=False),
}


def make_identity(names: tuple[str, ...], kind: str = "valid") -> ServerIdentity:
    """Make an authority and a certificate for the host names and addresses `names`.

    Args:
        kind: a key of `KINDS`.

    Raises:
        InputError: there is no such kind.
    """
    if kind not in KINDS:
        raise InputError(
            f"certificate={kind!r} is unknown", remedy=f"Choose from {', '.join(KINDS)}"
        )
    wish = KINDS[kind](_Wish(names))
    authority, authority_key = _authority()
    key = _new_key()
    issuer, issuer_key = (None, key) if wish.is_self_signed else (authority, authority_key)
    certificate = _issue(wish, key, issuer, issuer_key)
    trusted = authority if wish.is_trusted else _authority()[0]
    return ServerIdentity(_pem(certificate), _key_pem(key), _pem(trusted))


def _authority() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = _new_key()
    name = _name("smtp_nb sandbox authority")
    builder = _builder(name, name, key.public_key(), _Wish(()))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs=True), critical=True)
    return _signed(builder, key), key


def _new_key() -> ec.EllipticCurvePrivateKey:
    """A key from random bytes, more than enough of them (FIPS 186-5 appendix A.2.1)."""
    number = int.from_bytes(ambient.random(40)) % (_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def _signed(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)


def _issue(
    wish: _Wish,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    subject = _name(wish.names[0])
    builder = _builder(subject, issuer.subject if issuer else subject, key.public_key(), wish)
    alternatives = x509.SubjectAlternativeName([_alternative(name) for name in wish.names])
    builder = (
        builder.add_extension(alternatives, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_issuer_key_id(issuer_key), critical=False)
    )
    return _signed(builder, issuer_key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, wish: _Wish
) -> x509.CertificateBuilder:
    now = ambient.today()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(int.from_bytes(ambient.random(20)) >> 1)
        .not_valid_before(now + wish.begins)
        .not_valid_after(now + wish.ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _issuer_key_id(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
