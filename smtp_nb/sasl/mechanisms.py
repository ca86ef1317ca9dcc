"""The mechanisms that this library speaks, in one table, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass

from smtp_nb.errors import AuthenticationError, ClearTextRefused, ExtensionError, Unsupported
from smtp_nb.model.enums import AuthMechanism
from smtp_nb.sasl.cram_md5 import cram_md5
from smtp_nb.sasl.credentials import Credentials
from smtp_nb.sasl.exchange import Exchange
from smtp_nb.sasl.login import login
from smtp_nb.sasl.plain import plain


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One way to log in.

    Attributes:
        name: as in the server's AUTH line.
        kind: the member of the enumeration that asks for exactly this one.
        client: the client's side.
        is_clear_text: who reads the line reads the password.
    """

    name: str
    kind: AuthMechanism
    client: Callable[[Credentials, str], Exchange]
    is_clear_text: bool


# The strongest first: AUTO takes the first that the server offers.
MECHANISMS = (
    Mechanism("CRAM-MD5", AuthMechanism.CRAM_MD5, cram_md5, is_clear_text=False),
    Mechanism("PLAIN", AuthMechanism.SASL_PLAIN, plain, is_clear_text=True),
    Mechanism("LOGIN", AuthMechanism.LOGIN, login, is_clear_text=True),
)
_BY_NAME = {mechanism.name: mechanism for mechanism in MECHANISMS}
_CANDIDATES: dict[AuthMechanism, tuple[Mechanism, ...]] = {
    AuthMechanism.USER_PASSWORD: (_BY_NAME["PLAIN"], _BY_NAME["LOGIN"]),
    AuthMechanism.AUTO: MECHANISMS,
    **{mechanism.kind: (mechanism,) for mechanism in MECHANISMS},
}


def choose(mechanism: AuthMechanism, offered: Collection[str], protected: bool) -> str:
    """The name of the mechanism to use.

    Args:
        mechanism: what the user asked for. USER_PASSWORD is PLAIN if it is offered, else LOGIN;
            AUTO is the strongest that both sides know.
        offered: the names in the server's AUTH line, in any case; may be empty.
        protected: nobody can read the line (TLS or loopback), or the user allowed it all the same.
            AUTO never takes PLAIN or LOGIN otherwise.

    Raises:
        Unsupported: this library does not speak it.
        ExtensionError: the server does not offer it.
        ClearTextRefused: AUTO, and the server offers only clear-text logins on an open line.
    """
    candidates = _candidates(mechanism)
    names = {name.upper() for name in offered}
    usable = [candidate for candidate in candidates if candidate.name in names]
    if not usable:
        raise _not_offered(candidates, offered)
    if mechanism is AuthMechanism.AUTO and not protected:
        usable = [candidate for candidate in usable if not candidate.is_clear_text]
    if not usable:
        raise ClearTextRefused(
            "The server offers only logins that send the password in clear, and this line is not"
            " protected",
            remedy="Turn TLS on, for example ssl_start_mode='explicit'",
        )
    return usable[0].name


def is_clear_text(name: str) -> bool:
    """True if the mechanism `name` shows the password to whoever reads the line.

    Raises:
        Unsupported: this library does not speak it.
    """
    return _known(name).is_clear_text


def exchange(
    name: str, credentials: Credentials, host: str = ""
) -> Generator[bytes | None, bytes | None, None]:
    """The client's side of a login, ready for `next()`.

    The first `next()` gives the initial response, or None if the server speaks first; each
    `send(challenge)` gives the answer; `finish()` ends it when the server says yes.

    Args:
        host: the server's name, for mechanisms that sign it.

    Raises:
        Unsupported: this library does not speak the mechanism.
        MissingError: there is no user name or no password.
        AuthenticationError: (while it runs) the server's challenges are not of this mechanism.
    """
    mechanism = _known(name)
    credentials.require_password()
    return _guarded(mechanism, credentials, host)


def finish(exchange: Generator[bytes | None, bytes | None, None]) -> None:
    """The server said that the login is complete.

    Raises:
        AuthenticationError: the mechanism has not said or not seen all it has to. A server that
            agrees too early does not know the password.
    """
    try:
        exchange.send(None)
    except StopIteration:
        return
    exchange.close()
    raise AuthenticationError("The server called the login complete before it was")


def _guarded(
    mechanism: Mechanism, credentials: Credentials, host: str
) -> Generator[bytes | None, bytes | None, None]:
    if (yield from mechanism.client(credentials, host)) is not None:
        raise AuthenticationError(
            f"The server asks on after the last message of {mechanism.name}",
            remedy="Try another auth_mechanism",
        )


def _known(name: str) -> Mechanism:
    if found := _BY_NAME.get(name.upper()):
        return found
    raise Unsupported(f"The login {name!r} is not known here", remedy=_SPOKEN)


_SPOKEN = f"Supported are {', '.join(_BY_NAME)}"


def _candidates(mechanism: AuthMechanism) -> tuple[Mechanism, ...]:
    if mechanism in _CANDIDATES:
        return _CANDIDATES[mechanism]
    if mechanism is AuthMechanism.APOP:
        raise Unsupported("APOP is a command of POP3, SMTP has no such login", remedy=_SPOKEN)
    raise Unsupported(f"The login {mechanism.name} is not supported yet", remedy=_SPOKEN)


def _not_offered(candidates: tuple[Mechanism, ...], offered: Collection[str]) -> ExtensionError:
    if not offered:
        return ExtensionError(
            "The server offers no login",
            remedy="Many offer it only inside TLS: try ssl_start_mode='explicit' and port 587",
        )
    wanted = " or ".join(candidate.name for candidate in candidates)
    return ExtensionError(
        f"The server does not offer the login {wanted}, only {', '.join(sorted(offered))}",
        remedy="Set auth_mechanism to one that it offers",
    )
