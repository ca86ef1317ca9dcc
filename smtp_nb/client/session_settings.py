"""Session settings, built from the component's properties."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from fnmatch import fnmatchcase
from ipaddress import ip_address
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from smtp_nb.client.settings.registry import REGISTRY
from smtp_nb.errors import AddressError, ConnectFailed, InputError, MissingError, SMTPError
from smtp_nb.flows.intents import Flow, SocketOptions
from smtp_nb.flows.limits import throttled, with_timeout
from smtp_nb.flows.settings import BANNER_TIMEOUT, Proxy, SessionSettings
from smtp_nb.model.address import ascii_domain
from smtp_nb.model.enums import (
    AuthMechanism,
    FirewallType,
    SSLProvider,
    SSLSecurityFlag,
    SSLStartMode,
)
from smtp_nb.model.regular import read_regular
from smtp_nb.model.secret import Secret
from smtp_nb.wording import Front

if TYPE_CHECKING:
    from smtp_nb.client.component import Component
    from smtp_nb.sasl import Credentials, TokenSource
    from smtp_nb.wire.certificates.identity import Identity
    from smtp_nb.wire.settings import Offer
    from smtp_nb.wire.tls.sessions import SessionSlot
    from smtp_nb.wire.tls.tls import TLSSettings
    from smtp_nb.wire.verification.revocation import RevocationLists

T = TypeVar("T")
# What UseIPv6 means; with 2, both kinds will do.
_IP_VERSIONS = {0: 4, 1: 6}
ANY_FAMILY = 2
# RFC 8314: submission and relay ports begin in clear, all others with TLS.
_STARTTLS_PORTS = frozenset({25, 587, 2525})
# Where servers take mail, the likeliest first.
MAIL_PORTS = (587, 465, 2525, 25)

_NAMELESS = frozenset({AuthMechanism.EXTERNAL, AuthMechanism.KERBEROS})
_BEARER = frozenset({AuthMechanism.XOAUTH2, AuthMechanism.OAUTHBEARER})


def settings_from(component: Component) -> SessionSettings:
    """Everything a new session needs to know.

    Raises:
        MissingError: 163, no server.
        InputError: 116, port 0; or something that TLS or the login cannot use.
        ConnectFailed: 10047, the server's address is of the kind that UseIPv6 was set to exclude.
    """
    if not _host(component):
        raise MissingError("no mail server is set", code=163, remedy="Set mail_server")
    if not component.mail_port:
        raise InputError("the mail server's port is 0", code=116, remedy="Set mail_port")
    read = _reader(component)
    proxy = _proxy(component)
    if proxy is None:
        _check_family(component)
    start_mode = _start_mode(component)
    tls = None if start_mode is SSLStartMode.NONE else _tls(component)
    timeout = component.timeout or None
    is_default = "Timeout" not in component._values
    final = None if read("FinalReplyTimeout") == 0 else read("FinalReplyTimeout")
    return SessionSettings(
        host=_host(component),
        port=component.mail_port,
        hello=read("Hello") or _host_name(),
        start_mode=start_mode,
        tls=tls,
        session_slot=_session_slot(component, tls),
        lists=_lists(component, tls),
        mechanism=component.auth_mechanism,
        credentials=_credentials(component),
        allow_extensions=component.allow_extensions,
        allow_clear_text=read("AllowClearTextAuth"),
        timeout_s=timeout,
        connect_timeout_s=read("ConnectionTimeout") or timeout,
        banner_timeout_s=BANNER_TIMEOUT if is_default else timeout,
        final_timeout_s=final
        if is_default or "FinalReplyTimeout" in component._values
        else timeout,
        pipelining=component.pipelining,
        window=component.window,
        send_rset=read("SendRSET"),
        max_line=read("MaxLineLength"),
        proxy=proxy,
        shows_chain=read("SSLIncludeCertChain") or _is_internal(component),
        socket=_socket_options(component),
    )


def _reader(component: Component) -> Any:
    """Reads a setting of the component by name; settings are of different types, hence Any."""
    return lambda name: REGISTRY[name].read(component)


def limited(component: Component, flow: Flow[T], sharers: int = 1) -> Flow[T]:
    """A flow within the limits that AbsoluteTimeout and MaxTransferRate set to the whole call.

    Args:
        sharers: how many flows share the rate.
    """
    read = _reader(component)
    if rate := read("MaxTransferRate"):
        flow = throttled(flow, max(1, rate // sharers), component._clock)
    if component.timeout and read("AbsoluteTimeout"):
        flow = with_timeout(flow, component.timeout, component._clock)
    return flow if component._front is Front.PYTHON else _spoken(component._front, flow)


def _spoken(front: Front, flow: Flow[T]) -> Flow[T]:
    """A flow whose errors speak the words of a front."""
    try:
        return (yield from flow)
    except SMTPError as error:
        error.front = front
        raise


def _start_mode(component: Component) -> SSLStartMode:
    mode = component.ssl_start_mode
    if mode is not SSLStartMode.AUTOMATIC:
        return mode
    is_plain = component.mail_port in _STARTTLS_PORTS
    return SSLStartMode.EXPLICIT if is_plain else SSLStartMode.IMPLICIT


def _check_family(component: Component) -> None:
    """A name has addresses to choose from; an address is of one kind, and was given on purpose.

    So the default of UseIPv6, which takes IPv4 only, is about names.
    """
    wanted = _IP_VERSIONS.get(component._values.get("UseIPv6", ANY_FAMILY))
    try:
        address = ip_address(component.mail_server.strip("[]").partition("%")[0])
    except ValueError:
        return
    if wanted and address.version != wanted:
        raise ConnectFailed(
            f"{component.mail_server} is not an IPv{wanted} address, and UseIPv6 allows no other",
            code=10047,
            remedy="config('UseIPv6=2') takes IPv6 and IPv4",
        )


def _host_name() -> str:
    """This machine's name if a server would take it for a domain, else empty."""
    name = socket.gethostname()
    try:
        return ascii_domain(name) if "." in name else ""
    except AddressError:
        return ""


