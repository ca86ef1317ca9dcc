from __future__ import annotations

from collections.abc import Iterator

import pytest

from drivers.fronts import NAMES, Front, open_front


@pytest.fixture(params=NAMES)
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    with open_front(request.param) as opened:
        yield opened
