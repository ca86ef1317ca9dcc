"""The server's side of DIGEST-MD5 (RFC 2831)."""

from __future__ import annotations

import hmac

from smtp_nb.errors import AuthenticationError
from smtp_nb.sasl.digest_md5 import Login, directives, hashable, new_nonce
from smtp_nb.sasl.server.verifier import CredentialVerifier, Service, text


def digest_md5(verifier: CredentialVerifier) -> Service:
    """Send a challenge, check the digest, prove that the server knows the password too."""
    nonce = new_nonce()
    response = yield (
        f'realm="{verifier.host}",nonce="{nonce}",qop="auth",algorithm=md5-sess,charset=utf-8'
    ).encode()
    try:
        said = {name: value.encode("latin-1") for name, value in directives(response)}
    except AuthenticationError:
        return None
    user = text(said.get("username", b""))
    password = verifier.lookup(user)
    if password is None or not _fits(said, nonce, verifier.host):
        return None
    login = Login(
        user=hashable(said["username"]),
        realm=hashable(said.get("realm", b"")),
        password=hashable(password.encode()),
        nonce=said["nonce"],
        cnonce=said.get("cnonce", b""),
        uri=said.get("digest-uri", b""),
        identity=said.get("authzid", b""),
    )
    if not hmac.compare_digest(said.get("response", b""), login.digest(b"AUTHENTICATE")):
        return None
    yield b"rspauth=" + login.digest(b"")
    return user


def _fits(said: dict[str, bytes], nonce: str, host: str) -> bool:
    """True if it answers this challenge, once, and for this user only."""
    return (
        said.get("nonce") == nonce.encode()
        and said.get("nc") == b"00000001"
        and said.get("qop", b"auth") == b"auth"
        and said.get("realm", host.encode()) == host.encode()
        and said.get("digest-uri", b"").startswith(b"smtp/")
        and bool(said.get("cnonce"))
        and said.get("authzid", said["username"]) == said["username"]
    )