def _socket_options(component: Component) -> SocketOptions:
    read = _reader(component)
    return SocketOptions(
        local_host=component.local_host,
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


def _proxy(component: Component) -> Proxy | None:
    """The proxy to go through, unless the server is one of the exceptions."""
    host, data = _host(component), REGISTRY["FirewallData"].read(component)
    if _is_exception(host, REGISTRY["ProxyExceptionsList"].read(component)):
        return None
    proxy, has_tls = component.firewall.proxy(host) or (None, False)
    is_starred = component.mail_server != host
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
        tls=_proxy_tls(component) if has_tls else None,
    )


def _host(component: Component) -> str:
    """The server's name without the * that leaves its look-up to the firewall."""
    return component.mail_server.removeprefix("*")


def _is_exception(host: str, exceptions: str) -> bool:
    patterns = (part.strip().lower() for part in exceptions.split(";"))
    return any(fnmatchcase(host.lower(), pattern) for pattern in patterns if pattern)


def _proxy_tls(component: Component) -> TLSSettings:
    """What to trust on the way to the proxy: the same roots, but neither the pins, the flags nor
    our own certificate, which were all meant for the mail server."""
    return replace(
        _tls(component),
        pins=(),
        accepted_der=b"",
        security_flags=SSLSecurityFlag(0),
        identity=None,
        checks_revocation=False,  # the way to its list leads through this very proxy
    )


def _credentials(component: Component) -> Credentials | None:
    """What to log in with, or None: a certificate or a ticket needs no user name."""
    mechanism = component.auth_mechanism
    if not component.user and mechanism not in _NAMELESS:
        return None
    from smtp_nb.sasl import Credentials, Tokens

    identity: Secret = REGISTRY["AuthorizationIdentity"].read(component)
    tokens = component._tokens
    if mechanism in _BEARER and identity and tokens is None:
        tokens, identity = Tokens(_always(identity)), Secret("")
    return Credentials(
        component.user,
        component.password,
        identity,
        tokens,
        uses_ntlm_v2=REGISTRY["UseNTLMv2"].read(component),
    )


def _always(token: Secret) -> TokenSource:
    return lambda renew: token


