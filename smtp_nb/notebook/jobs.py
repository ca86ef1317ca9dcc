"""Merges in the background as a cell shows them: their view, with its buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from smtp_nb.merge import MergeJob

# Views of jobs that were started without one.
_made: WeakKeyDictionary[MergeJob, Any] = WeakKeyDictionary()


def show_jobs(shell: Any) -> Callable[[], None]:  # it has few types
    """Show a job as its view; returns what takes that back."""
    formatter = shell.display_formatter.ipython_display_formatter
    formatter.for_type(MergeJob, _show)
    return lambda: formatter.pop(MergeJob, None)


def _show(job: MergeJob) -> None:
    from smtp_nb.widgets import MergeView

    view = job.view
    if not isinstance(view, MergeView):
        view = _made.get(job)
    if view is None:
        view = _made[job] = MergeView()
        view.attach(job)
    view._ipython_display_()
