"""The proxy to connect through (IPWorks: Firewall)."""

from __future__ import annotations

from typing import Any

from smtp_nb.client.settings import converters
from smtp_nb.flows.settings import Proxy
from smtp_nb.model.enums import FirewallType
from smtp_nb.model.known import known_attributes
from smtp_nb.model.secret import Secret
from smtp_nb.model.unseen import unseen_arguments

_PORTS = {FirewallType.NONE: 0, FirewallType.TUNNEL: 80}
_SOCKS_PORT = 1080
_HTTPS_PORT = 443
# They are given names. The other two are given addresses, unless `mail_server` begins with a *.
_LOOK_UP = frozenset({FirewallType.TUNNEL, FirewallType.SOCKS4A})
_kind = converters.member(FirewallType)
_port = converters.integer(0, 65535)


@known_attributes()
class Firewall:
    """A proxy; its fields are set in place: `smtp.firewall.host = "proxy.test"`.

    Setting `firewall_type` sets `port` to the usual one of that type. `host` empty, or the type
    NONE, means no proxy, unless `auto_detect` finds one.
    """

    @unseen_arguments
    def __init__(
        self,
        firewall_type: FirewallType | int | str = FirewallType.NONE,
        host: str = "",
        port: int = 0,
        user: str = "",
        password: str | Secret = "",
        *,
        tls: bool = False,
        auto_detect: bool = False,
    ) -> None:
        # What is shown of it while a value is being refused.
        self._values: dict[str, Any] = {"FirewallType": FirewallType.NONE, "Host": "", "Port": 0}
        self.firewall_type = firewall_type
        self.host, self.user, self.password = host, user, password
        self.tls, self.auto_detect = tls, auto_detect
        if port:
            self.port = port

    @property
    def firewall_type(self) -> FirewallType:
        """The kind of proxy. TUNNEL is HTTP CONNECT. SOCKS4A resolves the server's name at the
        proxy; SOCKS4 and SOCKS5 do so if `mail_server` begins with a *."""
        kind: FirewallType = self._values["FirewallType"]
        return kind

    @firewall_type.setter
    def firewall_type(self, value: FirewallType | int | str) -> None:
        kind = self._values["FirewallType"] = _kind("FirewallType", value)
        self._values["Port"] = _PORTS.get(kind, _SOCKS_PORT)

    @property
    def host(self) -> str:
        """The proxy's name or address."""
        return str(self._values["Host"])

    @host.setter
    def host(self, value: str) -> None:
        self._values["Host"] = converters.host("FirewallHost", value)

    @property
    def port(self) -> int:
        """The proxy's port."""
        return int(self._values["Port"])

    @port.setter
    def port(self, value: int) -> None:
        self._values["Port"] = _port("FirewallPort", value)

    @property
    def user(self) -> str:
        """The user name at the proxy; empty for no login."""
        return str(self._values["User"])

    @user.setter
    def user(self, value: str) -> None:
        self._values["User"] = converters.line("FirewallUser", value)

    @property
    def password(self) -> Secret:
        """The password at the proxy, never shown. SOCKS4 and SOCKS4A have none."""
        password: Secret = self._values["Password"]
        return password

    @password.setter
    def password(self, value: str | Secret) -> None:
        self._values["Password"] = converters.secret("FirewallPassword", value)

    @property
    def auto_detect(self) -> bool:
        """Use the proxy of the system's settings, if they have one and `host` is empty."""
        return bool(self._values["AutoDetect"])

    @auto_detect.setter
    def auto_detect(self, value: bool) -> None:
        self._values["AutoDetect"] = converters.boolean("FirewallAutoDetect", value)

    @property
    def tls(self) -> bool:
        """True if TLS protects the connection to the proxy itself (an "HTTPS proxy"), its login
        included.

        Its certificate is checked against the system's roots, `CACertFilePaths` and
        `SSLServerCACerts`. Setting it changes port 80 to 443. Not in IPWorks.
        """
        return bool(self._values["TLS"])

    @tls.setter
    def tls(self, value: bool) -> None:
        self._values["TLS"] = converters.boolean("FirewallTLS", value)
        if self.tls and self.port == _PORTS[FirewallType.TUNNEL]:
            self.port = _HTTPS_PORT

    def copy(self) -> Firewall:
        """Return another `Firewall` with the same fields."""
        made = Firewall()
        made._values = dict(self._values)
        return made

    def proxy(self, server: str) -> tuple[Proxy, bool] | None:
        """Return the proxy, and whether TLS protects the connection to it; None for a direct
        connection.

        Raises:
            FirewallError: the system's settings name a proxy that cannot be used.
        """
        if self.firewall_type is not FirewallType.NONE and self.host:
            looks_up = self.firewall_type in _LOOK_UP
            found = Proxy(
                self.firewall_type, self.host, self.port, self.user, self.password, looks_up
            )
            return found, self.tls
        if not self.auto_detect:
            return None
        from smtp_nb.client.system_proxy import system_proxy

        return system_proxy(server)

    def __repr__(self) -> str:
        where = f" {self.host}:{self.port}" if self.host else ""
        return f"<Firewall {self.firewall_type.name}{where}>"
