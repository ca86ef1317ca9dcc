"""Mechanisms that this library supports, in one table, and how each is run."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial

from smtp_nb.errors import AuthenticationError, MissingError, Unsupported
from smtp_nb.model.enums import AuthMechanism
from smtp_nb.sasl import kerberos, ntlm
from smtp_nb.sasl.bearer import oauthbearer, xoauth2
from smtp_nb.sasl.cram_md5 import cram_md5
from smtp_nb.sasl.credentials import Credentials
from smtp_nb.sasl.digest_md5 import digest_md5
from smtp_nb.sasl.exchange import ConnectionFacts, Exchange
from smtp_nb.sasl.external import external
from smtp_nb.sasl.kerberos import gssapi
from smtp_nb.sasl.login import login
from smtp_nb.sasl.plain import plain
from smtp_nb.sasl.pyspnego import is_installed
from smtp_nb.sasl.scram import binding_of, scram


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One way to log in.

    Attributes:
        name: as in the server's AUTH line.
        kind: the member of the enumeration that requests exactly this one.
        client: the client's side.
        needs: the fields of `Credentials` that it requires.
        is_clear_text: an eavesdropper can log in from then on.
        is_plus: it is bound to a TLS connection.
        takes_time: its steps compute, or ask elsewhere, for longer than others should wait.
        shows_identity: it sends an authorization identity in clear.
        modules: those of an extra that it needs.
    """

    name: str
    kind: AuthMechanism
    client: Callable[[Credentials, ConnectionFacts], Exchange]
    needs: tuple[str, ...] = ("user", "password")
    is_clear_text: bool = False
    is_plus: bool = False
    takes_time: bool = False
    shows_identity: bool = False
    modules: tuple[str, ...] = ()

    @property
    def is_bearer(self) -> bool:
        """True if any holder of the token can log in with it."""
        return "tokens" in self.needs

    @property
    def needs_user(self) -> bool:
        """True unless a certificate or a ticket says who we are."""
        return "user" in self.needs

    def is_at_hand(self, credentials: Credentials, facts: ConnectionFacts) -> bool:
        """True if AUTO may take it: everything it needs is set."""
        if (self.is_plus and binding_of(facts) is None) or not is_installed(*self.modules):
            return False
        if not self.needs_user and (credentials.password or credentials.tokens):
            return False  # AUTO takes these if there is nothing else to say who we are
        if self.kind is AuthMechanism.EXTERNAL:
            return facts.has_certificate
        return all(getattr(credentials, field) for field in self.needs)

    def gives_away(self, credentials: Credentials) -> bool:
        """True if an eavesdropper would learn a secret.

        An authorization identity counts as one, because people keep their token in that setting.
        """
        if self.shows_identity and credentials.authorization_identity:
            return True
        is_weak = self.kind is AuthMechanism.NTLM and not credentials.uses_ntlm_v2
        return self.is_clear_text or is_weak

    def require(self, credentials: Credentials) -> None:
        """Raise unless everything it needs is set.

        Raises:
            MissingError: what is missing. Nothing was written.
        """
        for field in self.needs:
            if not getattr(credentials, field):
                what, remedy = _MISSING[field]
                raise MissingError(f"no {what} is set to log in with", code=10022, remedy=remedy)


# A field of `Credentials` -> what it is called, and how to set it.
_MISSING = {
    "user": ("user name", "Set user"),
    "password": ("password", "Set password"),
    "tokens": ("token", "Set token_source, or the setting AuthorizationIdentity to the token"),
}
_BEARER = ("user", "tokens")


def _scram(digest: str, is_plus: bool = False) -> Mechanism:
    name = f"SCRAM-{digest.upper().replace('SHA', 'SHA-')}{'-PLUS' if is_plus else ''}"
    return Mechanism(
        name,
        AuthMechanism[name.replace("-", "_")],
        partial(scram, digest, is_plus),
        is_plus=is_plus,
        takes_time=True,
        shows_identity=True,
    )


# The strongest first: AUTO takes the first that the server offers and that has all it needs. A
# token source is set on purpose, and a token never shows the password.
MECHANISMS = (
    Mechanism("OAUTHBEARER", AuthMechanism.OAUTHBEARER, oauthbearer, _BEARER, is_clear_text=True),
    Mechanism("XOAUTH2", AuthMechanism.XOAUTH2, xoauth2, _BEARER, is_clear_text=True),
    _scram("sha256", is_plus=True),
    _scram("sha1", is_plus=True),
    _scram("sha256"),
    _scram("sha1"),
    Mechanism("EXTERNAL", AuthMechanism.EXTERNAL, external, (), shows_identity=True),
    Mechanism(
        "GSSAPI",
        AuthMechanism.KERBEROS,
        gssapi,
        (),
        takes_time=True,
        shows_identity=True,
        modules=kerberos.MODULES,
    ),
    Mechanism("DIGEST-MD5", AuthMechanism.SASL_DIGEST_MD5, digest_md5, shows_identity=True),
    Mechanism("CRAM-MD5", AuthMechanism.CRAM_MD5, cram_md5),
    Mechanism("NTLM", AuthMechanism.NTLM, ntlm.ntlm, modules=ntlm.MODULES),
    Mechanism("PLAIN", AuthMechanism.SASL_PLAIN, plain, is_clear_text=True),
    Mechanism("LOGIN", AuthMechanism.LOGIN, login, is_clear_text=True),
)
BY_NAME = {mechanism.name: mechanism for mechanism in MECHANISMS}
BY_KIND = {mechanism.kind: mechanism for mechanism in MECHANISMS}
SUPPORTED = f"Use one of {', '.join(BY_NAME)}"


def known(name: str) -> Mechanism:
    """Return the mechanism of that name, in any case.

    Raises:
        Unsupported: this library does not support it.
    """
    if found := BY_NAME.get(name.upper()):
        return found
    raise Unsupported(f"the login {name!r} is not supported", remedy=SUPPORTED)


def exchange(
    name: str, credentials: Credentials, facts: ConnectionFacts
) -> Generator[bytes | None, bytes | None, None]:
    """Return the client's side of a login, ready for `next()`.

    The first `next()` returns the initial response, or None if the server speaks first; each
    `send(challenge)` returns the response; `finish()` ends it on a positive reply.

    Raises:
        Unsupported: this library does not support the mechanism.
        MissingError: no user name, password or token is set.
        AuthenticationError: (while it runs) the server's challenges are not of this mechanism.
    """
    mechanism = known(name)
    mechanism.require(credentials)
    return _guarded(mechanism, credentials, facts)


def finish(exchange: Generator[bytes | None, bytes | None, None]) -> None:
    """End a login that the server reports as complete.

    Raises:
        AuthenticationError: the mechanism has not sent or seen everything it must. A server that
            agrees too early does not know the password.
    """
    try:
        exchange.send(None)
    except StopIteration:
        return
    exchange.close()
    raise AuthenticationError("the server reported the login as complete before it was")


def _guarded(
    mechanism: Mechanism, credentials: Credentials, facts: ConnectionFacts
) -> Generator[bytes | None, bytes | None, None]:
    if (yield from mechanism.client(credentials, facts)) is not None:
        raise AuthenticationError(
            f"the server sent another challenge after the last message of {mechanism.name}",
            remedy="Try another auth_mechanism",
        )
