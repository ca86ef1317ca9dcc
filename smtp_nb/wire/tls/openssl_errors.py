"""OpenSSL errors, translated to ours."""

from __future__ import annotations

from typing import NoReturn

from OpenSSL import SSL

from smtp_nb.errors import TLSError

# OpenSSL's reason, in part -> our number and what to do about it.
PLAIN = "This port may use STARTTLS (ssl_start_mode='explicit'), or no TLS at all"
_OLD = "Its TLS version may be disabled here: check SSLEnabledProtocols"
_OWN = "Set ssl_cert to a certificate that the server trusts"
_SHARED = "Check that both sides share a cipher; the server may also require a client certificate"
_REASONS: tuple[tuple[str, int, str], ...] = (
    ("wrong version number", 276, PLAIN),
    ("packet length too long", 276, PLAIN),
    ("http request", 276, PLAIN),
    ("unsupported protocol", 276, _OLD),
    ("protocol version", 276, _OLD),
    ("no protocols available", 276, _OLD),
    ("certificate required", 281, _OWN),
    ("unknown ca", 276, _OWN),
    ("handshake failure", 276, _SHARED),
)


def raise_for(error: SSL.Error, what: str, code: int) -> NoReturn:
    """Raise our error for an OpenSSL error.

    Args:
        what: was being done, as a sentence.
        code: the number if OpenSSL's reason has none of its own.

    Raises:
        TLSError: in OpenSSL's words, with what to do about it.
    """
    if isinstance(error, SSL.ZeroReturnError):
        raise TLSError(f"{what}: the server closed the connection", code=code) from error
    reason = _reason(error)
    number, remedy = next(
        ((number, remedy) for part, number, remedy in _REASONS if part in reason), (code, "")
    )
    raise TLSError(
        f"{what}: {reason or 'OpenSSL gives no reason'}", code=number, remedy=remedy
    ) from error


def _reason(error: SSL.Error) -> str:
    """Return OpenSSL's reason: the last of each (library, function, reason)."""
    entries = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(dict.fromkeys(entry[-1] for entry in entries if entry[-1]))
