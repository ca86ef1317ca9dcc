"""From the component's properties to a session's settings."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from ipaddress import ip_address
from math import ceil
from typing import TYPE_CHECKING

from smtp_nb import ambient
from smtp_nb.client.session.session_tls import proxy_tls_from, tls_from
from smtp_nb.client.settings.properties import tokens_of
from smtp_nb.client.settings.registry import REGISTRY, reader
from smtp_nb.errors import AddressError, ConnectFailed, InputError, MissingError
from smtp_nb.flows.intents import SocketOptions
from smtp_nb.flows.settings import BANNER_TIMEOUT, Proxy, SessionSettings
from smtp_nb.model.address import ascii_domain
from smtp_nb.model.enums import AuthMechanism, FirewallType, SSLProvider, SSLStartMode
from smtp_nb.model.secret import Secret

if TYPE_CHECKING:
    from smtp_nb.client.session.configured import Configured
    from smtp_nb.client.session.remembered import Remembered
    from smtp_nb.sasl import Credentials, TokenSource
    from smtp_nb.wire.settings import TLSSettings
    from smtp_nb.wire.tls.sessions import SessionSlot

# What UseIPv6 means; with 2, or left alone, both kinds will do.
_IP_VERSIONS = {0: 4, 1: 6}
# RFC 8314: submission and relay ports begin in clear, all others with TLS.
_STARTTLS_PORTS = frozenset({25, 587, 2525})
# Where servers take mail, the likeliest first.
MAIL_PORTS = (587, 465, 2525, 25)
# These stand for several mechanisms, and take none without a user name.
_SEVERAL = frozenset({AuthMechanism.USER_PASSWORD, AuthMechanism.AUTO})


def settings_from(properties: Configured, remembered: Remembered) -> SessionSettings:
    """Everything a new session needs to know.

    Args:
        properties: what is set.
        remembered: what earlier sessions learned.

    Raises:
        MissingError: 163, no server.
        InputError: 116, port 0; or something that TLS or the login cannot use.
        ConnectFailed: 10047, the server's address is of the kind that UseIPv6 was set to exclude.
    """
    if not _host(properties):
        raise MissingError("no mail server is set", code=163, remedy="Set mail_server")
    if not properties.mail_port:
        raise InputError("the mail server's port is 0", code=116, remedy="Set mail_port")
    read = reader(properties)
    proxy = _proxy(properties)
    if proxy is None:
        _check_family(properties)
    start_mode = _start_mode(properties)
    tls = None if start_mode is SSLStartMode.NONE else tls_from(properties)
    timeout = properties.timeout or None
    is_default = not REGISTRY["Timeout"].is_set(properties)
    return SessionSettings(
        host=_host(properties),
        port=properties.mail_port,
        hello=read("Hello") or _host_name(),
        start_mode=start_mode,
        tls=tls,
        session_slot=_session_slot(properties, remembered, tls),
        lists=remembered.lists() if tls and tls.checks_revocation else None,
        mechanism=properties.auth_mechanism,
        credentials=_credentials(properties),
        allow_extensions=properties.allow_extensions,
        allow_clear_text=read("AllowClearTextAuth"),
        timeout_s=timeout,
        connect_timeout_s=read("ConnectionTimeout") or timeout,
        banner_timeout_s=BANNER_TIMEOUT if is_default else timeout,
        final_timeout_s=_final_timeout(properties),
        pipelining=properties.pipelining,
        window=properties.window,
        send_rset=read("SendRSET"),
        max_line=read("MaxLineLength"),
        proxy=proxy,
        shows_chain=read("SSLIncludeCertChain") or _is_internal(properties),
        socket=_socket_options(properties),
    )


def _final_timeout(properties: Configured) -> float | None:
    """FinalReplyTimeout, unless it was left alone and Timeout was set."""
    final, general = REGISTRY["FinalReplyTimeout"], REGISTRY["Timeout"]
    decides = final if final.is_set(properties) or not general.is_set(properties) else general
    return decides.read(properties) or None


def _start_mode(properties: Configured) -> SSLStartMode:
    mode = properties.ssl_start_mode
    if mode is not SSLStartMode.AUTOMATIC:
        return mode
    is_plain = properties.mail_port in _STARTTLS_PORTS
    return SSLStartMode.EXPLICIT if is_plain else SSLStartMode.IMPLICIT


def _check_family(properties: Configured) -> None:
    """A name has addresses to choose from; an address is of one kind, and was given on purpose.

    So the default of UseIPv6, which takes IPv4 only, is about names.
    """
    use_ipv6 = REGISTRY["UseIPv6"]
    wanted = _IP_VERSIONS.get(use_ipv6.read(properties)) if use_ipv6.is_set(properties) else None
    try:
        address = ip_address(properties.mail_server.strip("[]").partition("%")[0])
    except ValueError:
        return
    if wanted and address.version != wanted:
        raise ConnectFailed(
            f"{properties.mail_server} is not an IPv{wanted} address, and UseIPv6 allows no other",
            code=10047,
            remedy="config('UseIPv6=2') takes IPv6 and IPv4",
        )


def _host_name() -> str:
    """This machine's name if a server would take it for a domain, else empty."""
    name = ambient.host_name()
    try:
        return ascii_domain(name) if "." in name else ""
    except AddressError:
        return ""


