from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from smtp_nb.errors import JournalError
from smtp_nb.merge.journal.journal import Journal, JournalReader
from smtp_nb.merge.journal.schema import Attempt, PlanEntry, Result, SkippedRow, Target
from smtp_nb.model.outcome import Outcome


def intent(number: int, address: str = "a@x.test", kind: int = 0) -> Attempt:
    return Attempt(number, address, address.title(), kind, f"<{number}@x.test>")


def settled(number: int, outcome: str, address: str = "a@x.test", reply: str = "Ok") -> Result:
    return Result(outcome, 250, "2.0.0", reply, "q1", 0.5, 100, number, address)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results.smtp-merge.sqlite"


def outcomes(path: Path) -> dict[str, str | None]:
    with JournalReader.open(path) as journal:
        return {delivery.address: delivery.outcome for delivery in journal.deliveries()}


def test_what_is_written_down_comes_back(path: Path) -> None:
    with Journal(path) as journal:
        assert journal.register(["k1", "k2"]) == {"k1": 1, "k2": 2}
        assert journal.register(["k2", "k3"]) == {"k1": 1, "k2": 2, "k3": 3}
        journal.note({"name": "results"})
        journal.replan([PlanEntry(0, 1, "a@x.test", None, ""), PlanEntry(1, 2, "b", None, "")])
        journal.record_attempts([intent(1)], [SkippedRow("INVALID", "why", 1)])
        journal.settle([settled(1, "ACCEPTED")])
    with JournalReader.open(path) as found:
        assert found.facts == {"name": "results"}
        assert found.keys() == {1: "k1", 2: "k2", 3: "k3"}
        assert [entry.outcome for entry in found.plan()] == [None, "INVALID"]
        (delivery,) = found.deliveries()
        assert delivery.recipient == "A@X.Test"
        assert (delivery.outcome, delivery.queue_id, delivery.attempts) == ("ACCEPTED", "q1", 1)


def test_nobody_else_may_read_any_of_its_files(path: Path) -> None:
    old = os.umask(0)
    try:
        with Journal(path) as journal:
            journal.register(["k"])
            journal.record_attempts([intent(1)])
            files = list(path.parent.iterdir())
            assert {file.name.removeprefix(path.name) for file in files} == {"", "-wal", "-shm"}
            assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    finally:
        os.umask(old)


