"""Credentials: a user name and what proves it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from smtp_nb.errors import InjectionError, MissingError
from smtp_nb.model.address import refuse_controls
from smtp_nb.model.secret import Secret

# NUL separates the fields of PLAIN; a line break is what a password file leaves at the end; a lone
# surrogate has no UTF-8.
_NEVER_IN_A_SECRET = re.compile("[\0\r\n\ud800-\udfff]")
# RFC 6750 section 2.1, b64token: what follows "Bearer", as one word.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*\Z")
_SCHEME = re.compile(r"(?i)\s*bearer\s+")

Token = Secret | str
TokenSource = Callable[[bool], Token]


def _no_secret() -> Secret:
    return Secret("")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The source of bearer tokens, which does not show in a repr.

    Args:
        source: is called before each login and returns the token, with or without "Bearer" in
            front. It may wait: it is called on a thread of its own, within the time-out of the
                session. Its argument is False at first, when a cached token will do. If the server
                    refuses that one (535) the source is called once more, with True: fetch a new
                        one. A second refusal is final, and so is the same token again.
    """

    source: TokenSource = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and what proves it; the secrets never show in a repr.

    Attributes:
        user: the authentication identity; may be empty where a certificate or a ticket names it.
        password: its password.
        authorization_identity: the identity to act as, if not the user (RFC 4422 section 2); may be
            empty.
        tokens: the source of tokens for XOAUTH2 and OAUTHBEARER; see `Tokens`.
        token: the token of the current login, set by `with_token`.
        uses_ntlm_v2: use version 2 of NTLM.

    Raises:
        InjectionError: a NUL, a line break or (in the user name) any control character. The
            message never quotes a secret.
    """

    user: str
    password: Secret = field(default_factory=_no_secret)
    authorization_identity: Secret = field(default_factory=_no_secret)
    tokens: Tokens | None = None
    token: Secret = field(default_factory=_no_secret)
    uses_ntlm_v2: bool = False

    def __post_init__(self) -> None:
        refuse_controls(self.user, "the user name")
        _refuse_unsendable(self.password, "the password")
        _refuse_unsendable(self.authorization_identity, "the authorization identity")

    def with_token(self, token: Token) -> Credentials:
        """Return the same, with a token just obtained from `tokens`.

        Raises:
            MissingError: it is empty, or not a text.
            InjectionError: it has characters that a bearer token cannot have (RFC 6750).
        """
        text = token.reveal() if isinstance(token, Secret) else token
        bare = _SCHEME.sub("", text, 1).strip() if isinstance(text, str) else ""
        if not bare:
            raise MissingError(
                "the token source returned no token",
                code=10022,
                remedy="Write it as a plain function that returns the token as a text",
            )
        if not _TOKEN.match(bare):
            raise InjectionError(
                "the token holds characters that a bearer token cannot have",
                remedy="Give only the access token, as the provider issued it",
            )
        return replace(self, token=Secret(bare))


def _refuse_unsendable(secret: Secret, what: str) -> None:
    if _NEVER_IN_A_SECRET.search(secret.reveal()):
        raise InjectionError(
            f"{what} holds a NUL, a line break or half a surrogate pair",
            remedy="If it was read from a file, strip the line end",
        )
