"""What a run does when the line or the user fails it."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pandas as pd
import pytest

from smtp_nb.errors import ConnectFailed, InputError, JournalError, LinkError
from smtp_nb.merge import MailMerge, Progress
from smtp_nb.merge.journal.journal import Journal
from smtp_nb.sandbox import SandboxServer

Make = Callable[..., MailMerge]


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """Without CHUNKING one message at most is in doubt when the connection fails."""
    with SandboxServer(without=["CHUNKING"]) as server:
        yield server


@pytest.fixture
def many() -> pd.DataFrame:
    names = [f"student {number}" for number in range(120)]
    return pd.DataFrame({"name": names, "email": [f"s{n}@x.test" for n in range(120)], "grade": 1})


def outcomes(results: pd.DataFrame) -> dict[str, int]:
    return dict(Counter(results["outcome"]))


def received(server: SandboxServer) -> Counter[str]:
    return Counter(to for message in server.messages for to in message.rcpt_tos)


def test_a_failing_line_is_replaced_while_there_is_progress(
    merge: Make, server: SandboxServer, many: pd.DataFrame
) -> None:
    server.inject("421", stage="MAIL", after=20, times=1)
    server.inject("close", after=60, times=1)
    results = merge(frame=many).run()
    assert len(server.sessions) == 3
    assert outcomes(results) == {"ACCEPTED": 120}
    assert set(received(server).values()) == {1}


def test_a_line_that_gets_nothing_done_is_an_error(merge: Make, server: SandboxServer) -> None:
    server.inject("close")
    with pytest.raises(LinkError) as caught:
        merge().run()
    assert caught.value.__notes__ == [
        "0 of 6 messages of this run are decided; run again to resume"
    ]
    assert len(server.sessions) == 1
    assert outcomes(merge().results) == {"NOT_SENT": 6}
    server.heal()
    assert outcomes(merge().run()) == {"ACCEPTED": 6}


def test_no_server_is_an_error_and_loses_nothing(merge: Make, server: SandboxServer) -> None:
    made = merge()
    server.stop()
    with pytest.raises(ConnectFailed):
        made.run()
    assert outcomes(made.results) == {"NOT_SENT": 6}


@pytest.mark.parametrize("stored", [True, False])
def test_doubt_is_shown_and_never_sent_again(
    merge: Make, server: SandboxServer, many: pd.DataFrame, stored: bool
) -> None:
    server.inject("drop_before_final_reply", after=10, times=1, stored=stored)
    results = merge(frame=many).run()
    assert outcomes(results) == {"ACCEPTED": 119, "UNKNOWN": 1}
    unknown = results[results["outcome"] == "UNKNOWN"]
    assert "may have been delivered" in unknown["explanation"].iloc[0]
    address = unknown["recipient"].iloc[0]
    assert received(server)[address] == int(stored)
    assert outcomes(merge(frame=many).run()) == {"ACCEPTED": 119, "UNKNOWN": 1}
    assert received(server)[address] == int(stored)


@pytest.mark.parametrize(
    ("decision", "after", "sent"),
    [("resend", "ACCEPTED", 1), ("accepted", "ACCEPTED", 0), ("give up", "SKIPPED", 0)],
)
def test_doubt_ends_as_the_user_decides(
    merge: Make, server: SandboxServer, decision: str, after: str, sent: int
) -> None:
    server.inject("drop_before_final_reply", after=2, times=1)
    before = merge().run()
    address = before[before["outcome"] == "UNKNOWN"]["recipient"].iloc[0]
    assert merge().resolve(address.upper(), decision) == 1
    results = merge().run().set_index("recipient")
    assert results.loc[address, "outcome"] == after
    assert received(server)[address] == sent
    assert (
        results.loc[address, "message_id"]
        == before.set_index("recipient").loc[address, "message_id"]
    )


def test_only_doubt_can_be_resolved(merge: Make) -> None:
    made = merge()
    made.run()
    with pytest.raises(InputError, match="nothing is UNKNOWN"):
        made.resolve("a@school.test", "resend")
    with pytest.raises(InputError, match="is not a decision"):
        made.resolve("a@school.test", "again")


def test_with_a_key_doubt_is_resolved_by_it(merge: Make, server: SandboxServer) -> None:
    server.inject("drop_before_final_reply", times=1, after=1)
    merge(key="name").run()
    assert merge(key="name").resolve("Bén", "accepted") == 1


def test_ctrl_c_lets_what_is_under_way_finish(
    merge: Make, server: SandboxServer, many: pd.DataFrame
) -> None:
    def stop(progress: Progress) -> None:
        if progress.done >= 10:
            os.kill(os.getpid(), signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    made = merge(frame=many)
    with pytest.raises(KeyboardInterrupt) as caught:
        made.run(progress=stop)
    assert "run again to resume" in caught.value.__notes__[0]
    assert signal.getsignal(signal.SIGINT) is handler
    so_far = outcomes(made.results)
    assert so_far["ACCEPTED"] == len(server.messages) >= 10
    assert so_far["NOT_SENT"] == 120 - so_far["ACCEPTED"]
    assert outcomes(made.run()) == {"ACCEPTED": 120}
    assert set(received(server).values()) == {1}


@pytest.mark.parametrize(("method", "doubt"), [("record_attempts", 0), ("settle", 1)])
def test_a_journal_that_cannot_be_written_stops_everything(
    merge: Make,
    server: SandboxServer,
    many: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    doubt: int,
) -> None:
    calls: list[int] = []
    write = getattr(Journal, method)

    def full(*arguments: object) -> None:
        calls.append(len(calls))
        if len(calls) > 3:
            raise JournalError("the disk is full")
        write(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, method, full)
        with pytest.raises(JournalError, match="the disk is full"):
            merge(frame=many).run()
    left = len(server.messages)
    assert 0 < left < 120
    results = merge(frame=many).run()
    assert (results["outcome"] == "UNKNOWN").any() == doubt
    assert set(results["outcome"]) <= {"ACCEPTED", "UNKNOWN"}
    assert set(received(server).values()) == {1}


# -- in the background ------------------------------------------------------------------------


def test_a_job_runs_in_the_background(merge: Make, server: SandboxServer) -> None:
    job = merge().start()
    assert outcomes(job.wait(30)) == {"ACCEPTED": 6}
    assert not job.is_running
    assert outcomes(job.results) == {"ACCEPTED": 6}
    assert "done, 6 of 6: 6 ACCEPTED" in repr(job)


def test_a_job_can_be_paused_and_resumed(
    merge: Make, server: SandboxServer, many: pd.DataFrame
) -> None:
    reached, jobs = threading.Event(), []

    def pause(progress: Progress) -> None:
        if progress.done >= 10 and not reached.is_set():
            jobs[0].pause()
            reached.set()

    made = merge(frame=many)
    server.inject("slow", stage="END", delay=0.001)
    jobs.append(made.start(progress=pause))
    assert reached.wait(30)
    (job,) = jobs
    assert job.is_running
    assert "paused" in repr(job)
    held = job.progress.done
    assert 10 <= held < 120
    assert outcomes(job.results)["ACCEPTED"] >= 10
    job.resume()
    assert outcomes(job.wait(30)) == {"ACCEPTED": 120}


def test_a_cancelled_job_is_resumed_by_running_again(
    merge: Make, server: SandboxServer, many: pd.DataFrame
) -> None:
    begun, jobs = threading.Event(), []

    def cancel(progress: Progress) -> None:
        begun.wait(30)
        if progress.done >= 10:
            jobs[0].cancel()

    job = merge(frame=many).start(progress=lambda p: jobs and cancel(p))
    jobs.append(job)
    begun.set()
    found = outcomes(job.wait(30))
    assert found.get("ACCEPTED", 0) == len(server.messages)
    assert outcomes(merge(frame=many).run()) == {"ACCEPTED": 120}
    assert set(received(server).values()) == {1}


def test_a_paused_job_can_be_cancelled(merge: Make) -> None:
    made = merge(progress=None)
    job = made.start()
    job.pause()
    job.cancel()
    job.wait(30)
    assert not job.is_running


def test_a_job_that_failed_says_why(merge: Make, server: SandboxServer) -> None:
    server.inject("close")
    job = merge().start()
    with pytest.raises(LinkError):
        job.wait(30)
    assert isinstance(job.error, LinkError)
    assert "failed" in repr(job)
    assert outcomes(job.results) == {"NOT_SENT": 6}


def test_what_prevents_a_job_is_raised_where_it_is_started(
    merge: Make, frame: pd.DataFrame
) -> None:
    frame.loc["student 10", "email"] = "broken"
    with pytest.raises(InputError):
        merge(frame=frame).start()


def test_a_job_sees_the_context_of_its_starter(merge: Make) -> None:
    import contextvars

    cell = contextvars.ContextVar("cell", default="none")
    cell.set("cell 7")
    seen: list[str] = []
    merge().start(progress=lambda progress: seen.append(cell.get())).wait(30)
    assert set(seen) == {"cell 7"}
