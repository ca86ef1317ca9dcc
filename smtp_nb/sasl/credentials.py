"""Who logs in, and with what."""

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
# RFC 6750 section 2.1, b64token: what stands behind "Bearer" in one word.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*\Z")
_SCHEME = re.compile(r"(?i)\s*bearer\s+")

Token = Secret | str
TokenSource = Callable[[bool], Token]


def _no_secret() -> Secret:
    return Secret("")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Where bearer tokens come from; their source does not show in a repr.

    Args:
        source: is called before each login and gives the token, with or without "Bearer" in front.
            It may wait: it is called on a thread of its own, within the time-out of the session.
            Its argument is False at first, when a token that was kept will do. If the server
            refuses that one (535) the source is called once more, with True: get a new one from
            where they are made. A second refusal is final, and so is the same token again.
    """

    source: TokenSource = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and what proves it; the secrets never show in a repr.

    Attributes:
        user: the authentication identity; may be empty where a certificate or a ticket says it.
        password: its password.
        authorization_identity: whom to act as, if not the user (RFC 4422 section 2); may be empty.
        tokens: where XOAUTH2 and OAUTHBEARER get their token; see `Tokens`.
        token: the token of the login at hand, which `with_token` puts here.
        uses_ntlm_v2: answer NTLM in its second version.

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
        """The same, with a token that was just had from `tokens`.

        Raises:
            MissingError: it is empty, or no text at all.
            InjectionError: it is not of the characters that a bearer token has (RFC 6750).
        """
        text = token.reveal() if isinstance(token, Secret) else token
        bare = _SCHEME.sub("", text, 1).strip() if isinstance(text, str) else ""
        if not bare:
            raise MissingError(
                "the source of tokens gave none",
                code=10022,
                remedy="It is a plain function that returns the token as a text",
            )
        if not _TOKEN.match(bare):
            raise InjectionError(
                "the token holds characters that no bearer token has",
                remedy="Give the access token alone, as the provider gave it",
            )
        return replace(self, token=Secret(bare))


def _refuse_unsendable(secret: Secret, what: str) -> None:
    if _NEVER_IN_A_SECRET.search(secret.reveal()):
        raise InjectionError(
            f"{what} holds a NUL, a line break or half a surrogate pair",
            remedy="If it was read from a file, strip the line end",
        )
