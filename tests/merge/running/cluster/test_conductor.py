"""A merge on a real Dask cluster: two workers, each in a process of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dask
import distributed
import pandas as pd
import pytest
from distributed import Client, LocalCluster

from canary import CANARY, assert_clean
from servers.authority import Authority
from servers.daemon import wait_until
from servers.postgresql import PostgreSQL
from smtp_nb import SMTP
from smtp_nb.errors import ConnectFailed, InputError, LinkError, MissingError
from smtp_nb.merge import MailMerge, Progress, Template, load
from smtp_nb.sandbox import SandboxServer

from .conftest import outcomes, received

pytestmark = pytest.mark.real

Make = Callable[..., MailMerge]
WINDOW = 8


def cluster_of(workers: int, *, processes: bool = True) -> LocalCluster:
    # A busy machine takes longer than Dask's 15 s to start a worker anew, and is then without it.
    dask.config.set({"distributed.deploy.lost-worker-timeout": "10 minutes"})
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=processes,
        dashboard_address=":0",
        silence_logs=logging.CRITICAL,
    )


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with cluster_of(2) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture
def frame() -> pd.DataFrame:
    addresses = [f"s{number}@{'ab'[number % 2]}.test" for number in range(300)]
    return pd.DataFrame({"name": addresses, "email": addresses, "grade": 1})


@contextmanager
def held_until(server: SandboxServer, connections: int) -> Iterator[None]:
    """The server says nothing until so many have come: no worker has done all before."""

    def watch() -> None:
        while len(server.sessions) < connections and not ended.wait(0.01):
            pass
        server.hold(False)

    ended = threading.Event()
    server.hold()
    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()


def test_a_merge_runs_on_the_workers_of_a_cluster(
    merge: Make, client: Client, server: SandboxServer, url: str
) -> None:
    seen: list[Progress] = []
    made = merge(journal=url)
    with held_until(server, 2):
        results = made.run(cluster=client, progress=seen.append)
    assert outcomes(results) == {"ACCEPTED": 300}
    assert sorted(received(server).values()) == [1] * 300
    assert len(server.sessions) == 2
    assert seen[-1].done == seen[-1].total == 300
    assert outcomes(load(url)) == {"ACCEPTED": 300}
    assert outcomes(made.run(cluster=client, progress=None)) == {"ACCEPTED": 300}
    assert len(server.messages) == 300


def test_groups_with_all_that_a_message_may_have_are_sent_once_each(
    client: Client, server: SandboxServer, url: str
) -> None:
    """Several To, VERP, a sheet, a function of the user's, formats: none is lost on the way."""
    orders = pd.DataFrame(
        {
            "child": [f"child{number % 60}" for number in range(180)],
            "mother": [f"m{number % 60}@a.test" for number in range(180)],
            "father": [f"f{number % 60}@b.test" for number in range(180)],
            "price": [float(number) for number in range(180)],
        }
    )
    template = Template(
        subject="Orders of {{ child }}",
        markdown="{{ rows.price | sum | half | money }}\n\n{{ rows[['price']] | table }}",
        attachments={"{{ child }}.xlsx": "{{ rows[['price']] }}"},
        filters={"half": lambda value: value / 2},
        locale="de_DE",
    )

    merge = MailMerge(
        orders, template, to=["mother", "father"], group_by="child", from_="t@x.test",
        return_path="b+{{ key }}@x.test", server=server.url, journal=url,
    )  # fmt: skip
    assert outcomes(merge.run(cluster=client, progress=None)) == {"ACCEPTED": 120}
    assert len(received(server)) == 120
    assert set(received(server).values()) == {1}
    assert len({message.mail_from for message in server.messages}) == 60
    for message in server.messages[:3]:
        child = str(message.parsed["Subject"]).removeprefix("Orders of child")
        total = sum(n for n in range(180) if n % 60 == int(child)) / 2
        (sheet,) = message.parsed.iter_attachments()
        assert f"{total:.2f}".replace(".", ",") in message.parsed.get_body(["plain"]).get_content()
        assert sheet.get_filename() == f"child{child}.xlsx"


def test_connections_are_those_of_each_worker(
    merge: Make, client: Client, server: SandboxServer, url: str
) -> None:
    running = merge(journal=url).arun(cluster=client, connections=2, window=WINDOW, progress=None)
    with held_until(server, 4):
        assert outcomes(asyncio.run(running)) == {"ACCEPTED": 300}
    assert len(server.sessions) == 4


