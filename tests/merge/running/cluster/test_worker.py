"""Workers share a run through its journal: each message once, whoever takes it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pandas as pd
import pytest

from servers.postgresql import PostgreSQL
from smtp_nb.errors import ConnectFailed, InputError
from smtp_nb.merge import MailMerge, Template
from smtp_nb.merge.journal.claims import ClaimJournal, RunState, Spent
from smtp_nb.merge.running.cluster.claimed import ClaimedSource
from smtp_nb.merge.running.cluster.shipment import Parcel, Shipment
from smtp_nb.merge.running.cluster.worker import _Share, open_and_work, work
from smtp_nb.merge.running.deferrals import Deferral
from smtp_nb.model.about import About
from smtp_nb.sandbox import SandboxServer

from .conftest import outcomes, received

pytestmark = pytest.mark.real

Make = Callable[..., MailMerge]
Offered = Callable[..., Any]


def test_a_task_that_runs_three_times_sends_each_message_once(
    offered: Offered, server: SandboxServer
) -> None:
    with offered() as offer:
        assert offer.finish(3) == {"ACCEPTED": 100}
    assert sorted(received(server).values()) == [1] * 100
    assert set(offer.run.todos[0].outcomes) == set()  # a worker changes only copies


def test_the_results_are_those_of_a_single_process(offered: Offered, merge: Make, url: str) -> None:
    """Apart from times and from the numbers under which a server queues messages."""
    found = []
    for journal in ("alone.sqlite", url):
        with SandboxServer() as server:
            for name, code in (("s3@b.test", 550), ("s8@a.test", 450)):
                server.inject("reply", stage="RCPT", recipient=name, code=code)
            made = merge(journal=journal, server=server.url)
            if journal == url:
                with offered(made, patience=0) as offer:
                    offer.finish(2)
            else:
                made.run(progress=None, patience=0)
        results = made.results.drop(columns=["sent_at", "seconds", "queue_id", "message_id"])
        found.append(results.replace({"reply": {r"queued as \w+": "queued"}}, regex=True))
    pd.testing.assert_frame_equal(*found)
    assert outcomes(found[0]) == {"ACCEPTED": 98, "REFUSED": 1, "DEFERRED": 1}


def test_a_message_that_one_worker_deferred_is_tried_again(
    offered: Offered, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smtp_nb.merge.running.pace.RETRIES", (0.0,))
    server.inject("greylist", stage="RCPT", recipient="s5@b.test", times=1)
    with offered() as offer:
        assert offer.finish(2) == {"ACCEPTED": 100}
        attempts = offer.run.results().set_index("recipient")["attempts"]
    assert attempts["s5@b.test"] == 2
    assert attempts.sum() == 101
    assert set(received(server).values()) == {1}


def test_what_did_not_leave_over_one_connection_leaves_over_another(
    offered: Offered, server: SandboxServer
) -> None:
    server.inject("close", stage="RCPT", after=20, times=1)
    with offered() as offer:
        found = offer.finish(2)
        assert found.get("UNKNOWN", 0) <= 32
        assert found["ACCEPTED"] + found.get("UNKNOWN", 0) == 100
    assert max(received(server).values()) == 1


def test_all_workers_end_when_the_server_says_it_to_one(
    offered: Offered, server: SandboxServer
) -> None:
    server.inject("reply", stage="MAIL", code=550, text="5.7.1 sender not allowed", after=10)
    with offered(window=1) as offer:
        offer.finish(2)
        assert offer.board.counts().waiting > 50
        assert any(report.error for report in offer.reports)
        assert all(report.error or report.is_final for report in offer.reports)
        assert offer.run.journal.facts["state"] == RunState.ENDED


def test_a_worker_stops_before_the_next_window_when_it_is_told_to(
    offered: Offered, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with offered(window=4) as offer:
        take = ClaimedSource.take

        def told(source: ClaimedSource, most: int) -> Any:
            jobs = take(source, most)
            offer.board.tell(RunState.CANCELLED)
            return jobs

        monkeypatch.setattr(ClaimedSource, "take", told)
        offer.finish()
        assert offer.reports[0].is_final
        counts = offer.board.counts()
        assert counts.waiting == 100 - len(server.messages) > 80
        assert counts.outcomes.total() == len(server.messages)


def test_a_worker_of_an_earlier_run_sends_no_more(
    offered: Offered, merge: Make, server: SandboxServer, url: str
) -> None:
    with offered() as old:
        pass
    made = merge(journal=url)
    with offered(made) as offer:
        assert work(old.shipment).is_final
        assert len(server.messages) == 0
        assert offer.finish() == {"ACCEPTED": 100}


@pytest.mark.parametrize("budget", [{"rate": "900/h"}, {"domain_rates": {"*": "900/h"}}])
def test_what_is_taken_from_a_budget_counts_from_its_reply(
    offered: Offered, monkeypatch: pytest.MonkeyPatch, budget: dict[str, Any]
) -> None:
    arrived = dict[int, Spent]()
    count_from = ClaimJournal.count_from

    def counted(journal: ClaimJournal, at: float, spent: Iterable[Spent]) -> None:
        spent = list(spent)
        arrived.update((one.number, one) for one in spent)
        count_from(journal, at, spent)

    monkeypatch.setattr(ClaimJournal, "count_from", counted)
    with offered(window=8, **budget) as offer:
        assert offer.finish() == {"ACCEPTED": 100}
    assert sum(one.messages for one in arrived.values()) == 100


def test_a_database_that_comes_back_is_waited_for(
    offered: Offered, server: SandboxServer, postgresql: PostgreSQL
) -> None:
    with offered(patience=60, window=4) as offer:
        workers = offer.start(2)
        for enough, at_once in ((10, True), (50, False)):
            server.wait_for(enough, 60)
            postgresql.stop(at_once=at_once)
            postgresql.start()
        for worker in workers:
            worker.join(60)
        found = outcomes(offer.run.results())
    assert [report.error for report in offer.reports] == [None, None]
    assert found["ACCEPTED"] + found.get("UNKNOWN", 0) == 100
    assert found.get("UNKNOWN", 0) <= 2 * 4
    assert max(received(server).values()) == 1


def test_a_database_that_stays_away_ends_a_worker_clearly(
    offered: Offered, server: SandboxServer, postgresql: PostgreSQL
) -> None:
    with offered(patience=0.2, window=4) as offer:
        workers = offer.start(1)
        server.wait_for(10, 60)
        postgresql.stop(at_once=True)
        try:
            for worker in workers:
                worker.join(60)
        finally:
            postgresql.start()
        (report,) = offer.reports
        assert "database is running" in str(report.error)
    assert max(received(server).values()) == 1


def test_limits_of_domains_hold_over_all_workers(offered: Offered, server: SandboxServer) -> None:
    with offered(domain_rates={"a.test": "7/h"}, deadline="2 s") as offer:
        offer.finish(2)
        assert offer.board.counts().waiting == 43
    assert sum(to.endswith("@a.test") for to in received(server)) == 7
    assert sum(to.endswith("@b.test") for to in received(server)) == 50


def test_a_rate_is_one_budget_of_all_workers(offered: Offered, server: SandboxServer) -> None:
    with offered(rate="30/h", deadline="2 s") as offer:
        offer.finish(3)
        assert offer.board.counts().waiting == 70
    assert len(server.messages) == 30


def test_what_a_busy_server_tells_one_worker_holds_for_all(offered: Offered) -> None:
    with offered() as offer, _two_shares(offer.shipment) as (told, other):
        assert len(other.source.take(1)) == 1
        told.source.pace.learn(Deferral(About.BUSY, hint_s=60))
        assert not other.source.take(1)
        pause = other.source.pause()
        assert pause is not None
        assert 0 < pause.seconds <= 1  # it looks round meanwhile


@contextmanager
def _two_shares(shipment: Shipment) -> Iterator[list[_Share]]:
    numbers = {todo.message: at for at, todo in enumerate(shipment.todos)}
    with ExitStack() as stack:
        journals = [
            stack.enter_context(ClaimJournal(shipment.place, 0, shipment.mark, numbers, {}))
            for _ in range(2)
        ]
        yield [_Share(shipment, journal) for journal in journals]


def test_a_corrected_address_gets_nothing_if_the_old_one_had_it(
    offered: Offered, merge: Make, server: SandboxServer, url: str, frame: pd.DataFrame
) -> None:
    """What the run found out of earlier runs, its workers know too."""
    merge(journal=url, key="name").run(progress=None, limit=60)
    corrected = frame.assign(email=frame["email"].replace({"s1@b.test": "right@b.test"}))
    with offered(merge(journal=url, key="name", frame=corrected)) as offer:
        assert offer.finish(2) == {"ACCEPTED": 100}
    assert "right@b.test" not in received(server)
    assert set(received(server).values()) == {1}


def test_a_row_that_cannot_be_rendered_is_invalid(
    offered: Offered, merge: Make, server: SandboxServer, url: str
) -> None:
    template = Template(
        subject="{{ name }}", text="{{ check(name) }}", functions={"check": _but_not_7}
    )
    with offered(merge(journal=url, template=template)) as offer:
        assert offer.finish(2) == {"ACCEPTED": 99, "INVALID": 1}
        assert dict(offer.board.counts().outcomes) == {"ACCEPTED": 99, "INVALID": 1}


def _but_not_7(name: str) -> str:
    if name == "s7":
        raise ValueError("seven")
    return name


def test_a_server_that_is_not_there_is_an_error_that_travels(
    offered: Offered, merge: Make, url: str
) -> None:
    with offered(merge(journal=url, server="smtp://127.0.0.1:1")) as offer:
        offer.finish()
    assert isinstance(offer.reports[0].error, ConnectFailed)


def test_what_cannot_be_opened_on_a_worker_is_an_error_that_travels() -> None:
    report = open_and_work(Parcel(b"cnowhere\nnothing\n."))
    assert "ModuleNotFoundError: No module named 'nowhere'" in str(report.error)


def test_what_cannot_be_packed_is_said_before_anything_leaves(
    offered: Offered, merge: Make, url: str
) -> None:
    lock = threading.Lock()
    template = Template(
        subject="x", text="{{ held(name) }}", functions={"held": lambda name: (lock, name)[1]}
    )
    with (
        offered(merge(journal=url, template=template)) as offer,
        pytest.raises(InputError, match=r"cannot travel.*lock"),
    ):
        Parcel.of(offer.shipment)


def test_what_is_packed_is_opened_as_it_was(
    offered: Offered, merge: Make, server: SandboxServer, url: str, frame: pd.DataFrame
) -> None:
    """Display names, earlier outcomes: all that is known of each message."""
    server.inject("reply", stage="RCPT", recipient="s3@b.test", code=450)
    frame = frame.assign(email=frame["email"].replace({"s5@b.test": "Five <s5@b.test>"}))
    merge(journal=url, frame=frame).run(progress=None, limit=10, patience=0)
    with offered(merge(journal=url, frame=frame)) as offer:
        todos = offer.shipment.todos
        assert Parcel.of(offer.shipment).opened().todos == todos
    assert any(todo.message_id and todo.outcomes for todo in todos)
