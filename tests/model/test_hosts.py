from __future__ import annotations

import pytest

from smtp_nb.model.hosts import is_ip_address


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "fe80::1%eth0"])
def test_addresses_may_have_brackets_and_a_zone(host: str) -> None:
    assert is_ip_address(host)


@pytest.mark.parametrize("host", ["localhost", "1.2.3", "127.0.0.1.test", ""])
def test_a_name_is_no_address(host: str) -> None:
    assert not is_ip_address(host)
