"""20,000 messages on four workers, while workers, the client and the database are killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from bisect import bisect
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from distributed import Client, LocalCluster

from servers.postgresql import PostgreSQL
from smtp_nb.merge import MailMerge, Template, load

from .test_conductor import cluster_of

pytestmark = [pytest.mark.real, pytest.mark.long]

ROWS, WORKERS, WINDOW, KILLS = 20_000, 4, 32, 10
TEMPLATE = Template(subject="For {{ name }}", markdown="Dear **{{ name }}**")
HERE = Path(__file__).parent


class Counting:
    """A sandbox in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "counting.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def _ask(self, what: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def wait_for(self, count: int) -> None:
        """Wait until so many messages have arrived."""
        while self._ask("count") < count:
            time.sleep(0.05)

    def all(self) -> dict[str, Any]:
        """Copies by recipient, and when messages arrived."""
        found: dict[str, Any] = self._ask("all")
        return found

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture
def counting() -> Iterator[Counting]:
    server = Counting()
    yield server
    server.close()


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with cluster_of(WORKERS) as cluster:
        yield cluster


@pytest.fixture
def client(cluster: LocalCluster) -> Iterator[Client]:
    with Client(cluster) as client:
        client.wait_for_workers(2)
        yield client


@pytest.fixture(scope="module")
def students() -> pd.DataFrame:
    names = [f"n{number}" for number in range(ROWS)]
    return pd.DataFrame({"name": names, "email": [f"{name}@x.test" for name in names]})


Made = Callable[[], MailMerge]


@pytest.fixture
def made(students: pd.DataFrame, counting: Counting, url: str) -> Made:
    return lambda: MailMerge(
        students, TEMPLATE, to="email", from_="t@x.test", server=counting.url, journal=url
    )


def check(results: pd.DataFrame, counting: Counting, doubt: int) -> None:
    """Nobody twice, nobody lost, and no more in doubt than were under way."""
    copies = counting.all()["copies"]
    found = results["outcome"].value_counts().to_dict()
    assert max(copies.values()) == 1
    assert len(results) == ROWS
    assert found.keys() <= {"ACCEPTED", "UNKNOWN"}
    assert found.get("UNKNOWN", 0) <= doubt
    accepted = results[results["outcome"] == "ACCEPTED"]["recipient"]
    assert all(copies.get(address) == 1 for address in accepted)
    print(f"{found}, {len(copies)} received")


def kill_one(cluster: LocalCluster, dice: random.Random) -> None:
    """SIGKILL, to a process whose nanny starts another one in its place, sooner or later."""
    pids = sorted(nanny.pid for nanny in cluster.workers.values() if nanny.pid)
    with suppress(ProcessLookupError):
        os.kill(dice.choice(pids), signal.SIGKILL)


def test_workers_that_are_killed(
    made: Made, cluster: LocalCluster, client: Client, counting: Counting
) -> None:
    dice = random.Random(1)
    job = made().start(cluster=client, window=WINDOW, progress=None)
    for kill in range(KILLS):
        counting.wait_for(ROWS * kill // (KILLS + 2) + dice.randrange(ROWS // (KILLS + 2)))
        client.wait_for_workers(2)
        kill_one(cluster, dice)
    results = job.wait(3000)
    check(results, counting, KILLS * WINDOW)
    again = made().run(progress=None)
    assert again["outcome"].tolist() == results["outcome"].tolist()
    check(again, counting, KILLS * WINDOW)


def test_a_client_that_is_killed_and_started_anew(
    made: Made, client: Client, counting: Counting, students: pd.DataFrame, url: str, tmp_path: Path
) -> None:
    students.to_csv(tmp_path / "students.csv", index=False)
    order = {"csv": str(tmp_path / "students.csv"), "server": counting.url, "journal": url}
    order["scheduler"] = client.scheduler.address
    dice = random.Random(2)
    for kill in range(3):
        process = subprocess.Popen([sys.executable, HERE / "merging.py", json.dumps(order)])
        counting.wait_for(ROWS * kill // 5 + dice.randrange(1000, ROWS // 5))
        process.send_signal(signal.SIGKILL)
        process.wait()
    check(made().run(cluster=client, window=WINDOW, progress=None), counting, 3 * WORKERS * WINDOW)
    check(load(url), counting, 3 * WORKERS * WINDOW)


def test_a_database_that_is_restarted(
    made: Made, client: Client, counting: Counting, postgresql: PostgreSQL
) -> None:
    dice = random.Random(3)
    job = made().start(cluster=client, window=WINDOW, patience="5 min", progress=None)
    for restart in range(4):
        counting.wait_for(ROWS * restart // 5 + dice.randrange(500, ROWS // 6))
        postgresql.stop(at_once=restart % 2 == 0)
        postgresql.start()
    check(job.wait(3000), counting, 4 * WORKERS * WINDOW)


def test_a_rate_is_kept_over_all_workers(made: Made, client: Client, counting: Counting) -> None:
    """As the server counts: on the average, and in any period."""
    made().run(cluster=client, window=WINDOW, rate="1000/10s", limit=5000, progress=None)
    arrived = sorted(counting.all()["arrived"])
    assert len(arrived) == 5000
    # A whole budget may be used up at once, at the beginning.
    seconds = arrived[-1] - arrived[0]
    assert 4000 * 0.95 <= 100 * seconds <= 5000 * 1.05
    assert max(bisect(arrived, at + 10) - n for n, at in enumerate(arrived)) <= 1000 * 1.05
    print(f"{len(arrived)} in {seconds:.1f} s")


def test_the_results_are_those_of_a_single_process(
    made: Made, client: Client, counting: Counting, students: pd.DataFrame, tmp_path: Path
) -> None:
    found = made().run(cluster=client, progress=None)
    alone = MailMerge(
        students, TEMPLATE, to="email", from_="t@x.test", server=counting.url,
        journal=tmp_path / "alone.sqlite",
    ).run(progress=None)  # fmt: skip
    columns = ["row", "recipient", "kind", "outcome", "code", "enhanced_code", "attempts", "size"]
    pd.testing.assert_frame_equal(found[columns], alone[columns])