def test_a_killed_worker_loses_nothing_and_doubles_nothing(
    merge: Make, client: Client, server: SandboxServer, url: str
) -> None:
    job = merge(journal=url).start(cluster=client, window=WINDOW, progress=None)
    server.wait_for(40, 60)
    os.kill(min(client.run(os.getpid).values()), signal.SIGKILL)
    found = outcomes(job.wait(200))
    assert found["ACCEPTED"] + found.get("UNKNOWN", 0) == 300
    assert found.get("UNKNOWN", 0) <= WINDOW
    assert max(received(server).values()) == 1
    client.wait_for_workers(2)


def test_a_run_that_is_cancelled_goes_on_later(
    merge: Make, client: Client, server: SandboxServer, url: str
) -> None:
    server.inject("slow", stage="END", delay=0.01)
    made = merge(journal=url)
    job = made.start(cluster=client, window=1, progress=None)
    server.wait_for(1, 60)
    job.pause()
    job.resume()
    job.cancel()
    found = outcomes(job.wait(100))
    assert found.get("NOT_SENT", 0) > 0
    assert found.get("UNKNOWN", 0) == 0
    server.heal()
    assert outcomes(made.run(cluster=client, progress=None)) == {"ACCEPTED": 300}
    assert set(received(server).values()) == {1}


def test_ctrl_c_settles_what_is_under_way(
    merge: Make, client: Client, server: SandboxServer, url: str
) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done and not progress.ended and not told:
            told.append(progress.done)
            raise KeyboardInterrupt

    told: list[int] = []
    server.inject("slow", stage="END", delay=0.01)
    made = merge(journal=url)
    with pytest.raises(KeyboardInterrupt):
        made.run(cluster=client, window=1, progress=interrupt)
    found = outcomes(made.results)
    assert found.keys() <= {"ACCEPTED", "NOT_SENT"}
    assert found["ACCEPTED"] == len(server.messages)
    # Without a cluster, over the same journal.
    assert outcomes(made.run(progress=None)) == {"ACCEPTED": 300}
    assert set(received(server).values()) == {1}


def test_an_error_of_all_workers_is_raised(merge: Make, client: Client, url: str) -> None:
    made = merge(journal=url, server="smtp://127.0.0.1:1")
    with pytest.raises(ConnectFailed) as caught:
        made.run(cluster=client, progress=None)
    assert "0 of 300 messages" in caught.value.__notes__[0]
    assert outcomes(made.results) == {"NOT_SENT": 300}


def test_a_quota_ends_the_run_of_all_workers(
    merge: Make, client: Client, server: SandboxServer, url: str
) -> None:
    server.inject("reply", stage="END", code=550, text="5.4.5 Daily user sending limit exceeded",
                  after=20)  # fmt: skip
    seen: list[Progress] = []
    results = merge(journal=url).run(cluster=client, window=WINDOW, progress=seen.append)
    assert outcomes(results)["NOT_SENT"] > 200
    rest = results[results["outcome"] == "NOT_SENT"]["explanation"]
    assert rest.str.contains("all that it may").all()
    assert "the run ended early" in seen[-1].said


@pytest.mark.long
def test_a_scheduler_that_is_gone_is_said_and_the_run_resumed(
    merge: Make, server: SandboxServer, url: str
) -> None:
    made = merge(journal=url)
    cluster = cluster_of(1, processes=False)
    with Client(cluster) as client:
        server.inject("slow", stage="END", delay=0.2)
        job = made.start(cluster=client, window=1, progress=None)
        server.wait_for(5, 60)
        cluster.close()
        with pytest.raises(LinkError, match="scheduler of cluster= is gone"):
            job.wait(100)
        with pytest.raises(LinkError, match="scheduler"):
            made.run(cluster=client)
    server.heal()
    found = outcomes(made.run(progress=None))
    assert found["ACCEPTED"] + found.get("UNKNOWN", 0) == 300
    assert found.get("UNKNOWN", 0) <= 1
    assert set(received(server).values()) == {1}


