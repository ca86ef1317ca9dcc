"""Mail server URLs, read into properties.

The grammar is our own and small: what the standard library says about a URL that it cannot read
repeats the password in it.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import parse_qsl, unquote

from smtp_nb.errors import InputError
from smtp_nb.model.enums import SSLStartMode
from smtp_nb.model.memory_server import MemoryServer, registered
from smtp_nb.model.secret import Secret

_URL = re.compile(
    r"(?P<scheme>smtps?)://"
    r"(?:(?P<user>[^:@/?#\s]*)(?::(?P<password>[^@/?#\s]*))?@)?"
    r"(?:\[(?P<literal>[^\]\s]+)\]|(?P<name>[^\[\]:@/?#\s]+))"
    r"(?::(?P<port>[0-9]{1,5}))?/?(?:\?(?P<query>[^#\s]*))?",
    re.IGNORECASE,
)
_MODES = {
    "none": SSLStartMode.NONE,
    "starttls": SSLStartMode.EXPLICIT,
    "explicit": SSLStartMode.EXPLICIT,
    "implicit": SSLStartMode.IMPLICIT,
}
_DEFAULTS = {"smtp": (587, SSLStartMode.EXPLICIT), "smtps": (465, SSLStartMode.IMPLICIT)}
_PARAMETERS = {"ca": "CACertFilePaths", "pin": "SSLServerPin"}
_WORDS = frozenset({"tls", "wire", *_PARAMETERS})


def properties_from_url(url: Secret) -> dict[str, object]:
    """Return properties for `smtp://user:password@host:587?ca=…`.

    `smtps` is TLS from the first byte. `smtp` is STARTTLS, which the server must offer; for a
    server on this machine it is plain unless `ca` or `pin` is given. `tls=none`, `tls=starttls`
    and `tls=implicit` override that. `ca` is a file of trusted roots, `pin` the `sha256:…` of the
    server's public key. Settings are keyed by their IPWorks names.
    `wire` names a sandbox of this process that is reached without a socket; it is returned under
    `_memory_server`.

    Args:
        url: wrapped, because it may hold a password, which no traceback may show.

    Raises:
        InputError: not a mail server URL. A password in it is not repeated.
    """
    parts = _split(url)
    if parts is None:
        raise InputError(
            "not a mail server URL", remedy="Write smtp://user@host:587 or smtps://host"
        )
    asked = _asked(parts["query"])
    host = parts["literal"] or parts["name"]
    port, mode = _DEFAULTS[parts["scheme"].lower()]
    if (
        mode is SSLStartMode.EXPLICIT
        and _is_this_machine(host)
        and not asked.keys() & _PARAMETERS.keys()
    ):
        mode = SSLStartMode.NONE
    return {
        "mail_server": host.lower(),
        "mail_port": int(parts["port"] or port),
        "ssl_start_mode": _mode(asked.pop("tls")) if "tls" in asked else mode,
        "user": unquote(parts["user"]),
        "password": _password(url),
        **({"_memory_server": _on_wire(asked.pop("wire"))} if "wire" in asked else {}),
        **{_PARAMETERS[name]: value for name, value in asked.items()},
    }


def _split(url: Secret) -> dict[str, str] | None:
    """The parts of the URL but for the password, empty where there is nothing; None for no URL."""
    match = _URL.fullmatch(url.reveal())
    return match.groupdict("") | {"password": ""} if match else None


def _password(url: Secret) -> Secret:
    match = _URL.fullmatch(url.reveal())
    return Secret(unquote(match["password"] or "") if match else "")


def _asked(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    asked = dict(pairs)
    if wrong := sorted(asked.keys() - _WORDS):
        raise InputError(
            f"{wrong[0]!r} is not a parameter of a mail server URL",
            remedy="Use tls, ca, pin or wire",
        )
    if len(asked) < len(pairs):
        raise InputError("the URL repeats a parameter", remedy="Give each parameter once")
    return asked


def _mode(word: str) -> SSLStartMode:
    if word not in _MODES:
        raise InputError(f"tls={word} is unknown", remedy=f"Use one of {', '.join(_MODES)}")
    return _MODES[word]


def _on_wire(word: str) -> MemoryServer:
    server = registered(word)
    if server is None:
        raise InputError(
            "wire= in the URL names no server of this process",
            remedy="Take the URL from a SandboxServer(inline=True) that runs in this process",
        )
    return server


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
