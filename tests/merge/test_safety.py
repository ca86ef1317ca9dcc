"""Limits of a run, trials, and what is neither shown nor stored."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from merge.conftest import Make
from merge.counting import outcomes, received
from smtp_nb.errors import InputError
from smtp_nb.merge import Progress, Template
from smtp_nb.sandbox import SandboxServer


def test_a_limit_sends_so_many_and_the_rest_later(merge: Make, server: SandboxServer) -> None:
    first = merge().run(limit=2)
    assert outcomes(first) == {"ACCEPTED": 2, "SKIPPED": 4}
    assert outcomes(merge().results) == {"ACCEPTED": 2, "SKIPPED": 4}
    assert outcomes(merge().run()) == {"ACCEPTED": 6}
    assert set(received(server).values()) == {1}


@pytest.mark.parametrize(
    "allowed", ["A@school.test", ["a@SCHOOL.test"], "other.test", "@other.test"]
)
def test_only_to_keeps_mail_from_everybody_else(
    merge: Make, server: SandboxServer, frame: pd.DataFrame, allowed: str | list[str]
) -> None:
    frame.loc["student 60", "email"] = "f@other.test"
    results = merge(frame=frame).run(only_to=allowed)
    assert outcomes(results) == {"ACCEPTED": 1, "SKIPPED": 5}
    assert "is not in only_to" in results[results["outcome"] == "SKIPPED"]["explanation"].iloc[0]
    assert outcomes(merge(frame=frame).run()) == {"ACCEPTED": 6}


def test_only_to_looks_at_copies_too(merge: Make, server: SandboxServer) -> None:
    copied = Template(subject="s", text="t", bcc="spy@x.test")
    assert outcomes(merge(template=copied).run(only_to="school.test")) == {"SKIPPED": 6}
    assert len(server.messages) == 0


def test_a_redirected_run_is_a_trial_that_counts_for_nothing(
    merge: Make, server: SandboxServer, directory: Path
) -> None:
    copied = Template(subject="For {{ name }}", text="t", cc="boss@x.test")
    for _ in range(2):
        results = merge(template=copied).run(redirect_to="me@x.test", limit=2)
        assert results["recipient"].tolist()[:2] == ["me@x.test", "me@x.test"]
        assert outcomes(results) == {"ACCEPTED": 2, "SKIPPED": 4}
    assert received(server) == {"me@x.test": 4}
    assert list(directory.iterdir()) == []
    assert outcomes(merge(template=copied).run()) == {"ACCEPTED": 12}


def test_options_can_be_given_once_for_all_runs(merge: Make) -> None:
    made = merge(limit=1, progress=None)
    assert outcomes(made.run()) == {"ACCEPTED": 1, "SKIPPED": 5}
    assert outcomes(made.run(limit=None)) == {"ACCEPTED": 6}


@pytest.mark.parametrize(
    "options", [{"limt": 1}, {"limit": -1}, {"changed": "yes"}, {"only_to": "a b@x"}]
)
def test_a_wrong_option_is_refused(merge: Make, options: dict[str, object]) -> None:
    with pytest.raises(InputError):
        merge().run(**options)


def test_progress_is_told(merge: Make) -> None:
    seen: list[Progress] = []
    merge().run(progress=seen.append)
    assert (seen[0].done, seen[0].total) == (0, 6)
    assert (seen[-1].done, seen[-1].counts) == (6, {"ACCEPTED": 6})


def test_no_password_is_shown_or_written(merge: Make, directory: Path) -> None:
    with SandboxServer(auth={"ann": "correct horse"}) as server:
        made = merge(server=server.url)
        made.run()
    assert "correct" not in repr(made)
    assert b"correct" not in made.journal_path.read_bytes()


def test_the_journal_holds_no_bodies(merge: Make) -> None:
    made = merge(template=Template(subject="Topsecret {{ name }}", text="Confidential {{ grade }}"))
    made.run()
    raw = made.journal_path.read_bytes()
    assert b"Topsecret" not in raw
    assert b"Confidential" not in raw
