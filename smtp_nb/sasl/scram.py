"""SCRAM (RFC 5802, RFC 7677): both sides prove that they know the password, and neither shows it.

With -PLUS the proof covers the TLS connection too (RFC 5802 section 6), so that no attacker can sit
between two connections. Without it a client that could have bound says so ("y"), which tells a
server that did offer -PLUS that it was removed from the list.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass

from smtp_nb import ambient
from smtp_nb.errors import AuthenticationError, Unsupported
from smtp_nb.sasl.bearer import gs2_name
from smtp_nb.sasl.credentials import Credentials
from smtp_nb.sasl.exchange import ConnectionFacts, Exchange
from smtp_nb.sasl.prepare import saslprep

# RFC 7677 section 4 sets the minimum; the maximum is a second of work for one login.
MIN_ITERATIONS, MAX_ITERATIONS = 4096, 2_000_000
# The first is defined up to TLS 1.2 only (RFC 5929), the second is what RFC 9266 wants for 1.3.
BINDINGS = ("tls-unique", "tls-exporter")

_SERVER_FIRST = re.compile(r"r=([\x21-\x2b\x2d-\x7e]+),s=([^,]+),i=([1-9][0-9]{0,9})(?:,.*)?\Z")
_SERVER_FINAL = re.compile(r"([ve])=([^,]+)(?:,.*)?\Z")
# RFC 5802 section 7, server-error-value; any other text may echo anything.
_REASONS = frozenset(
    {
        "invalid-encoding",
        "extensions-not-supported",
        "invalid-proof",
        "channel-bindings-dont-match",
        "server-does-support-channel-binding",
        "channel-binding-not-supported",
        "unsupported-channel-binding-type",
        "unknown-user",
        "invalid-username-encoding",
        "no-resources",
    }
)


def new_nonce() -> str:
    """Return a nonce: printable, without commas, never the same."""
    return ambient.token(24)


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The keys that both sides derive from the password (RFC 5802 section 3)."""

    digest: str
    client: bytes
    server: bytes

    @classmethod
    def derive(cls, digest: str, password: str, salt: bytes, iterations: int) -> Keys:
        """Derive them from the prepared password; takes as long as the iterations do."""
        salted = hashlib.pbkdf2_hmac(digest, password.encode(), salt, iterations)
        return cls(
            digest,
            hmac.digest(salted, b"Client Key", digest),
            hmac.digest(salted, b"Server Key", digest),
        )

    def proof(self, text: bytes) -> bytes:
        """The client's proof of the conversation so far."""
        stored = hashlib.new(self.digest, self.client).digest()
        signature = hmac.digest(stored, text, self.digest)
        return bytes(a ^ b for a, b in zip(self.client, signature, strict=True))

    def signature(self, text: bytes) -> bytes:
        """The server's signature."""
        return hmac.digest(self.server, text, self.digest)


def scram(
    digest: str, is_plus: bool, credentials: Credentials, facts: ConnectionFacts, nonce: str = ""
) -> Exchange:
    """Prove the password, and verify the server's proof.

    Args:
        digest: the hash's name in hashlib.
        is_plus: bind the login to the TLS connection.
        nonce: the client's part of the nonce; a new one if empty.

    Raises:
        InputError: user name or password cannot be prepared.
        Unsupported: the connection has no TLS to bind to.
        AuthenticationError: the server's messages are not of this mechanism, request too little or
            too much work, or its signature is wrong.
    """
    nonce = nonce or new_nonce()
    user = gs2_name(saslprep(credentials.user, "the user name"))
    password = saslprep(credentials.password.reveal(), "the password")
    header, binding = _header(is_plus, credentials, facts)
    first = f"n={user},r={nonce}"
    challenge = yield (header + first).encode()
    server_first, server_nonce, salt, iterations = _read_first(challenge, nonce)
    unproven = f"c={_base64(header.encode() + binding)},r={server_nonce}"
    text = f"{first},{server_first},{unproven}".encode()
    keys = Keys.derive(digest, password, salt, iterations)
    challenge = yield f"{unproven},p={_base64(keys.proof(text))}".encode()
    _check_final(challenge, keys.signature(text))
    return (yield b"")


def _header(is_plus: bool, credentials: Credentials, facts: ConnectionFacts) -> tuple[str, bytes]:
    """Return the GS2 header, and the bytes to bind."""
    identity = credentials.authorization_identity.reveal()
    acting = f"a={gs2_name(saslprep(identity, 'the authorization identity'))}" if identity else ""
    found = binding_of(facts)
    if not is_plus:
        # RFC 5802 section 6: "y" only if we could have bound and the server did not offer it.
        flag = "n" if found is None or any(n.endswith("-PLUS") for n in facts.offered) else "y"
        return f"{flag},{acting},", b""
    if found is None:
        raise Unsupported(
            "the login cannot be bound to TLS: the connection is in clear",
            remedy="Turn TLS on, or use the mechanism without PLUS",
        )
    return f"p={found[0]},{acting},", found[1]


def binding_of(facts: ConnectionFacts) -> tuple[str, bytes] | None:
    """Return what the connection can be bound by: the kind and its bytes."""
    return next(((kind, data) for kind in BINDINGS if (data := facts.binding(kind))), None)


def _read_first(challenge: bytes | None, nonce: str) -> tuple[str, str, bytes, int]:
    """The server's first message: its text, the whole nonce, salt and iterations."""
    text = _text(challenge)
    match = _SERVER_FIRST.match(text)
    if match is None:
        raise AuthenticationError("the server's first message is not of SCRAM")
    whole, salt, iterations = match[1], _octets(match[2]), int(match[3])
    # RFC 5802 section 5.1: without a part of its own an old conversation could be replayed.
    if not whole.startswith(nonce) or whole == nonce:
        raise AuthenticationError("the server answered with a nonce that does not extend ours")
    if not MIN_ITERATIONS <= iterations <= MAX_ITERATIONS:
        raise AuthenticationError(
            f"the server requests {iterations} iterations; allowed are {MIN_ITERATIONS} to"
            f" {MAX_ITERATIONS}",
            remedy="Ask its operator: fewer make the password easy to guess, more block the client",
        )
    return text, whole, salt, iterations


def _check_final(challenge: bytes | None, signature: bytes) -> None:
    """The server's last message.

    Raises:
        AuthenticationError: it refuses, or does not know the password itself.
    """
    match = _SERVER_FINAL.match(_text(challenge))
    if match is None:
        raise AuthenticationError("the server's last message is not of SCRAM")
    if match[1] == "e":
        reason = match[2] if match[2] in _REASONS else "for another reason"
        raise AuthenticationError(
            f"the server refused the login: {reason}", remedy="Check user and password"
        )
    if not hmac.compare_digest(_octets(match[2]), signature):
        raise AuthenticationError(
            "the server's signature is wrong: it does not know the password",
            remedy="It may be an impostor; ask its operator before you send anything",
        )


def _text(challenge: bytes | None) -> str:
    if challenge is None:
        raise AuthenticationError("the server reported the login as complete before it was")
    return challenge.decode("utf-8", "replace")


def _octets(text: str) -> bytes:
    try:
        octets = b64decode(text, validate=True)
    except ValueError:
        octets = b""
    if _base64(octets) != text:  # unused bits must be zero (RFC 4648 section 3.5)
        raise AuthenticationError("the server's message is not base64 where it must be")
    return octets


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
