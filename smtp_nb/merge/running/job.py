"""A merge in the background: a worker thread, and what its starter may say to it."""

from __future__ import annotations

import contextvars
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from smtp_nb.merge.results import report
from smtp_nb.merge.running.progress import Progress
from smtp_nb.merge.running.run import Run
from smtp_nb.merge.running.sending import Server, send
from smtp_nb.model.known import known_attributes

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler


@known_attributes()
class MergeJob:
    """A merge that is being sent while its starter does something else.

    It is made by `MailMerge.start`. The thread runs in a copy of the caller's context, so that
    what it shows in a notebook lands in the cell that started it.

    Attributes:
        error: what ended it early, or None.
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

    def _work(self) -> None:
        try:
            with self._run.until_closed():
                try:
                    send(self._run, self._server)
                finally:
                    self._results = self._run.results()
        except BaseException as error:
            self.error = error

    def pause(self) -> None:
        """Begin no further message until `resume()`; what is under way finishes."""
        self._run.control.pause()

    def resume(self) -> None:
        """Go on after `pause()`."""
        self._run.control.resume()

    def cancel(self) -> None:
        """Begin no further message and end; what is under way finishes. Run again to resume."""
        self._run.control.cancel()

    def wait(self, timeout_s: float | None = None) -> pd.DataFrame:
        """Wait until it has ended, at most `timeout_s` seconds; gives the results up to then.

        Raises:
            SMTPError: what ended it early.
        """
        self._thread.join(timeout_s)
        if self.error is not None:
            raise self.error
        return self.results

    @property
    def is_running(self) -> bool:
        """True until it has ended, during a pause too."""
        return self._thread.is_alive()

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return self._run.source.progress

    @property
    def results(self) -> pd.DataFrame:
        """What became of every row, up to now."""
        if self._results is not None:
            return self._results
        return self._run.results()

    def style(self) -> Styler:
        """The results in colours."""
        return report.style(self.results)

    @property
    def _state(self) -> str:
        if self.error is not None:
            return f"failed: {self.error}"
        if not self.is_running:
            return "cancelled" if self._run.control.is_cancelled else "done"
        return "paused" if self._run.control.is_paused else "running"

    def __repr__(self) -> str:
        progress = replace(self.progress, ended="")  # the state says it
        return f"<MergeJob {self._run.campaign.name!r}: {self._state}, {progress}>"
