"""The system-wide proxy, from the system's settings or the environment."""

from __future__ import annotations

import urllib.request
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from smtp_nb.client.settings import converters
from smtp_nb.errors import FirewallError, SMTPError
from smtp_nb.flows.settings import Proxy
from smtp_nb.model.enums import FirewallType
from smtp_nb.model.secret import Secret

# Which entry is for mail: its own, one for any kind of line, and last those that web browsers use.
_NAMES = ("smtp", "socks", "all", "https", "http")


class _Scheme(NamedTuple):
    kind: FirewallType
    port: int
    looks_up: bool = True
    has_tls: bool = False


_SCHEMES = {
    "http": _Scheme(FirewallType.TUNNEL, 80),
    "https": _Scheme(FirewallType.TUNNEL, 443, has_tls=True),
    "socks": _Scheme(FirewallType.SOCKS5, 1080),
    "socks4": _Scheme(FirewallType.SOCKS4, 1080, looks_up=False),
    "socks4a": _Scheme(FirewallType.SOCKS4A, 1080),
    "socks5": _Scheme(FirewallType.SOCKS5, 1080, looks_up=False),
    "socks5h": _Scheme(FirewallType.SOCKS5, 1080),
}


def system_proxy(server: str) -> tuple[Proxy, bool] | None:
    """Return the system-wide proxy, and whether TLS protects the connection to it; None for none.

    Windows and macOS have it in their settings, others in `smtp_proxy`, `socks_proxy`, `all_proxy`,
    `https_proxy` and `http_proxy` of the environment, except for the hosts in `no_proxy`.

    Raises:
        FirewallError: the setting is not a proxy URL. A password in it is not repeated.
    """
    found = {name: Secret(url) for name, url in urllib.request.getproxies().items()}
    name = next((name for name in _NAMES if name in found), "")
    if not name or urllib.request.proxy_bypass(server):
        return None
    try:
        return _read(name, found[name])
    except (ValueError, KeyError, SMTPError):
        pass  # what it says may repeat the password
    raise FirewallError(
        f"the system's {name} proxy setting cannot be used",
        remedy=f"Write {name}_proxy as scheme://host:port; {', '.join(_SCHEMES)} are schemes",
    )


def _read(name: str, url: Secret) -> tuple[Proxy, bool]:
    text = url.reveal() if "://" in url.reveal() else f"http://{url.reveal()}"
    parts = urlsplit(text)
    # macOS writes http:// in front of its SOCKS server too.
    scheme = _SCHEMES["socks" if (name, parts.scheme) == ("socks", "http") else parts.scheme]
    if not parts.hostname:
        raise ValueError("no host")
    proxy = Proxy(
        scheme.kind,
        converters.host("FirewallHost", parts.hostname),
        parts.port or scheme.port,
        converters.line("FirewallUser", unquote(parts.username or "")),
        Secret(unquote(parts.password or "")),
        scheme.looks_up,
    )
    return proxy, scheme.has_tls
