"""Access to what pyOpenSSL does not expose of OpenSSL: the only place that reaches below it.

The names used here are private to pyOpenSSL and to the build of cryptography. Each is looked up
first, and a missing one is an error that names it: never a setting without effect.
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
            f"{what}: the installed cryptography does not expose that function of OpenSSL ({name})",
            remedy="Update cryptography and pyOpenSSL, or leave the setting at its default",
        )
    return found


def has_extended_master_secret(connection: SSL.Connection) -> bool:
    """True if the keys of TLS 1.2 depend on the whole handshake (RFC 7627)."""
    ask = _function("SSL_get_extms_support", "extended master secrets")
    return bool(ask(connection._ssl) == 1)


def is_resumed(connection: SSL.Connection) -> bool:
    """True if the handshake resumed an earlier session."""
    ask = _function("SSL_session_reused", "resumed sessions")
    return bool(ask(connection._ssl) == 1)


def set_groups(context: SSL.Context, groups: str) -> None:
    """Set the groups for the key exchange, best first; a leading star requests a key share.

    Raises:
        Unsupported: cryptography does not expose it, or OpenSSL does not accept the list.
    """
    _set_list("SSL_CTX_set1_curves_list", "groups for the key exchange", context, groups)


def set_signatures(context: SSL.Context, signatures: str) -> None:
    """Set the signature algorithms, best first.

    Raises:
        Unsupported: cryptography does not expose it, or OpenSSL does not accept the list.
    """
    _set_list("SSL_CTX_set1_sigalgs_list", "algorithms algorithms", context, signatures)


def _set_list(function: str, what: str, context: SSL.Context, names: str) -> None:
    done = _function(function, what)(context._context, names.encode("ascii"))
    if done != 1:
        _lib.ERR_clear_error()  # or it would be taken for the cause of a later failure
        raise Unsupported(
            f"{what}: the installed OpenSSL does not accept {names}",
            remedy="Update cryptography, or name others",
        )