def _socket_options(properties: Configured) -> SocketOptions:
    read = reader(properties)
    return SocketOptions(
        local_host=properties.local_host,
        local_port=read("LocalPort"),
        use_ipv6=read("UseIPv6"),
        tcp_no_delay=read("TcpNoDelay"),
        keep_alive=read("TCPKeepAlive"),
        keep_alive_s=ceil(read("KeepAliveTime") / 1000),
        keep_alive_interval_s=ceil(read("KeepAliveInterval") / 1000),
        linger=read("Linger"),
        linger_s=read("LingerTime"),
        in_buffer_size=read("InBufferSize"),
        out_buffer_size=read("OutBufferSize"),
    )


def _proxy(properties: Configured) -> Proxy | None:
    """The proxy to go through, unless the server is one of the exceptions."""
    host, data = _host(properties), REGISTRY["FirewallData"].read(properties)
    if _is_exception(host, REGISTRY["ProxyExceptionsList"].read(properties)):
        return None
    proxy, has_tls = properties.firewall.proxy(host) or (None, False)
    is_starred = properties.mail_server != host
    if is_starred and (proxy is None or proxy.kind is FirewallType.TUNNEL):
        raise InputError(
            "a mail server with * in front must be resolved by a SOCKS firewall, and none is set",
            remedy="Remove the *, or set firewall",
        )
    if proxy is None:
        return None
    if data and proxy.kind is not FirewallType.TUNNEL:
        raise InputError(
            f"a {proxy.kind.name} firewall takes no header fields",
            remedy="Empty FirewallData, or use TUNNEL",
        )
    return replace(
        proxy,
        looks_up=proxy.looks_up or is_starred,
        data=data,
        tls=proxy_tls_from(properties) if has_tls else None,
    )


def _host(properties: Configured) -> str:
    """The server's name without the * that leaves its look-up to the firewall."""
    return properties.mail_server.removeprefix("*")


def _is_exception(host: str, exceptions: str) -> bool:
    patterns = (part.strip().lower() for part in exceptions.split(";"))
    return any(fnmatchcase(host.lower(), pattern) for pattern in patterns if pattern)


def _credentials(properties: Configured) -> Credentials | None:
    """What to log in with, or None: a certificate or a ticket needs no user name."""
    kind = properties.auth_mechanism
    if not properties.user and kind in _SEVERAL:
        return None  # before anything of the room of logins is loaded
    from smtp_nb.sasl import Credentials, Tokens
    from smtp_nb.sasl.mechanisms import BY_KIND

    mechanism = BY_KIND.get(kind)
    if not properties.user and (mechanism is None or mechanism.needs_user):
        return None
    identity: Secret = REGISTRY["AuthorizationIdentity"].read(properties)
    tokens = tokens_of(properties)
    if mechanism is not None and mechanism.is_bearer and identity and tokens is None:
        tokens, identity = Tokens(_always(identity)), Secret("")
    return Credentials(
        properties.user,
        properties.password,
        identity,
        tokens,
        uses_ntlm_v2=REGISTRY["UseNTLMv2"].read(properties),
    )


def _always(token: Secret) -> TokenSource:
    return lambda renew: token


def _session_slot(
    properties: Configured, remembered: Remembered, tls: TLSSettings | None
) -> SessionSlot | None:
    """Where the session with this server is kept, if sessions can be resumed."""
    if tls is None or not REGISTRY["ReuseSSLSession"].read(properties):
        return None
    return remembered.sessions().session_slot(properties.mail_server, properties.mail_port, tls)


def _is_internal(properties: Configured) -> bool:
    """True if the reference's own engine was asked for, which shows the whole chain."""
    is_asked = properties.ssl_provider is SSLProvider.INTERNAL
    return is_asked or bool(reader(properties)("UseInternalSecurityAPI"))
