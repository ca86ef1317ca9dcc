"""Several connections, a pace, and servers that want neither."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from smtp_nb import SMTP
from smtp_nb.errors import InputError, JournalError, SMTPError
from smtp_nb.merge import MailMerge, Progress
from smtp_nb.merge.journal.journal import Journal
from smtp_nb.sandbox import SandboxServer

Make = Callable[..., MailMerge]
Run = Callable[..., pd.DataFrame]


@pytest.fixture(params=[[], ["CHUNKING"]], ids=["BDAT", "DATA"])
def server(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    with SandboxServer(without=request.param) as server:
        yield server


@pytest.fixture
def frame() -> pd.DataFrame:
    addresses = [f"s{n}@{'ab'[n % 2]}.test" for n in range(200)]
    return pd.DataFrame({"name": addresses, "email": addresses, "grade": 1})


@pytest.fixture(params=["run", "arun", "start"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a merge to its end in each of the three ways."""
    if request.param == "run":
        return MailMerge.run
    if request.param == "arun":
        return lambda merge, **options: asyncio.run(merge.arun(**options))
    return lambda merge, **options: merge.start(**options).wait(60)


def outcomes(results: pd.DataFrame) -> dict[str, int]:
    return dict(Counter(results["outcome"]))


def received(server: SandboxServer) -> Counter[str]:
    return Counter(to for message in server.messages for to in message.rcpt_tos)


def carried(server: SandboxServer) -> list[int]:
    """How many messages each connection carried."""
    return [str(session).count("MAIL FROM") for session in server.sessions]


def test_each_connection_carries_its_share(merge: Make, run: Run, server: SandboxServer) -> None:
    results = run(merge(), connections=4)
    assert outcomes(results) == {"ACCEPTED": 200}
    assert set(received(server).values()) == {1}
    assert len(server.sessions) == 4
    assert min(carried(server)) > 0


def test_no_more_connections_than_messages(
    merge: Make, server: SandboxServer, frame: pd.DataFrame
) -> None:
    assert outcomes(merge(frame=frame[:2]).run(connections=8)) == {"ACCEPTED": 2}
    assert len(server.sessions) <= 2


def test_trail_lines_say_which_connection_they_are_from(merge: Make, server: SandboxServer) -> None:
    smtp, numbers = SMTP.from_url(server.url), Counter()
    smtp.on_pi_trail += lambda event: numbers.update([event.connection])
    merge(server=smtp).run(connections=3)
    assert set(numbers) == {1, 2, 3}
    assert not smtp.connected


def test_a_session_of_the_user_is_used_and_left_open(merge: Make, server: SandboxServer) -> None:
    with SMTP.from_url(server.url) as smtp:
        merge(server=smtp).run(connections=2)
        assert smtp.connected
        assert len(server.sessions) == 2


def test_a_connection_ends_after_so_many_messages(
    merge: Make, run: Run, server: SandboxServer
) -> None:
    assert outcomes(run(merge(), messages_per_connection=30)) == {"ACCEPTED": 200}
    assert carried(server) == [30, 30, 30, 30, 30, 30, 20]


def test_the_rate_is_over_all_connections(merge: Make, run: Run, server: SandboxServer) -> None:
    pauses: list[Progress] = []
    results = run(
        merge(), connections=3, rate="150/s", progress=lambda p: p.waits_for and pauses.append(p)
    )
    assert outcomes(results) == {"ACCEPTED": 200}
    assert {progress.waits_for for progress in pauses} == {"the configured rate"}
    assert min(progress.done for progress in pauses) <= 150


def test_a_slow_domain_holds_nobody_else_up(merge: Make, server: SandboxServer) -> None:
    merge().run(domain_rates={"B.test": "60/s"})
    order = [message.rcpt_tos[0][-6:] for message in server.messages]
    assert Counter(order) == {"a.test": 100, "b.test": 100}
    assert order[-40:] == ["b.test"] * 40


def test_a_greylisting_server_gets_every_message_in_one_run(
    merge: Make, run: Run, server: SandboxServer, frame: pd.DataFrame
) -> None:
    server.inject("greylist", text="4.7.1 Greylisted, come back in 00:00:01")
    results = run(merge(frame=frame[:40]), connections=2)
    assert outcomes(results) == {"ACCEPTED": 40}
    assert set(results["attempts"]) == {2}
    assert set(received(server).values()) == {1}


def test_a_server_that_shows_the_door_greylists_and_refuses_is_coped_with(
    merge: Make, run: Run, frame: pd.DataFrame
) -> None:
    refused = tuple(f"s{n}@*" for n in range(0, 200, 33))
    with SandboxServer() as server:
        server.inject("421", stage="MAIL", every=51)
        server.inject("refuse", recipient=refused)
        server.inject("greylist", text="4.7.1 Greylisted, try again in 1 second")
        results = run(merge(server=server.url))
        assert outcomes(results) == {"ACCEPTED": 193, "REFUSED": 7}
        assert set(received(server).values()) == {1}
        assert len(received(server)) == 193
        assert len(server.sessions) > 4


def test_connections_that_a_server_does_not_want_are_done_without(
    merge: Make, run: Run, frame: pd.DataFrame
) -> None:
    with SandboxServer() as server:
        server.inject("421", stage="GREETING", after=2)
        results = run(merge(server=server.url), connections=5)
        assert outcomes(results) == {"ACCEPTED": 200}
        assert set(received(server).values()) == {1}


