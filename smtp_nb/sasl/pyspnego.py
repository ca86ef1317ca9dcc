"""The one place that knows pyspnego, which speaks NTLM, and Kerberos through the system's library.

It is an extra, and it is loaded by the first login that needs it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

from smtp_nb.errors import AuthenticationError, Unsupported

if TYPE_CHECKING:
    import spnego

T = TypeVar("T")
# It logs the octets of every login. Those of ours are kept out, those of others are theirs.
_is_ours: ContextVar[bool] = ContextVar("_is_ours", default=False)
_LOGGERS = ("spnego._ntlm", "spnego._gss", "spnego._sspi")


def is_installed(*modules: str) -> bool:
    """True if all these modules could be imported."""
    return all(find_spec(name) is not None for name in modules)


def require(extra: str, *modules: str) -> None:
    """Raise unless the extra is installed.

    Raises:
        Unsupported: it is not; says how it is had.
    """
    if missing := [name for name in modules if not is_installed(name)]:
        raise Unsupported(
            f"a login by {extra} needs what is not installed: {', '.join(missing)}",
            remedy=f"pip install 'smtp_nb[{extra}]'",
        )
    for logger in map(logging.getLogger, _LOGGERS):
        if _is_of_others not in logger.filters:
            logger.addFilter(_is_of_others)


def _is_of_others(record: logging.LogRecord) -> bool:
    return not _is_ours.get()


@contextmanager
def _quietly() -> Iterator[None]:
    token = _is_ours.set(True)
    try:
        yield
    finally:
        _is_ours.reset(token)


def attempt(what: str, work: Callable[[], T], remedy: str = "") -> T:
    """Do something with pyspnego.

    Raises:
        AuthenticationError: it did not work. The words of Kerberos are quoted, which name
            principals, servers and files; no secret is in them.
    """
    from spnego.exceptions import SpnegoError

    with _quietly():
        try:
            return work()
        except SpnegoError as error:
            words = str(error.base_error or error.message)
        except Exception as error:
            # What a hostile server sends makes its parsers raise all kinds of errors.
            is_kerberos = type(error).__module__.startswith(("krb5", "gssapi"))
            words = str(error) if is_kerberos else type(error).__name__
    raise AuthenticationError(f"{what} failed: {words}", remedy=remedy)


def step(
    context: spnego.ContextProxy, challenge: bytes | None, name: str, remedy: str = ""
) -> bytes:
    """One step of a login.

    Raises:
        AuthenticationError: what the server sent makes no sense, or there is no ticket.
    """
    return attempt(f"the login by {name}", lambda: context.step(challenge), remedy) or b""
