"""Merges in the background as a cell shows them: their view, with its buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from smtp_nb.merge import MergeJob

# By name, for pandas is only imported once there is a job.
_JOB = "smtp_nb.merge.running.job.MergeJob"
# Views of jobs that were started without one.
_made: WeakKeyDictionary[MergeJob, Any] = WeakKeyDictionary()


def show_jobs(shell: Any) -> Callable[[], None]:  # it has few types
    """Show a job as its view; returns what takes that back."""
    formatter = shell.display_formatter.ipython_display_formatter
    formatter.for_type_by_name(*_JOB.rsplit(".", 1), _show)
    return lambda: formatter.pop(_JOB, None)


def _show(job: MergeJob) -> None:
    from smtp_nb.widgets import MergeView

    view = job.view
    if not isinstance(view, MergeView):
        view = _made.get(job)
    if view is None:
        view = _made[job] = MergeView()
        view.attach(job)
    view._ipython_display_()
