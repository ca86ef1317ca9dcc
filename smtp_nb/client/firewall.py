"""The proxy to go through (reference: Firewall)."""

from __future__ import annotations

from typing import Any

from smtp_nb.client import values
from smtp_nb.errors import Unsupported
from smtp_nb.flows.session import Proxy
from smtp_nb.model.enums import FirewallType
from smtp_nb.model.secret import Secret

_PORTS = {FirewallType.NONE: 0, FirewallType.TUNNEL: 80}
_SOCKS_PORT = 1080
NO_SYSTEM_PROXY = "the proxy is not looked up in the system's settings"
_kind = values.member(FirewallType)
_port = values.integer(0, 65535)


class Firewall:
    """A proxy; its fields are set in place: `smtp.firewall.host = "proxy.test"`.

    Setting `firewall_type` sets `port` to what is usual for it. `host` empty, or the type NONE,
    means no proxy.
    """

    def __init__(
        self,
        firewall_type: FirewallType | int | str = FirewallType.NONE,
        host: str = "",
        port: int = 0,
        user: str = "",
        password: str | Secret = "",
    ) -> None:
        self._values: dict[str, Any] = {}
        self.firewall_type = firewall_type
        self.host, self.user, self.password = host, user, password
        if port:
            self.port = port

    @property
    def firewall_type(self) -> FirewallType:
        """TUNNEL is HTTP CONNECT."""
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
        self._values["Host"] = values.host("FirewallHost", value)

    @property
    def port(self) -> int:
        """The proxy's port."""
        return int(self._values["Port"])

    @port.setter
    def port(self, value: int) -> None:
        self._values["Port"] = _port("FirewallPort", value)

    @property
    def user(self) -> str:
        """Who logs in at the proxy; empty: nobody does."""
        return str(self._values["User"])

    @user.setter
    def user(self, value: str) -> None:
        self._values["User"] = values.line("FirewallUser", value)

    @property
    def password(self) -> Secret:
        """Its password there, never shown."""
        password: Secret = self._values["Password"]
        return password

    @password.setter
    def password(self, value: str | Secret) -> None:
        self._values["Password"] = values.secret("FirewallPassword", value)

    @property
    def auto_detect(self) -> bool:
        """Take the proxy of the system's settings. That is not done here, so True is an error."""
        return False

    @auto_detect.setter
    def auto_detect(self, value: bool) -> None:
        if values.boolean("FirewallAutoDetect", value):
            raise Unsupported(
                f"FirewallAutoDetect stays False: {NO_SYSTEM_PROXY}", code=118, remedy="Set host"
            )

    @property
    def resolves_names(self) -> bool:
        """True if it is a SOCKS server, which can look a name up in our place."""
        return self.firewall_type not in _PORTS and bool(self.host)

    def copy(self) -> Firewall:
        """Another one with the same fields."""
        made = Firewall()
        made._values = dict(self._values)
        return made

    def proxy(self) -> Proxy | None:
        """What a session needs to know, or None for a direct line.

        Raises:
            Unsupported: a kind of proxy that is not spoken here.
        """
        if self.firewall_type is FirewallType.NONE or not self.host:
            return None
        if self.firewall_type is not FirewallType.TUNNEL:
            raise Unsupported(
                f"a firewall of type {self.firewall_type.name} is not spoken here yet",
                remedy="Use TUNNEL (HTTP CONNECT)",
            )
        return Proxy(self.host, self.port, self.user, self.password)

    def __repr__(self) -> str:
        where = f" {self.host}:{self.port}" if self.host else ""
        return f"<Firewall {self.firewall_type.name}{where}>"
