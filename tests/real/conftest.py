from __future__ import annotations

from collections.abc import Iterator

import pytest

from drivers.fronts import NAMES, Front, open_front
from real.letters import Server


@pytest.fixture(params=NAMES)
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    with open_front(request.param) as opened:
        yield opened


@pytest.fixture(params=["postfix", "dovecot"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found
