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
    ask = _function("SSL_get_extms_support", "Extended master secrets")
    return bool(ask(connection._ssl) == 1)
