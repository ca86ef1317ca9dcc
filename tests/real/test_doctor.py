"""The doctor at servers that are not ours."""

from __future__ import annotations

import pytest

from drivers.fronts import Front
from real.letters import Server, component
from smtp_nb.model.diagnosis import Finding

pytestmark = pytest.mark.real


def test_a_real_server_is_well(front: Front, server: Server) -> None:
    found = front.run(component(front, server).doctor(ports=()))
    assert found, str(found)
    assert {check.finding for check in found.checks} == {Finding.GOOD}
    assert server.messages() == []


def test_a_wrong_password_is_told(front: Front, server: Server) -> None:
    found = front.run(component(front, server, password="looking glass").doctor(ports=()))
    assert found.trouble is not None
    assert found.trouble.name == "Login"
    assert "535" in found.trouble.text
    assert "app password" in found.trouble.remedy