def _tls(component: Component) -> TLSSettings:
    from smtp_nb.wire.tls.tls import TLSSettings

    read = _reader(component)
    pin = read("SSLServerPin")
    roots = [*_pem_files(read("CACertFilePaths")), read("SSLServerCACerts")]
    return TLSSettings(
        ca_data="\n".join(roots).strip().encode(),
        pins=(pin,) if pin else (),
        accepted_der=_accepted(component),
        security_flags=read("SSLSecurityFlags"),
        enabled_protocols=read("SSLEnabledProtocols"),
        identity=_identity(component, read("SSLCACerts")),
        offer=_offer(component),
        checks_revocation=read("SSLCheckCRL"),
        key_log_file=read("SSLKeyLogFile"),
        logs_records=read("LogSSLPackets"),
    )


def _accepted(component: Component) -> bytes:
    """The certificate that passes whatever is wrong with it; empty for none."""
    accepted = component.ssl_accept_server_cert
    if accepted and not accepted.der:
        raise InputError(
            "ssl_accept_server_cert holds a bare key, but servers send certificates",
            code=272,
            remedy="Set the certificate, or pin the key: config('SSLServerPin=sha256:…')",
        )
    return accepted.der


def _offer(component: Component) -> Offer:
    from smtp_nb.wire.settings import Offer

    read = _reader(component)

    def names(setting: str, separator: str = ",") -> tuple[str, ...]:
        return tuple(filter(None, read(setting).split(separator)))

    suites = names("SSLEnabledCipherSuites", ";")
    return Offer(
        suites=() if suites == ("*",) else suites,
        cipher_list=read("OpenSSLCipherList"),
        least_bits=read("SSLCipherStrength"),
        old_groups=names("TLS12SupportedGroups"),
        new_groups=names("TLS13SupportedGroups"),
        key_shares=names("TLS13KeyShareGroups"),
        old_signatures=names("TLS12SignatureAlgorithms"),
        new_signatures=names("TLS13SignatureAlgorithms"),
        renegotiation_info=read("SSLEnableRenegotiation"),
    )


def _session_slot(component: Component, tls: TLSSettings | None) -> SessionSlot | None:
    """Where the session with this server is kept, if sessions are to be resumed."""
    if tls is None or not _reader(component)("ReuseSSLSession"):
        return None
    from smtp_nb.wire.tls.sessions import TLSSessionCache

    if component._tls_sessions is None:
        component._tls_sessions = TLSSessionCache()
    return component._tls_sessions.session_slot(component.mail_server, component.mail_port, tls)


def _lists(component: Component, tls: TLSSettings | None) -> RevocationLists | None:
    """The revocation lists that this component, and those it was copied from, have fetched."""
    if tls is None or not tls.checks_revocation:
        return None
    from smtp_nb.wire.verification.revocation import RevocationLists

    if component._revocation_lists is None:
        component._revocation_lists = RevocationLists()
    return component._revocation_lists


def _is_internal(component: Component) -> bool:
    """True if the reference's own engine was asked for, which shows the whole chain."""
    is_asked = component.ssl_provider is SSLProvider.INTERNAL
    return is_asked or bool(_reader(component)("UseInternalSecurityAPI"))


def _identity(component: Component, authorities: str) -> Identity | None:
    """Our own certificate with all that is sent along with it, or None."""
    if not (own := component.ssl_cert):
        return None
    from smtp_nb.model.enums import CertStoreType
    from smtp_nb.wire.certificates.identity import Hidden, Identity
    from smtp_nb.wire.certificates.stores import open_store

    identity = own.identity
    if not authorities:
        return identity
    above = open_store(CertStoreType.PUBLIC_KEY_BLOB, Hidden(authorities.encode()), Hidden())
    chain = [item for entry in above for item in (entry.certificate, *entry.chain) if item]
    return Identity(identity.certificate, identity.key, (*identity.chain, *chain))


def _pem_files(paths: str) -> list[str]:
    """The contents of those files that exist.

    Raises:
        InputError: 271, none exists, or one cannot be read.
    """
    files = [Path(part.strip()) for part in paths.split(";") if part.strip()]
    found = [path for path in files if os.path.exists(path)]
    return list(map(_pem, found or files))


def _pem(path: Path) -> str:
    try:
        return read_regular(path).decode("ascii")
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not PEM"
        raise InputError(
            f"the file of trusted roots {str(path)!r} cannot be read: {why}",
            code=271,
            remedy="Name a file of PEM certificates",
        ) from error
