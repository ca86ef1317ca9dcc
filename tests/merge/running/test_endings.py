"""The last thing that a view of a merge is told, on every way out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from merge.conftest import Make
from smtp_nb.errors import SMTPError
from smtp_nb.merge.running.progress import Progress
from smtp_nb.sandbox import SandboxServer
from smtp_nb.widgets import MergeView

Ends = Callable[[Progress], None]


def after(number: int, error: type[BaseException], seen: list[Progress]) -> Ends:
    """A view that ends the run once so many messages are decided."""

    def view(progress: Progress) -> None:
        seen.append(progress)
        if progress.done == number and not progress.ended:
            raise error

    return view


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (KeyboardInterrupt, "stopped"),
        (asyncio.CancelledError, "stopped"),
        (RuntimeError, "failed: "),
    ],
)
def test_a_view_is_told_how_a_run_ended(merge: Make, error: type[BaseException], word: str) -> None:
    seen: list[Progress] = []
    with pytest.raises(error):
        merge(window=1).run(progress=after(2, error, seen))
    assert seen[-1].ended == f"{word}; run again to resume"
    assert str(seen[-1]) == f"2 of 6: 2 ACCEPTED; {word}; run again to resume"


def test_a_cancelled_job_shows_no_pause_that_is_over(merge: Make) -> None:
    seen: list[Progress] = []
    job = merge().start(rate="1/min", progress=seen.append)
    job.cancel()
    job.wait(30)
    assert seen[-1].ended == "cancelled; run again to resume"
    assert not seen[-1].note
    assert "cancelled" in repr(job)


def test_a_server_that_is_gone_is_the_last_word(merge: Make, server: SandboxServer) -> None:
    seen: list[Progress] = []
    made = merge()
    server.stop()
    with pytest.raises(SMTPError):
        made.run(progress=seen.append)
    assert seen[-1].ended.startswith("failed: ")


def test_a_run_that_does_all_ends_without_a_word(merge: Make) -> None:
    seen: list[Progress] = []
    merge().run(progress=seen.append)
    assert str(seen[-1]) == "6 of 6: 6 ACCEPTED"


def test_the_widget_shows_the_ending_masked_and_switches_its_buttons_off() -> None:
    view = MergeView()
    view(Progress(3, 59, ended="failed: no room for ann@x.test; run again to resume"))
    text = "Merge: 3 of 59; failed: no room for a…@x.test; run again to resume"
    assert view.static_forms()[0] == text
    message = view._message(view._progress)  # type: ignore[arg-type]  # it was just shown
    assert message["state"] == "failed: no room for a…@x.test; run again to resume"
    view.close()
