"""JSON Web Keys (RFC 7517), alone or in a set, with the certificates of `x5c`."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography import x509
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from smtp_nb.wire.certificates.identity import MAX_NUMBER, Hidden, Identity, of_key

_KINDS = ("RSA", "EC", "OKP")
_MAX_TEXT = MAX_NUMBER * 4 // 3
_MAX_KEYS = 100


def read_jwk(data: Hidden, password: Hidden) -> list[Identity]:
    """Return the keys of a JWK or a JWK set, each with its certificates if it has some.

    Raises:
        InputError: 273, TLS has no such key.
        ValueError: it is not a JWK.
    """
    try:
        found = json.loads(data)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    keys = found.get("keys", [found]) if isinstance(found, dict) else []
    if not isinstance(keys, list) or not 0 < len(keys) <= _MAX_KEYS:
        raise ValueError("it is not a JSON Web Key")
    return [_identity(key) for key in keys]


# A JWK's members are of several types, hence Any.
def _identity(jwk: Any) -> Identity:
    if not isinstance(jwk, dict) or jwk.get("kty") not in _KINDS:
        raise ValueError("a key is not RSA, EC or OKP")
    if any(isinstance(text, str) and len(text) > _MAX_TEXT for text in jwk.values()):
        raise ValueError("a member is too long for any key")
    links = jwk.pop("x5c", [])
    try:
        bare = of_key(import_key(jwk).raw_value)
    except (JoseError, KeyError) as error:
        raise ValueError("a member is missing or malformed") from error
    chain = [x509.load_der_x509_certificate(base64.b64decode(link)) for link in links]
    if not chain:
        return bare
    if chain[0].public_key() != bare.public_key:  # RFC 7517 section 4.7
        raise ValueError("the first certificate has another key")
    return Identity(chain[0], bare.key, tuple(chain[1:]))
