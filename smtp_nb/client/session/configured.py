"""What a session's settings are read from."""

from __future__ import annotations

from smtp_nb.client.certificates import Certificates
from smtp_nb.client.firewall import Firewall
from smtp_nb.client.settings.properties import Properties
from smtp_nb.errors import SettingError


class Configured(Properties, Certificates):
    """The part of the component that says where a session goes, and how."""

    def __init__(self) -> None:
        self._firewall = Firewall()

    @property
    def firewall(self) -> Firewall:
        """The proxy to go through (IPWorks: Firewall); assign one or set its fields in place."""
        return self._firewall

    @firewall.setter
    def firewall(self, value: Firewall) -> None:
        if not isinstance(value, Firewall):
            kind = type(value).__name__
            raise SettingError(f"firewall does not take {kind}", remedy="It takes a Firewall")
        self._firewall = value
