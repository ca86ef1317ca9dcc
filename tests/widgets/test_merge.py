"""Promises of smtp_nb.widgets.merge, without a page."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from smtp_nb.merge.running.progress import Progress
from smtp_nb.model.outcome import Outcome
from smtp_nb.widgets import MergeView


class Job:
    """A merge in the background, as the view sees it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.said: list[str] = []
        self.error = error
        self.over = threading.Event()

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
    return view.static_forms()[0]


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
    assert job.said == ["pause", "resume", "cancel"]
    assert text(view) == "Merge: 0 of 3, cancelled"
    job.over.set()
    wait_for(view)
    assert text(view) == "Merge: 0 of 3, cancelled"


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
