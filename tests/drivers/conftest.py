from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from drivers.fronts import NAMES, Front, open_front
from drivers.talking import Run, talking
from smtp_nb import SMTP
from smtp_nb.drivers.aio import AsyncDriver
from smtp_nb.drivers.blocking import BlockingDriver
from smtp_nb.flows.intents import Close


@pytest.fixture(params=NAMES)
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    with open_front(request.param) as opened:
        yield opened


@pytest.fixture(params=NAMES)
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Runs flows one after the other on one driver; its line is closed afterwards."""
    if request.param == "blocking":
        blocking = BlockingDriver(SMTP())
        yield blocking.run
        blocking.run(talking(Close()))
        return
    with asyncio.Runner() as runner:
        aio = AsyncDriver(SMTP())
        yield lambda flow: runner.run(aio.run(flow))
        runner.run(aio.run(talking(Close())))
