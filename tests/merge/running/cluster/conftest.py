"""A run that is offered to workers, without Dask: tests are the cluster."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
import pytest

from servers.postgresql import PostgreSQL
from smtp_nb.merge import MailMerge
from smtp_nb.merge.journal.claim_board import ClaimBoard
from smtp_nb.merge.running.cluster.conductor import Conductor
from smtp_nb.merge.running.cluster.shipment import Shipment
from smtp_nb.merge.running.cluster.worker import WorkerReport, work
from smtp_nb.merge.running.control import RunControl
from smtp_nb.merge.running.options import Options
from smtp_nb.merge.running.run import Run
from smtp_nb.sandbox import SandboxServer

Make = Callable[..., MailMerge]


@pytest.fixture
def url(postgresql: PostgreSQL) -> str:
    return postgresql.database()


@pytest.fixture
def frame() -> pd.DataFrame:
    """The number of rows is a window and a bit for each of three workers."""
    names = [f"s{number}" for number in range(100)]
    addresses = [f"{name}@{'ab'[number % 2]}.test" for number, name in enumerate(names)]
    return pd.DataFrame({"name": names, "email": addresses, "grade": 1})


class Offer:
    """A run whose messages are offered.

    Attributes:
        run: the client's.
        board: what the client sees.
        shipment: what each worker is called with.
    """

    def __init__(self, run: Run, server: Any) -> None:
        conductor = Conductor(run, server)
        self.run = run
        self.board: ClaimBoard = conductor._board
        self.shipment: Shipment = conductor._shipment(
            self.board.publish(len(run.todos), conductor._spent())
        )
        self.reports: list[WorkerReport] = []

    def start(self, count: int = 1) -> list[threading.Thread]:
        """So many workers begin."""
        threads = [threading.Thread(target=self._work) for _ in range(count)]
        for thread in threads:
            thread.start()
        return threads

    def _work(self) -> None:
        self.reports.append(work(self.shipment))

    def finish(self, count: int = 1) -> dict[str, int]:
        """Have so many workers send all; the outcomes of the rows."""
        for thread in self.start(count):
            thread.join(60)
        return outcomes(self.run.results())


@pytest.fixture
def offered(merge: Make, url: str) -> Callable[..., Any]:
    """Offers the messages of a merge to workers; options are those of `run`."""

    @contextmanager
    def offer(given: MailMerge | None = None, **options: Any) -> Iterator[Offer]:
        made = given or merge(journal=url)
        chosen = Options(progress=None, cluster=object(), **options)
        run = Run(made._campaign, chosen, RunControl())
        with run.until_closed():
            yield Offer(run, made.server)

    return offer


def outcomes(results: pd.DataFrame) -> dict[str, int]:
    return dict(Counter(results["outcome"]))


def received(server: SandboxServer) -> Counter[str]:
    return Counter(to for message in server.messages for to in message.rcpt_tos)
