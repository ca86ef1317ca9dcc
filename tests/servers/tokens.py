"""Bearer tokens for a server that checks them by itself: JSON web tokens, signed by HMAC."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode

ISSUER = "https://issuer.test"
KEY = b"what the server and the issuer know"


def token(user: str, lifetime_s: float = 3600, key: bytes = KEY) -> str:
    """A token in the name of a user; with a negative lifetime it has run out."""
    now = time.time()
    claims = {
        "iss": ISSUER,
        "sub": user,
        "email": f"{user}@school.test",
        "iat": int(now - 7200),
        "nbf": int(now - 7200),
        "exp": int(now + lifetime_s),
    }
    signed = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
    return f"{signed}.{_base64(hmac.digest(key, signed.encode(), 'sha256'))}"


def _encode(value: object) -> str:
    return _base64(json.dumps(value).encode())


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
