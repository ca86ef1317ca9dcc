"""DIGEST-MD5 (RFC 2831, historic): a digest over password, both nonces and the server's name.

At the end the server proves that it knows the password too (rspauth). There is no security layer:
TLS protects the connection.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5

from smtp_nb import ambient
from smtp_nb.errors import AuthenticationError, InputError
from smtp_nb.sasl.credentials import Credentials
from smtp_nb.sasl.exchange import ConnectionFacts, Exchange

MAX_CHALLENGE = 2048  # RFC 2831 section 2.1.1
_TOKEN = r"[!#$%&'*+.0-9A-Z^_`a-z|~-]+"
# Section 7.1: name=token or name="quoted", bytes read as Latin-1.
_DIRECTIVE = re.compile(
    rf"[ \t]*(?P<name>{_TOKEN})[ \t]*=[ \t]*"
    rf'(?:(?P<token>{_TOKEN})|"(?P<quoted>(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\x20-\x7e])*)")'
    r"[ \t]*(?:,[ \t,]*|\Z)"
)
_PAIR = re.compile(r"\\(.)")
_ONCE = frozenset({"nonce", "qop", "charset", "algorithm", "maxbuf", "stale", "cipher", "rspauth"})


def new_nonce() -> str:
    """Return at least 64 unpredictable bits."""
    return ambient.token(24)


def digest_md5(credentials: Credentials, facts: ConnectionFacts, nonce: str = "") -> Exchange:
    """Answer the challenge, and verify the server's proof.

    Args:
        nonce: ours; a new one if empty.

    Raises:
        AuthenticationError: the challenge is not of this mechanism or demands what is not
            supported, or the server's proof is wrong.
        InputError: the server reads only Latin-1, and the user name or the password is not in it.
    """
    challenge = _read_challenge((yield None))
    _require_spellable(credentials, challenge)
    realm = _realm(challenge.realms, credentials.user).encode("latin-1")
    login = Login(
        user=hashable(credentials.user.encode()),
        realm=hashable(realm) if challenge.is_utf8 else realm,
        password=hashable(credentials.password.reveal().encode()),
        nonce=challenge.nonce.encode("latin-1"),
        cnonce=(nonce or new_nonce()).encode("ascii"),
        uri=f"smtp/{facts.host}".encode(),
        identity=credentials.authorization_identity.reveal().encode(),
    )
    last = yield _answer(login, credentials.user, challenge)
    if last is None or not hmac.compare_digest(_proof(last), login.digest(b"")):
        raise AuthenticationError(
            "the server's proof is wrong or missing: it does not know the password",
            remedy="It may be an impostor; ask its operator before you send anything",
        )
    return (yield b"")


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    """Everything that is hashed (section 2.1.2.1)."""

    user: bytes
    realm: bytes
    password: bytes
    nonce: bytes
    cnonce: bytes
    uri: bytes
    identity: bytes

    def digest(self, method: bytes) -> bytes:
        """Return the client's digest with the method AUTHENTICATE, the server's with none."""
        secret = md5(b":".join((self.user, self.realm, self.password))).digest()
        acting = (self.identity,) if self.identity else ()
        first = md5(b":".join((secret, self.nonce, self.cnonce, *acting))).hexdigest().encode()
        second = md5(method + b":" + self.uri).hexdigest().encode()
        whole = (first, self.nonce, b"00000001", self.cnonce, b"auth", second)
        return md5(b":".join(whole)).hexdigest().encode()


@dataclass(frozen=True, slots=True)
class _Challenge:
    """Return bytes as Latin-1."""

    nonce: str
    realms: tuple[str, ...]
    is_utf8: bool


def directives(message: bytes | None) -> Iterator[tuple[str, str]]:
    """Return names in lower case and values, bytes as Latin-1.

    Raises:
        AuthenticationError: it is not a list of directives, is too long, or repeats one.
    """
    text, at = (message or b"").decode("latin-1").lstrip(" \t,"), 0
    seen: set[str] = set()
    if not text or len(text) > MAX_CHALLENGE:
        raise AuthenticationError("the server's message is not of DIGEST-MD5")
    while at < len(text):
        match = _DIRECTIVE.match(text, at)
        if match is None:
            raise AuthenticationError("the server's message is not of DIGEST-MD5")
        at, name = match.end(), match["name"].lower()
        if name in seen & _ONCE:
            raise AuthenticationError(f"the server's message repeats {name}")
        seen.add(name)
        yield name, match["token"] or _PAIR.sub(r"\1", match["quoted"] or "")


def _read_challenge(message: bytes | None) -> _Challenge:
    found = list(directives(message))
    values = dict(found)
    if not values.get("nonce") or values.get("algorithm", "").lower() != "md5-sess":
        raise AuthenticationError("the server's challenge has no nonce or another algorithm")
    if "auth" not in re.split(r"[ \t]*,[ \t]*", values.get("qop", "auth").lower().strip(" \t")):
        raise AuthenticationError(
            "the server requires a SASL security layer; smtp_nb uses TLS instead"
        )
    if values.get("charset", "utf-8").lower() != "utf-8":
        raise AuthenticationError("the server's challenge is in a charset other than UTF-8")
    realms = tuple(value for name, value in found if name == "realm")
    return _Challenge(values["nonce"], realms, "charset" in values)


def _realm(realms: tuple[str, ...], user: str) -> str:
    """Return the realm after an @ in the user name if the server has it, else its first."""
    own = user.rpartition("@")[2].encode().decode("latin-1")
    return own if own in realms else next(iter(realms), "")


def hashable(text: bytes) -> bytes:
    """Return UTF-8 as it is hashed: as Latin-1 where possible (section 2.1.2.1)."""
    try:
        return text.decode().encode("latin-1")
    except UnicodeError:
        return text


def _require_spellable(credentials: Credentials, challenge: _Challenge) -> None:
    if challenge.is_utf8:
        return
    for text, what in (
        (credentials.user, "user name"),
        (credentials.password.reveal(), "password"),
    ):
        if any(ord(character) > 255 for character in text):
            raise InputError(
                f"the server reads only Latin-1, and the {what} is not in it",
                remedy="Try auth_mechanism='sasl_plain' inside TLS",
            )


def _answer(login: Login, user: str, challenge: _Challenge) -> bytes:
    """Return the client's message (section 2.1.2)."""
    charset = "utf-8" if challenge.is_utf8 else "latin-1"
    quoted = {
        "username": user.encode(charset),
        "realm": _realm(challenge.realms, user).encode("latin-1") if challenge.realms else None,
        "nonce": login.nonce,
        "cnonce": login.cnonce,
        "digest-uri": login.uri,
        "authzid": login.identity or None,
    }
    words = [
        name.encode() + b"=" + _quote(value) for name, value in quoted.items() if value is not None
    ]
    words += [b"nc=00000001", b"qop=auth", b"response=" + login.digest(b"AUTHENTICATE")]
    return b",".join([*words, *([b"charset=utf-8"] if challenge.is_utf8 else [])])


def _quote(value: bytes) -> bytes:
    return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _proof(message: bytes) -> bytes:
    return dict(directives(message)).get("rspauth", "").encode("latin-1")
