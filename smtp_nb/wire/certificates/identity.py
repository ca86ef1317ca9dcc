"""Identity: a certificate from a store, its key, and the certificates above it.

The content of a store and its password are secrets: they travel as `Hidden`, which a traceback with
variables does not reveal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from smtp_nb.errors import InputError
from smtp_nb.model.secret import HIDDEN

# The kinds of key that a certificate for TLS can have.
PrivateKey = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
    | dsa.DSAPrivateKey
)
PublicKey = (
    rsa.RSAPublicKey
    | ec.EllipticCurvePublicKey
    | ed25519.Ed25519PublicKey
    | ed448.Ed448PublicKey
    | dsa.DSAPublicKey
)
# Numbers longer than those of any key take minutes to check: 24,576 bits.
MAX_NUMBER = 3072


class Hidden(bytes):
    """Bytes whose repr shows nothing."""

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__


class HiddenText(str):
    """A text whose repr shows nothing."""

    __slots__ = ()

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return format(HIDDEN, spec)


G = TypeVar("G")


def concealed(given: G) -> G:
    """Return the same, hidden from tracebacks: a store may hold a key."""
    if isinstance(given, str):
        return cast(G, HiddenText(given[:]))  # a slice of a hidden text is plain
    return cast(G, Hidden(given)) if isinstance(given, bytes) else given


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate, its private key if there is one, and the certificates above it.

    Some stores have bare keys: then `certificate` is None, and `public` or `key` is there.
    """

    certificate: x509.Certificate | None = None
    key: PrivateKey | None = field(default=None, repr=False)
    chain: tuple[x509.Certificate, ...] = ()
    public: PublicKey | None = None

    def __bool__(self) -> bool:
        return bool(self.certificate or self.key or self.public)

    @property
    def public_key(self) -> object:
        """The public key, from wherever it is known; None if unknown.

        Its type may be one that TLS cannot use, as a certificate may have any.
        """
        if self.certificate is not None:
            return self.certificate.public_key()
        return self.key.public_key() if self.key is not None else self.public


def of_key(key: object) -> Identity:
    """A bare key, private or public.

    Raises:
        InputError: 273, TLS certificates do not use this kind of key.
    """
    if isinstance(key, PrivateKey):
        return Identity(key=key)
    if isinstance(key, PublicKey):
        return Identity(public=key)
    raise InputError(
        "no certificate for TLS certificates do not use this kind of key",
        code=273,
        remedy="Use an RSA, ECDSA or Ed25519 key",
    )


def key_is_locked(has_password: bool) -> InputError:
    """Return the error for a private key that the password, or none, does not open."""
    if has_password:
        return InputError(
            "the password does not open the store",
            code=273,
            remedy="Check the password; the store may also be damaged",
        )
    return InputError(
        "the store is protected, and no password was given", code=273, remedy="Give store_password"
    )