def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    Journal(path).close()
    path.chmod(0o644)
    Journal(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_intent_is_on_the_disk_before_anything_leaves(path: Path, tmp_path: Path) -> None:
    with Journal(path) as journal:
        journal.register(["k1", "k2"])
        journal.record_attempts([intent(1), intent(2)])
        # What is in the files now is all that a crash leaves behind.
        crashed = tmp_path / "crashed"
        shutil.copytree(tmp_path, crashed)
    with Journal(crashed / path.name) as found:
        assert found.doubt() == 2
        assert {delivery.outcome for delivery in found.deliveries()} == {"UNKNOWN"}


def test_intents_are_flushed_and_outcomes_ride_along(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    with Journal(path) as journal:
        journal.register(["k1"])
        journal._read_from._sql.set_trace_callback(statements.append)
        journal.record_attempts([intent(1)])
        journal.settle([settled(1, "ACCEPTED")])
    kept = [s for s in statements if s.startswith(("PRAGMA", "COMMIT"))]
    assert kept == ["PRAGMA synchronous=FULL", "COMMIT", "PRAGMA synchronous=NORMAL", "COMMIT"]


def test_all_of_a_window_is_written_or_nothing(path: Path) -> None:
    with Journal(path) as journal:
        journal.register(["k1", "k2"])
        journal.record_attempts([intent(1)])
        journal.settle([settled(1, "ACCEPTED")])
        with pytest.raises(JournalError, match="outcome is final"):
            journal.record_attempts([intent(2), intent(1)])
    assert outcomes(path) == {"a@x.test": "ACCEPTED"}


@pytest.mark.parametrize("final", ["ACCEPTED", "REFUSED", "UNKNOWN", "SKIPPED"])
def test_no_final_outcome_is_ever_overwritten_by_an_intent(path: Path, final: str) -> None:
    with Journal(path) as journal:
        journal.register(["k1"])
        journal.record_attempts([intent(1)])
        journal.settle([settled(1, final)])
        with pytest.raises(JournalError):
            journal.record_attempts([intent(1)])
    assert outcomes(path) == {"a@x.test": final}


def test_an_intent_under_way_is_not_begun_twice(path: Path) -> None:
    with Journal(path) as journal:
        journal.register(["k1"])
        journal.record_attempts([intent(1)])
        with pytest.raises(JournalError):
            journal.record_attempts([intent(1)])


@pytest.mark.parametrize("retried", ["DEFERRED", "NOT_SENT"])
def test_attempts_are_counted(path: Path, retried: str) -> None:
    with Journal(path) as journal:
        journal.register(["k1"])
        for _ in range(3):
            journal.record_attempts([intent(1)])
            journal.settle([settled(1, retried)])
        (delivery,) = journal.deliveries()
        assert delivery.attempts == 3


def test_what_is_left_to_do_is_known(path: Path) -> None:
    with Journal(path) as journal:
        journal.register(["done", "later", "half", "refused", "new"])
        journal.record_attempts([intent(n) for n in (1, 2, 3, 4)] + [intent(3, "b@x.test", 1)])
        journal.settle([settled(1, "ACCEPTED"), settled(2, "DEFERRED"), settled(4, "REFUSED")])
        journal.settle([settled(3, "ACCEPTED"), settled(3, "NOT_SENT", "b@x.test")])
        assert journal.finished() == {"done"}
        assert set(journal.begun()) == {"later", "half", "refused"}
        assert journal.begun()["half"].recipients == {
            "a@x.test": (0, "ACCEPTED"),
            "b@x.test": (1, "NOT_SENT"),
        }


def test_only_what_is_unknown_can_be_resolved(path: Path) -> None:
    with Journal(path) as journal:
        journal.register(["k1", "k2"])
        journal.record_attempts([intent(1), intent(2)])
        journal.settle([settled(1, "UNKNOWN"), settled(2, "ACCEPTED")])
        assert journal.resolve(Target("k2"), Outcome.NOT_SENT, "") == 0
        assert journal.resolve(Target("k1"), Outcome.NOT_SENT, "again") == 1
        assert {d.outcome for d in journal.deliveries()} == {"NOT_SENT", "ACCEPTED"}


def test_it_can_be_read_while_it_is_written(path: Path) -> None:
    with Journal(path) as journal:
        journal.register(["k1"])
        journal.record_attempts([intent(1)])
        assert outcomes(path) == {"a@x.test": None}
        journal.settle([settled(1, "ACCEPTED")])
        assert outcomes(path) == {"a@x.test": "ACCEPTED"}


def test_a_reader_changes_nothing(path: Path) -> None:
    Journal(path).close()
    with JournalReader.open(path) as journal, pytest.raises(sqlite3.OperationalError):
        journal._read_from._sql.execute("DELETE FROM message")
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_long_reply_does_not_fill_the_disk(path: Path) -> None:
    with Journal(path) as journal:
        journal.register(["k"])
        journal.record_attempts([intent(1)])
        journal.settle([settled(1, "REFUSED", reply="x" * 10**6)])
        (delivery,) = journal.deliveries()
        assert len(delivery.reply) == 2000


def test_a_journal_that_is_not_there_says_so(path: Path) -> None:
    with pytest.raises(JournalError, match="does not exist"):
        JournalReader.open(path)
    with pytest.raises(JournalError, match="writable directory"):
        Journal(path / "in a file" / "x.sqlite")


def test_a_commit_that_fails_leaves_the_journal_usable(path: Path) -> None:
    with Journal(path) as journal:
        journal.register(["k1", "k2"])
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            journal._read_from._sql.execute("PRAGMA busy_timeout=0")
            with pytest.raises(JournalError, match="locked"):
                journal.record_attempts([intent(1)])
        journal.record_attempts([intent(2, "b@x.test")])
    assert outcomes(path) == {"b@x.test": None}


def test_nobody_is_twice_in_a_window(path: Path) -> None:
    with Journal(path) as journal:
        journal.register(["k"])
        with pytest.raises(JournalError, match="twice"):
            journal.record_attempts([intent(1), intent(1)])
        assert journal.deliveries() == []
