"""Choice of a mechanism: the user's request against what server and connection allow."""

from __future__ import annotations

from collections.abc import Sequence

from smtp_nb.errors import ClearTextRefused, ExtensionError, MissingError, SMTPError, Unsupported
from smtp_nb.model.enums import AuthMechanism
from smtp_nb.sasl.credentials import Credentials
from smtp_nb.sasl.exchange import ConnectionFacts
from smtp_nb.sasl.mechanisms import BY_KIND, BY_NAME, MECHANISMS, SUPPORTED, Mechanism

_CANDIDATES: dict[AuthMechanism, tuple[Mechanism, ...]] = {
    AuthMechanism.USER_PASSWORD: (BY_NAME["PLAIN"], BY_NAME["LOGIN"]),
    AuthMechanism.AUTO: MECHANISMS,
    **{kind: (mechanism,) for kind, mechanism in BY_KIND.items()},
}


def choose(mechanism: AuthMechanism, credentials: Credentials, facts: ConnectionFacts) -> Mechanism:
    """Return the mechanism to use.

    Args:
        mechanism: the user's request. USER_PASSWORD is PLAIN if offered, else LOGIN; AUTO is the
            strongest that both sides support and the credentials suffice for. On a connection that
                others can read it takes none in clear text, even where the user allowed that: an
                    attacker who can read the connection could have removed the stronger ones from
                    the server's list. If it fails, nothing weaker is tried.

    Raises:
        Unsupported: this library does not support it.
        ExtensionError: the server does not offer it.
        MissingError: the credentials do not suffice for it.
        ClearTextRefused: it needs a protected connection.
    """
    candidates = _candidates(mechanism)
    offered = [candidate for candidate in candidates if candidate.name in facts.offered]
    if not offered:
        raise _not_offered(candidates, facts)
    is_free = mechanism is AuthMechanism.AUTO
    usable = _at_hand(offered, credentials, facts) if is_free else offered[:1]
    for candidate in usable:
        if _is_safe(candidate, credentials, facts, is_free):
            candidate.require(credentials)
            return candidate
    raise _in_clear(usable[0], facts)


def _is_safe(
    mechanism: Mechanism, credentials: Credentials, facts: ConnectionFacts, is_free: bool
) -> bool:
    """True if it sends no secret over an open connection against the user's will."""
    if facts.is_protected or not mechanism.gives_away(credentials):
        return True
    return facts.allows_clear_text and not (is_free and mechanism.is_clear_text)


def _candidates(mechanism: AuthMechanism) -> tuple[Mechanism, ...]:
    if found := _CANDIDATES.get(mechanism):
        return found
    raise Unsupported("APOP is a command of POP3, SMTP has no such login", remedy=SUPPORTED)


def _at_hand(
    offered: Sequence[Mechanism], credentials: Credentials, facts: ConnectionFacts
) -> Sequence[Mechanism]:
    usable = [mechanism for mechanism in offered if mechanism.is_at_hand(credentials, facts)]
    if usable:
        return usable
    raise MissingError(
        f"what credentials that are set suffice for none of the logins {_names(offered)}",
        code=10022,
        remedy="Set password, or token_source for OAuth",
    )


def _not_offered(candidates: Sequence[Mechanism], facts: ConnectionFacts) -> SMTPError:
    if not facts.offered:
        return ExtensionError(
            "the server offers no login",
            remedy="It may be offered only inside TLS: try ssl_start_mode='explicit' and port 587",
        )
    wanted = " or ".join(candidate.name for candidate in candidates)
    return ExtensionError(
        f"the server does not offer the login {wanted}, only {', '.join(sorted(facts.offered))}",
        remedy="Set auth_mechanism to one that it offers",
    )


def _in_clear(mechanism: Mechanism, facts: ConnectionFacts) -> ClearTextRefused:
    return ClearTextRefused(
        f"{mechanism.name} would send a secret in clear to {facts.host}",
        remedy="Turn TLS on (ssl_start_mode='explicit'),"
        " or allow it: config('AllowClearTextAuth=True') and auth_mechanism by name",
    )


def _names(mechanisms: Sequence[Mechanism]) -> str:
    return ", ".join(mechanism.name for mechanism in mechanisms)
