"""What pyOpenSSL does not show of OpenSSL: the only place that reaches below it.

The names used here are private to pyOpenSSL and to how cryptography was built. Each is looked for
first, and one that is missing is an error that names it: never a setting without effect.
"""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL

from smtp_nb.errors import Unsupported

_lib: Any = getattr(SSL, "_lib", None)  # generated bindings, of no type


def _function(name: str, what: str) -> Any:
    found = getattr(_lib, name, None)
    if found is None:
        raise Unsupported(
            f"{what}: the installed cryptography does not pass that on to OpenSSL ({name})",
            remedy="Update cryptography and pyOpenSSL, or leave the setting at its default",
        )
    return found


def has_extended_master_secret(connection: SSL.Connection) -> bool:
    """True if the keys of TLS 1.2 depend on the whole handshake (RFC 7627)."""
    ask = _function("SSL_get_extms_support", "extended master secrets")
    return bool(ask(connection._ssl) == 1)


def is_resumed(connection: SSL.Connection) -> bool:
    """True if the handshake went on from an earlier session."""
    ask = _function("SSL_session_reused", "resumed sessions")
    return bool(ask(connection._ssl) == 1)


def set_groups(context: SSL.Context, groups: str) -> None:
    """Groups for the exchange of keys, best first; a star in front asks for a key share.

    Raises:
        Unsupported: cryptography does not pass it on, or OpenSSL knows no such list.
    """
    _set_list("SSL_CTX_set1_curves_list", "groups for the exchange of keys", context, groups)


def set_signatures(context: SSL.Context, signatures: str) -> None:
    """Algorithms for signatures, best first.

    Raises:
        Unsupported: cryptography does not pass it on, or OpenSSL knows no such list.
    """
    _set_list("SSL_CTX_set1_sigalgs_list", "algorithms for signatures", context, signatures)


def _set_list(function: str, what: str, context: SSL.Context, names: str) -> None:
    done = _function(function, what)(context._context, names.encode("ascii"))
    if done != 1:
        _lib.ERR_clear_error()  # or it would be taken for the reason of a later failure
        raise Unsupported(
            f"{what}: the installed OpenSSL does not take {names}",
            remedy="Update cryptography, or name others",
        )
