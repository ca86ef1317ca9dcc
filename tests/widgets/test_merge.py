"""Promises of smtp_nb.widgets.merge, without a page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from merge.results.test_page import results
from smtp_nb.merge.results.missed import Missed
from smtp_nb.merge.results.summary import summary_of
from smtp_nb.merge.running.progress import LiveView, Progress
from smtp_nb.model.outcome import Outcome
from smtp_nb.widgets import MergeView


class Job:
    """A merge in the background, as the view sees it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.said: list[str] = []
        self.error = error
        self.over = threading.Event()
        self.progress = Progress(0, 3)
        self.summary = summary_of("news", results(2, 1))

    @property
    def state(self) -> str:
        if self.over.is_set():
            return f"failed: {self.error}" if self.error else "cancelled"
        words = {"pause": "paused", "cancel": "cancelling"}
        return words.get(self.said[-1], "running") if self.said else "running"

    def pause(self) -> None:
        self.said.append("pause")

    def resume(self) -> None:
        self.said.append("resume")

    def cancel(self) -> None:
        self.said.append("cancel")

    def wait(self) -> None:
        self.over.wait(30)
        if self.error is not None:
            raise self.error


@pytest.fixture
def view() -> Iterator[MergeView]:
    view = MergeView()
    yield view
    view.close()


def text(view: MergeView) -> str:
    return view.static_forms()[0].splitlines()[0]


def wait_for(view: MergeView) -> None:
    for thread in threading.enumerate():
        if thread.name == "smtp_nb merge view":
            thread.join(30)


def test_the_static_form_says_how_far_it_is(view: MergeView) -> None:
    assert text(view) == "Merge: not begun"
    view(Progress(2, 3, 1.0, 1.0, {Outcome.ACCEPTED: 1, Outcome.REFUSED: 1}))
    assert text(view) == "Merge: 2 of 3: 1 ACCEPTED, 1 REFUSED"


def test_buttons_speak_to_the_job_and_only_known_ones(view: MergeView) -> None:
    job = Job()
    view(Progress(0, 3))
    view._handle_custom_msg({"press": "cancel"}, [])  # no job yet
    view.attach(job)
    for word in ("pause", "resume", "cancel", "__class__", "wait", None, ["pause"]):
        view._handle_custom_msg({"press": word}, [])
        if word == "pause":
            assert text(view) == "Merge: 0 of 3, paused"
    assert job.said == ["pause", "resume", "cancel"]
    assert text(view) == "Merge: 0 of 3, cancelling"
    job.over.set()
    wait_for(view)
    assert text(view) == "Merge: 0 of 3, cancelled"


def test_a_pause_that_is_over_is_not_shown_before_the_merge_speaks_again(view: MergeView) -> None:
    job = Job()
    view.attach(job)
    job.pause()
    view(Progress(1, 3, waits_s=3600, waits_for="paused"))
    assert "paused" in text(view)
    job.resume()
    assert text(view) == "Merge: 1 of 3"
    job.over.set()
    wait_for(view)


def test_a_job_that_fails_says_so(view: MergeView) -> None:
    job = Job(ConnectionError("nobody listens for ann@example.org"))
    view(Progress(0, 3))
    view.attach(job)
    assert not view.is_final
    job.over.set()
    wait_for(view)
    assert text(view) == "Merge: 0 of 3, failed: nobody listens for a…@example.org"
    assert view.is_final


def test_without_a_job_the_view_is_final_when_its_cell_ends(view: MergeView) -> None:
    view(Progress(3, 3))
    assert view.is_final


FAILING = [
    Missed(n, f"p{n}@x.test", "REFUSED", "550 5.1.1: it is closed", "No <b>") for n in (1, 2)
]


def test_failing_rows_are_told_while_it_runs_and_masked_when_saved(view: MergeView) -> None:
    view(
        Progress(5, 9, counts={Outcome.ACCEPTED: 2, Outcome.REFUSED: 3}, missed=FAILING, missing=3)
    )
    message = view._message(view._progress)  # type: ignore[arg-type]  # it was just shown
    assert message["missed"][0] == [1, "p1@x.test", "REFUSED", "550 5.1.1: it is closed", "No <b>"]
    assert message["missing"] == 3
    html = view.static_forms()[1]
    assert "Did not get it: 3, of whom the last 2" in html
    assert "p…@x.test" in html
    assert "p1@x.test" not in html
    assert 'aria-label="2 ACCEPTED, 3 REFUSED"' in html


def test_results_take_the_place_of_progress(view: MergeView) -> None:
    sent: list[dict[str, Any]] = []
    view.send = lambda content, buffers=None: sent.append(content)
    view(Progress(3, 3, counts={Outcome.ACCEPTED: 2, Outcome.REFUSED: 1}))
    view.finish(summary_of("news", results(2, 1)))
    assert [m["kind"] for m in sent if m["kind"] != "progress"] == ["results", "rows"]
    assert view.state == "done"
    for form in view.static_forms():
        assert "news: 2 of 3 recipients have their message" in form
        assert "p…@school.test" in form
        assert "person" not in form
    sent.clear()
    view._handle_custom_msg({"ready": True}, [])  # a page that is opened later
    assert [m["kind"] for m in sent if m["kind"] != "progress"] == ["results", "rows"]


@pytest.mark.parametrize(
    "ended",
    [
        "cancelled; run again to resume",
        "stopped; run again to resume",
        "ended early; run again to resume",
        "failed: the journal is gone; run again to resume",
        "failed: could not connect; run again to resume",
        "waits until 08:00",
    ],
)
def test_whatever_way_out_progress_names_is_the_state(view: MergeView, ended: str) -> None:
    view(Progress(1, 3, ended=ended))
    message = view._message(view._progress)  # type: ignore[arg-type]  # it was just shown
    assert message["state"] == view.state == ended
    assert message["over"]


def test_a_job_without_a_view_of_its_own_gets_one_that_tells_the_present(view: MergeView) -> None:
    assert isinstance(view, LiveView)
    job = Job()
    view.attach(job)
    assert text(view) == "Merge: 0 of 3"
    job.progress = Progress(3, 3)
    job.over.set()
    wait_for(view)
    assert view.static_forms()[0].startswith("Merge: 3 of 3")
    assert "2 of 3 recipients" in view.static_forms()[1]