def test_a_cluster_without_workers_is_waited_for_and_said(
    merge: Make, server: SandboxServer, url: str
) -> None:
    with cluster_of(0, processes=False) as cluster, Client(cluster) as client:

        def scale(progress: Progress) -> None:
            if progress.waits_for and not waits:
                cluster.scale(1)
                waits.append(progress.note)

        waits: list[str] = []
        made = merge(journal=url, limit=20)
        assert outcomes(made.run(cluster=client, progress=scale))["ACCEPTED"] == 20
    assert re.fullmatch(r"waiting (600|599) s for a worker of the cluster", waits[0])


def test_workers_are_started_where_the_cluster_adapts(merge: Make, url: str) -> None:
    with cluster_of(0, processes=False) as cluster, Client(cluster) as client:
        cluster.adapt(minimum=0, maximum=1, interval="100ms")
        made = merge(journal=url, limit=20)
        assert outcomes(made.run(cluster=client, progress=None))["ACCEPTED"] == 20


def test_a_run_whose_last_worker_is_lost_goes_on_with_the_next_or_ends(
    merge: Make,
    server: SandboxServer,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    made = merge(journal=url)
    with cluster_of(1, processes=False) as cluster, Client(cluster) as client:
        server.inject("slow", stage="END", delay=0.01)
        job = made.start(cluster=client, window=1, progress=None)
        server.wait_for(5, 60)
        cluster.scale(0)
        server.heal()
        cluster.scale(1)
        assert outcomes(job.wait(100))["ACCEPTED"] == 300
        assert set(received(server).values()) == {1}
        cluster.scale(0)
        wait_until(lambda: not client.nthreads(), "a worker stays", tmp_path / "no log")
        monkeypatch.setattr("smtp_nb.merge.running.cluster.conductor._MUSTER_S", 0.0)
        more = merge(journal=url, name="more")
        with pytest.raises(LinkError, match="no worker for 0 s"):
            more.run(cluster=client, patience=0, progress=None)


def test_no_password_is_in_names_of_tasks_or_logs(
    merge: Make, client: Client, postgresql: PostgreSQL
) -> None:
    with SandboxServer(auth={"me": CANARY}) as server:
        given = f"smtp://me:{quote(CANARY, safe='')}@127.0.0.1:{server.port}?tls=none"
        smtp = SMTP.from_url(given)
        merge(server=smtp, journal=postgresql.database(), limit=5).run(
            cluster=client, progress=None
        )
        smtp.mail_port = 1
        with pytest.raises(ConnectFailed) as caught:
            merge(server=smtp, journal=postgresql.database()).run(cluster=client, progress=None)

    def everything(dask_scheduler: Any) -> str:
        tasks = [*dask_scheduler.tasks.items(), *dask_scheduler.get_events().items()]
        return repr(tasks) + repr(dask_scheduler.get_logs())

    texts = [client.run_on_scheduler(everything), repr(client.get_worker_logs())]
    for text in (*texts, repr(caught.value), str(caught.value)):
        assert_clean(text, "what Dask shows")
        assert postgresql.password not in text


def test_what_cannot_run_on_a_cluster_is_refused_before_anything_is_written(
    merge: Make, client: Client, server: SandboxServer, url: str, authority: Authority
) -> None:
    watched = SMTP.from_url(server.url)
    watched.on_pi_trail += print
    certified = SMTP.from_url(server.url)
    certified.ssl_cert = str(authority.alice.certificate)
    refused: dict[str, tuple[MailMerge, dict[str, Any], str]] = {
        "a file": (merge(), {}, "in a database that all workers reach"),
        "no client": (merge(journal=url), {"cluster": "tcp://127.0.0.1:8786"}, "blocking client"),
        "a trial": (merge(journal=url), {"redirect_to": "me@x.test"}, "without cluster="),
        "handlers": (merge(journal=url, server=watched), {}, "PITrailEvent.*cannot travel"),
        "a key": (merge(journal=url, server=certified), {}, "client certificate.*cannot travel"),
    }
    for made, options, words in refused.values():
        with pytest.raises(InputError, match=words):
            made.run(**{"cluster": client, "progress": None, **options})
        assert outcomes(made.results) == {"NOT_SENT": 300}
    with pytest.raises(MissingError):
        MailMerge(made.table(), made._campaign.given[0], to="email", journal=url).run(
            cluster=client
        )
    assert len(server.sessions) == 0


def test_without_dask_the_extra_is_named(
    merge: Make, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(NotImplementedError, match=r"smtp_nb\[cluster\]"):
        merge(journal=url).run(cluster=distributed)
