"""Background merges: a worker thread and its controls."""

from __future__ import annotations

import contextvars
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from smtp_nb.merge.results import report
from smtp_nb.merge.results.summary import Summary, summary_of
from smtp_nb.merge.running.dispatch import dispatch
from smtp_nb.merge.running.progress import LiveView, Progress, View
from smtp_nb.merge.running.run import Run
from smtp_nb.merge.running.sending import Server
from smtp_nb.model.known import known_attributes

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler


@known_attributes()
class MergeJob:
    """A merge that is sent in the background.

    Made by `MailMerge.start`. The thread runs in a copy of the caller's context, so that what it
    shows in a notebook lands in the cell that started it.

    Attributes:
        error: the error that ended it early, or None.
    """

    error: BaseException | None

    def __init__(self, run: Run, server: Server) -> None:
        self.error = None
        self._run = run
        self._server = server
        self._results: pd.DataFrame | None = None
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._work,), name=f"merge {run.campaign.name}", daemon=True
        )
        self._thread.start()
        if isinstance(self.view, LiveView):
            self.view.attach(self)

    def _work(self) -> None:
        try:
            with self._run.until_closed():
                try:
                    dispatch(self._run, self._server)
                finally:
                    self._results = self._run.results()
        except BaseException as error:
            self.error = error

    def pause(self) -> None:
        """Begin no further message until `resume()`; messages in flight finish."""
        self._run.control.pause()

    def resume(self) -> None:
        """Go on after `pause()`."""
        self._run.control.resume()

    def cancel(self) -> None:
        """Begin no further message and end; messages in flight finish. Run again to resume."""
        self._run.control.cancel()

    def wait(self, timeout_s: float | None = None) -> pd.DataFrame:
        """Wait until it has ended, at most `timeout_s` seconds.

        Args:
            timeout_s: in seconds; None waits without limit.

        Returns:
            The results so far, a DataFrame.

        Raises:
            SMTPError: the error that ended it early.
        """
        self._thread.join(timeout_s)
        if self.error is not None:
            raise self.error
        return self.results

    @property
    def is_running(self) -> bool:
        """True until it has ended, also during a pause."""
        return self._thread.is_alive()

    @property
    def progress(self) -> Progress:
        """The progress so far."""
        return self._run.source.progress

    @property
    def view(self) -> View | None:
        """What shows the progress; None if nothing does."""
        return self._run.source.view

    @property
    def results(self) -> pd.DataFrame:
        """The results so far, a DataFrame."""
        if self._results is not None:
            return self._results
        return self._run.results()

    @property
    def summary(self) -> Summary:
        """Counts so far, who did not get it and why, and how to go on."""
        return summary_of(self._run.campaign.name, self.results)

    def style(self) -> Styler:
        """The results in colours."""
        return report.style(self.results)

    @property
    def state(self) -> str:
        """One of "running", "paused", "cancelling", "cancelled", "done", or "failed: …"."""
        if self.error is not None:
            return f"failed: {self.error}"
        if not self.is_running:
            return "cancelled" if self._run.control.is_cancelled else "done"
        if self._run.control.is_cancelled:
            return "cancelling"
        if self._run.control.is_paused:
            return "paused"
        return "scheduled" if self._run.source.is_scheduled else "running"

    def __repr__(self) -> str:
        progress = replace(self.progress, ended="")  # the state says it
        return f"<MergeJob {self._run.campaign.name!r}: {self.state}, {progress}>"
