"""Adapter for pyspnego, which speaks NTLM, and Kerberos through the system's library.

It is an extra, and loaded by the first login that needs it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

from smtp_nb.errors import AuthenticationError, Unsupported
from smtp_nb.wording import install

if TYPE_CHECKING:
    import spnego

T = TypeVar("T")
# It logs the bytes of every login. Ours are kept out of the log; those of other users are not ours
# to hide.
_is_ours: ContextVar[bool] = ContextVar("_is_ours", default=False)
_LOGGERS = ("spnego._ntlm", "spnego._gss", "spnego._sspi")


def is_installed(*modules: str) -> bool:
    """True if all these modules could be imported."""
    return all(find_spec(name) is not None for name in modules)


def require(extra: str, *modules: str) -> None:
    """Raise unless the extra is installed.

    Raises:
        Unsupported: it is not; says how to install it.
    """
    if missing := [name for name in modules if not is_installed(name)]:
        raise Unsupported(
            f"a login with {extra} needs packages that are not installed: {', '.join(missing)}",
            remedy=install(extra),
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
    """Run a call of pyspnego.

    Raises:
        AuthenticationError: it failed. The message of Kerberos is quoted, which names principals,
            servers and files; it holds no secret.
    """
    from spnego.exceptions import SpnegoError

    with _quietly():
        try:
            return work()
        except SpnegoError as error:
            words = str(error.base_error or error.message)
        except Exception as error:
            # Input from a hostile server makes its parsers raise all kinds of errors.
            is_kerberos = type(error).__module__.startswith(("krb5", "gssapi"))
            words = str(error) if is_kerberos else type(error).__name__
    raise AuthenticationError(f"{what} failed: {words}", remedy=remedy)


def step(
    context: spnego.ContextProxy, challenge: bytes | None, name: str, remedy: str = ""
) -> bytes:
    """Run one step of a login.

    Raises:
        AuthenticationError: the server sent an invalid message, or there is no ticket.
    """
    return attempt(f"the login with {name}", lambda: context.step(challenge), remedy) or b""
