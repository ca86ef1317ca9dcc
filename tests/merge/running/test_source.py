"""Rendering ahead: what is ready is not yet meant to leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from smtp_nb import SMTP
from smtp_nb.merge import MailMerge, MergeJob
from smtp_nb.merge.journal.journal import JournalReader
from smtp_nb.merge.planning.renderer import RowRenderer, RowValues
from smtp_nb.merge.running.source import Source
from smtp_nb.sandbox import SandboxServer

Make = Callable[..., MailMerge]


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame({"name": "Ann", "email": [f"s{n}@x.test" for n in range(100)], "grade": 1})


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What was asked of the source, in order, and for how many."""
    asked: list[tuple[str, int]] = []
    for name in ("take", "prepare"):
        method = getattr(Source, name)

        def note(self: Source, most: int, name: str = name, method: Any = method) -> Any:
            asked.append((name, most))
            return method(self, most)

        monkeypatch.setattr(Source, name, note)
    return asked


def test_the_next_window_is_made_while_this_one_is_under_way(
    merge: Make, watched: list[tuple[str, int]]
) -> None:
    merge().run()
    assert watched[:6] == [
        ("take", 1), ("take", 2), ("prepare", 4), ("take", 4), ("prepare", 8), ("take", 8),
    ]  # fmt: skip


def test_the_journal_knows_nothing_of_what_is_only_ready(
    merge: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare, known = Source.prepare, []
    made = merge()

    def look(self: Source, most: int) -> None:
        prepare(self, most)
        with JournalReader.open(made.journal_path) as journal:
            known.append(sum(d.outcome is None for d in journal.deliveries()))

    monkeypatch.setattr(Source, "prepare", look)
    made.run()
    assert known[:3] == [2, 4, 8]


def test_what_goes_wrong_ahead_of_time_leaves_the_window_under_way_alone(
    merge: Make, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = RowRenderer.message

    def failing(self: RowRenderer, filled: RowValues, *more: Any) -> Any:
        if filled.planned.row == 5:
            raise MemoryError
        return message(self, filled, *more)

    monkeypatch.setattr(RowRenderer, "message", failing)
    made = merge()
    with pytest.raises(MemoryError):
        made.run()
    outcomes = made.results["outcome"]
    assert set(outcomes) == {"ACCEPTED", "NOT_SENT"}
    assert (outcomes == "ACCEPTED").sum() == len(server.messages) == 3


def test_what_was_ready_when_the_run_was_cancelled_waits_for_the_next(
    merge: Make, server: SandboxServer
) -> None:
    made = merge()
    jobs: list[MergeJob] = []
    jobs.append(made.start(progress=lambda p: jobs and jobs[0].cancel(), rate="20/s"))
    results = jobs[0].wait(60)
    assert set(results["outcome"]) == {"ACCEPTED", "NOT_SENT"}
    assert set(made.run()["outcome"]) == {"ACCEPTED"}
    assert len(server.messages) == 100


def test_a_source_of_the_users_need_not_look_ahead(server: SandboxServer) -> None:
    from drivers.jobs import Stream

    stream = Stream(20)
    SMTP.from_url(server.url).deliver(stream)
    stream.assert_complete()
