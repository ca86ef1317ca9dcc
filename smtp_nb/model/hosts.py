"""Hosts as users write them: by name or by IP address."""

from __future__ import annotations

import ipaddress


def is_ip_address(host: str) -> bool:
    """True for 192.0.2.1, 2001:db8::1, in brackets or not, with a zone or not."""
    try:
        ipaddress.ip_address(bare_address(host))
    except ValueError:
        return False
    return True


def bare_address(host: str) -> str:
    """The address without brackets and zone."""
    return host.strip("[]").partition("%")[0]