def test_a_busy_server_is_tried_until_patience_ends_and_the_rest_waits(
    merge: Make, run: Run, server: SandboxServer
) -> None:
    server.inject("reply", stage="MAIL", text="4.3.2 Come back tomorrow", after=30)
    results = run(merge(), connections=2, patience=1)
    found = outcomes(results)
    assert found["ACCEPTED"] == 30
    assert found["DEFERRED"] + found["NOT_SENT"] == 170
    assert found["NOT_SENT"] > 50


def test_a_deadline_leaves_the_rest_to_the_next_run(merge: Make, run: Run) -> None:
    first = run(merge(), rate="20/s", deadline=0.5)
    assert outcomes(first) == {"ACCEPTED": 20, "NOT_SENT": 180}
    assert outcomes(merge().run()) == {"ACCEPTED": 200}


def test_pause_and_resume_from_another_thread(merge: Make, server: SandboxServer) -> None:
    paused, half = threading.Event(), threading.Event()

    def watch(progress: Progress) -> None:
        if progress.done >= 100:
            half.set()
        if progress.waits_for == "paused":
            paused.set()

    job = merge().start(connections=2, rate="100/s", progress=watch)
    assert half.wait(30)
    job.pause()
    assert paused.wait(30)
    assert "paused" in repr(job)
    before = len(server.messages)
    job.resume()
    assert outcomes(job.wait(60)) == {"ACCEPTED": 200}
    assert before < 200


def test_cancel_ends_a_long_pause_at_once(merge: Make, server: SandboxServer) -> None:
    waits = threading.Event()
    job = merge().start(
        rate="100/h", wait_for_quota=True, progress=lambda p: waits.set() if p.waits_for else None
    )
    assert waits.wait(30)
    job.cancel()
    assert outcomes(job.wait(30)) == {"ACCEPTED": 100, "NOT_SENT": 100}


def test_ctrl_c_ends_a_long_pause_at_once(merge: Make, server: SandboxServer) -> None:
    made, presses = merge(), []

    def press_once(progress: Progress) -> None:
        if progress.waits_for and not presses:
            presses.append(os.kill(os.getpid(), signal.SIGINT))

    with pytest.raises(KeyboardInterrupt):
        made.run(connections=2, rate="100/h", wait_for_quota=True, progress=press_once)
    assert outcomes(made.results) == {"ACCEPTED": 100, "NOT_SENT": 100}


def test_a_cancelled_task_ends_a_long_pause_at_once(merge: Make, server: SandboxServer) -> None:
    made = merge()

    async def work() -> None:
        waits = asyncio.Event()
        task = asyncio.ensure_future(
            made.arun(
                rate="100/h", wait_for_quota=True, progress=lambda p: p.waits_for and waits.set()
            )
        )
        await asyncio.wait_for(waits.wait(), 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(work())
    assert outcomes(made.results) == {"ACCEPTED": 100, "NOT_SENT": 100}


@pytest.mark.parametrize("connections", [1, 4])
def test_a_server_that_goes_for_good_ends_the_run_and_loses_nothing(
    merge: Make,
    server: SandboxServer,
    connections: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("smtp_nb.merge.running.connection.RECONNECTS", (0.0, 0.01))
    journal = tmp_path / "journal"  # that of a sandbox would end with it
    made = merge(journal=journal)

    def watch(progress: Progress) -> None:
        if progress.done >= 50:
            server.stop()

    with pytest.raises(SMTPError) as caught:
        made.run(connections=connections, progress=watch)
    assert "run again to resume" in caught.value.__notes__[0]
    results = made.results
    accepted = results[results["outcome"] == "ACCEPTED"]["recipient"]
    assert all(received(server)[address] == 1 for address in accepted)
    assert set(results["outcome"]) <= {"ACCEPTED", "UNKNOWN", "NOT_SENT", "DEFERRED"}
    with SandboxServer() as fresh:
        again = merge(server=fresh.url, journal=journal).run()
        assert not set(received(fresh)) & set(accepted)
        assert set(again["outcome"]) <= {"ACCEPTED", "UNKNOWN"}


def test_a_journal_that_fails_ends_all_connections(
    merge: Make, run: Run, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, record_attempts = itertools.count(), Journal.record_attempts

    def failing(self: Journal, *arguments: Any) -> None:
        if next(calls) == 12:
            raise JournalError("the disk is full")
        record_attempts(self, *arguments)

    monkeypatch.setattr(Journal, "record_attempts", failing)
    made = merge()
    with pytest.raises(JournalError, match="disk is full"):
        run(made, connections=3)
    results = made.results
    assert set(results["outcome"]) == {"ACCEPTED", "NOT_SENT"}
    assert set(results[results["outcome"] == "ACCEPTED"]["recipient"]) == set(received(server))


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"connections": 0}, "connections is 0"),
        ({"messages_per_connection": 0}, "messages_per_connection is 0"),
        ({"rate": "fast"}, "rate='fast' is not a rate"),
        ({"domain_rates": {"x.test": "1"}}, "x.test='1' is not a rate"),
        ({"domain_rates": {"x y": "1/s"}}, "x y"),
        ({"deadline": "tomorrow"}, "deadline='tomorrow' is not a duration"),
        ({"patience": "long"}, "patience='long' is not a duration"),
    ],
)
def test_a_wrong_limit_is_told_before_anything_is_sent(
    merge: Make, server: SandboxServer, option: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        merge(**option)
    with pytest.raises(InputError, match=words):
        merge().run(**option)
    assert len(server.sessions) == 0
