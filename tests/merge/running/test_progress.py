from __future__ import annotations

import io
import sys

import pytest

from smtp_nb.errors import InputError
from smtp_nb.merge.running import progress
from smtp_nb.merge.running.progress import Meter, Progress, view_for
from smtp_nb.model.outcome import Outcome


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_rate_and_time_left_come_from_the_last_seconds() -> None:
    clock, seen = Clock(), list[Progress]()
    meter = Meter(100, seen.append, clock)
    for _ in range(4):
        clock.now += 5
        meter.count(Outcome.ACCEPTED, 10)
        meter.show()
    assert seen[0] == Progress(0, 100)
    assert seen[-1] == Progress(40, 100, 2.0, 30.0, {Outcome.ACCEPTED: 40})


def test_the_rate_follows_a_server_that_slows_down() -> None:
    clock, seen = Clock(), list[Progress]()
    meter = Meter(2000, seen.append, clock)
    clock.now += 1
    meter.count(Outcome.ACCEPTED, 1000)
    meter.show()
    for _ in range(20):
        clock.now += 1
        meter.count(Outcome.ACCEPTED)
        meter.show()
    assert seen[-1].rate == 1.0


def test_what_is_sent_again_is_not_counted_twice() -> None:
    meter = Meter(2, None, Clock())
    meter.count(Outcome.NOT_SENT, 2)
    meter.count(Outcome.NOT_SENT, -2)
    meter.count(Outcome.ACCEPTED)
    assert str(meter.progress) == "1 of 2: 1 ACCEPTED"


def test_auto_is_the_notebooks_view_where_there_is_one() -> None:
    seen = list[Progress]()
    progress.show_with(lambda: seen.append)
    try:
        view = view_for("auto")
    finally:
        progress.show_with(None)
    assert view is not None
    view(Progress(1, 2))
    assert seen == [Progress(1, 2)]


def test_auto_is_no_more_than_a_word_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    view = view_for("auto")
    assert view is not None
    for shown in (
        Progress(0, 2),
        Progress(1, 2, said="it ended"),
        Progress(1, 2, said="it ended"),
    ):
        view(shown)
    assert sys.stderr.getvalue() == "it ended\n"
    monkeypatch.setattr(sys, "stderr", None)
    view(Progress(0, 0, said="and nobody can read it"))


def test_a_terminal_gets_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    view = view_for("text")
    assert view is not None
    view(Progress(0, 2))
    view(Progress(2, 2, counts={Outcome.ACCEPTED: 2}))
    assert "2/2" in capsys.readouterr().err


def test_an_unknown_view_is_refused() -> None:
    with pytest.raises(InputError, match="progress='loud'"):
        view_for("loud")  # type: ignore[arg-type]  # that is the test
