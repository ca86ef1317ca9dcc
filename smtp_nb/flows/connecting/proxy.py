"""Connection through a proxy: one deadline for all of it, each failure in the proxy's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from smtp_nb.errors import (
    CertificateError,
    ConnectFailed,
    FirewallError,
    FirewallTimeout,
    LinkError,
    SMTPTimeout,
    TLSError,
)
from smtp_nb.flows.connecting.handshake import shake_hands
from smtp_nb.flows.intents import Flow, Octets, Open, Resolve
from smtp_nb.flows.limits import Deadline
from smtp_nb.flows.session import ClientSession
from smtp_nb.flows.settings import Proxy
from smtp_nb.model.address import is_ip_address
from smtp_nb.model.enums import FirewallType

if TYPE_CHECKING:
    from smtp_nb.wire.tls.tls import TLSSettings


class Tunnel(Protocol):
    """A handshake with a proxy, as bytes in and out."""

    is_done: bool
    rest: bytes

    def outgoing(self) -> bytes: ...

    def receive(self, data: bytes) -> None: ...


def reach(session: ClientSession, proxy: Proxy) -> Flow[bytes]:
    """Open the connection through a proxy; returns what the server has sent already.

    Raises:
        FirewallError: the proxy cannot be reached, refused, failed, sent nonsense or hung up.
        FirewallTimeout: it did not finish in time, however much it sent meanwhile.
        CertificateError: the proxy's certificate was not accepted.
        ConnectFailed: the server has no address to give to the proxy.
        InputError: a name, login or header field that cannot be sent to this kind of proxy.
    """
    deadline = Deadline(session.clock, session.settings.connect_timeout_s, "the proxy")
    tunnel = _tunnel(session, proxy, (yield from _target(session, proxy, deadline)))
    try:
        return (yield from _pass(session, proxy, tunnel, deadline))
    except (FirewallError, CertificateError):
        raise
    except SMTPTimeout as error:
        raise FirewallTimeout(
            f"the proxy {proxy.host} did not answer in time",
            remedy="Raise timeout, or check the proxy's type, name and port",
        ) from error
    except ConnectFailed as error:
        raise FirewallError(
            f"the proxy cannot be reached: {error.description}",
            remedy="Check firewall.host and firewall.port",
        ) from error
    except (LinkError, TLSError) as error:
        raise FirewallError(
            f"the connection to the proxy failed: {error.description}",
            remedy="Check the proxy's type and port",
        ) from error


def _target(session: ClientSession, proxy: Proxy, deadline: Deadline) -> Flow[str]:
    """Return the server as the proxy is given it: its name, or the address that we find."""
    settings = session.settings
    host = settings.host.strip("[]")
    if proxy.looks_up or is_ip_address(host):
        return host
    try:
        notice = session.trail.notice(f"the addresses of {host} (DNS)", deadline.left())
        found: list[str] = yield Resolve(
            host, settings.port, deadline.left(), settings.socket, notice
        )
    except ConnectFailed as error:
        error.remedy = "Put a * in front of mail_server to let the proxy look it up"
        raise
    return found[0]


def _tunnel(session: ClientSession, proxy: Proxy, host: str) -> Tunnel:
    port = session.settings.port
    if proxy.kind is FirewallType.TUNNEL:
        from smtp_nb.wire.proxies.http_connect import HttpConnect

        return HttpConnect(host, port, proxy.user, proxy.password, proxy.data, session.mask.text)
    from smtp_nb.wire.proxies.socks_connect import SocksConnect

    return SocksConnect(proxy.kind, host, port, proxy.user, proxy.password)


def _pass(session: ClientSession, proxy: Proxy, tunnel: Tunnel, deadline: Deadline) -> Flow[bytes]:
    """Open the connection and negotiate."""
    notice = deadline.notice(session.trail.say_waiting)
    session.peer = yield Open(
        proxy.host, proxy.port, deadline.left(), session.settings.socket, notice=notice
    )
    session.is_open = True
    session.restart_clock()
    if proxy.tls is not None:
        yield from _protect(session, proxy, proxy.tls, deadline)
    while not tunnel.is_done:
        if request := tunnel.outgoing():
            yield from session.put(request, deadline.left())
        tunnel.receive((yield from session.get(deadline)))
    session.trail.status("Firewall connection complete")
    return Octets(tunnel.rest)


def _protect(
    session: ClientSession, proxy: Proxy, settings: TLSSettings, deadline: Deadline
) -> Flow[None]:
    """Run TLS with the proxy itself."""
    from smtp_nb.wire.tls.tls import TLSLayer

    layer = TLSLayer(settings, proxy.host)
    yield from shake_hands(session, layer, deadline)
    session.under = layer
