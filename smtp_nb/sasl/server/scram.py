"""The server's side of SCRAM (RFC 5802), which proves that it knows the password too."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode

from smtp_nb import ambient
from smtp_nb.errors import InputError
from smtp_nb.sasl.prepare import saslprep
from smtp_nb.sasl.scram import MIN_ITERATIONS, Keys, new_nonce
from smtp_nb.sasl.server.verifier import CredentialVerifier, Service, text

_FIRST = re.compile(
    r"(?P<header>[ny],(?:a=(?P<acting>[^,]+))?,)"
    r"(?P<bare>n=(?P<user>[^,]+),r=(?P<nonce>[\x21-\x2b\x2d-\x7e]+))"
)
_FINAL = re.compile(r"(?P<unproven>c=(?P<header>[^,]+),r=(?P<nonce>[^,]+)),p=(?P<proof>[^,]+)")


def scram(digest: str, verifier: CredentialVerifier) -> Service:
    """Read the first message, send a challenge, check the proof, send ours."""
    first = _FIRST.fullmatch(text((yield b"")))
    if first is None:
        return None
    user = _name(first["user"])
    if first["acting"] and _name(first["acting"]) != user:
        return None  # acting as another user is not allowed here
    salt, nonce = ambient.random(16), first["nonce"] + new_nonce()
    challenge = f"r={nonce},s={_base64(salt)},i={MIN_ITERATIONS}"
    final = _FINAL.fullmatch(text((yield challenge.encode())))
    password = _prepared(verifier.lookup(user))
    if final is None or password is None or not _continues(final, first["header"], nonce):
        return None
    keys = Keys.derive(digest, password, salt, MIN_ITERATIONS)
    said = f"{first['bare']},{challenge},{final['unproven']}".encode()
    if not hmac.compare_digest(final["proof"], _base64(keys.proof(said))):
        return None
    yield f"v={_base64(keys.signature(said))}".encode()
    return user


def _continues(final: re.Match[str], header: str, nonce: str) -> bool:
    """True if the last message belongs to the first one."""
    return final["nonce"] == nonce and final["header"] == _base64(header.encode())


def _name(escaped: str) -> str:
    return escaped.replace("=2C", ",").replace("=3D", "=")


def _prepared(password: str | None) -> str | None:
    try:
        return saslprep(password, "the password") if password else None
    except InputError:
        return None


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
