"""Live view of a merge: progress, failing rows, buttons for one in the background; then results."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

from smtp_nb.merge.results.missed import Missed
from smtp_nb.merge.results.page import missed_table, outcome_bar
from smtp_nb.merge.running.progress import PAUSED
from smtp_nb.model.display import masked, visible
from smtp_nb.widgets.latest_value import LatestValue
from smtp_nb.widgets.live import Forms, Live
from smtp_nb.widgets.look import script, style_sheet
from smtp_nb.widgets.results import in_words_of, send_results
from smtp_nb.widgets.sender import MessageSender, ViewMessage
from smtp_nb.wording import Front, phrased

if TYPE_CHECKING:
    from smtp_nb.merge.results.summary import Summary
    from smtp_nb.merge.running.progress import BackgroundMerge, Progress


class MergeView(Live):
    """Shows the `Progress` of a merge: a view for `progress=`, which appears by itself.

    While it runs: how far it is, who did not get the message, and how fast it goes. Once it is
    over, however that came: the results, every row of them. While a cell blocks, no click reaches
    Python; then the buttons are off and say so. With a job they work.

    Attributes:
        job: the job that is shown; None for a merge that runs in its cell.

    Args:
        front: in whose words it advises how to go on.
    """

    _esm = script("results_table", "merge")
    _css = style_sheet("results", "merge")

    def __init__(self, front: Front = Front.PYTHON, **traits: Any) -> None:
        super().__init__(**traits)
        self._front = front
        self._progress: Progress | None = None
        self._summary: Summary | None = None
        self.job: BackgroundMerge | None = None
        self._is_over = False
        self._latest = LatestValue()
        self._sender = MessageSender(self._latest, self.send)
        self.on_msg(self._listen)

    def __call__(self, progress: Progress) -> None:
        """Show where the merge stands; the first time, in the cell that runs."""
        is_first, self._progress = self._progress is None, progress
        if is_first and (progress.total or progress.said):
            self._ipython_display_()
        self._tell()

    def attach(self, job: BackgroundMerge) -> None:
        """Let the buttons speak to `job`, and say how it ended."""
        self.job = job
        self._progress = self._progress or job.progress
        self._tell()
        watch = contextvars.copy_context().run
        threading.Thread(
            target=watch, args=(self._watch, job), name="smtp_nb merge view", daemon=True
        ).start()

    def _watch(self, job: BackgroundMerge) -> None:
        with suppress(Exception):  # the job's state tells it
            job.wait()
        self._progress = job.progress
        if self._summary is None:
            with suppress(Exception):  # the journal may be what was lost
                self._summary = in_words_of(self._front, job.summary)
        self._end()
        with suppress(Exception):  # the page may be gone
            self.settle()

    def finish(self, summary: Summary) -> None:
        """Show the results. What a job ends with is known a moment later."""
        self._summary = in_words_of(self._front, summary)
        if self.job is None:
            if self._published is None:
                self._ipython_display_()
            self._end()
            self.settle()

    def _end(self) -> None:
        self._is_over = True
        self._tell()
        if self._summary is not None:
            send_results(self._summary, self.send)

    @property
    def state(self) -> str:
        """Whether it runs, is paused, or how it ended, in words."""
        ended = "" if self._progress is None else self._progress.ended
        if self.job is not None and not ended:
            ended = self.job.state
        said = phrased(masked(visible(ended)), self._front)
        return said or ("done" if self._is_over else "running")

    @property
    def _shown(self) -> Progress | None:
        """The progress, without a pause that is over: the merge speaks again only when it works."""
        shown = self._progress
        is_paused = shown is not None and shown.waits_for == PAUSED
        if shown is None or not is_paused or self.job is None or self.job.state == PAUSED:
            return shown
        return replace(shown, waits_for="", waits_s=0.0)

    def _tell(self) -> None:
        if (shown := self._shown) is not None:
            self._latest.put(self._message(shown))
            self._sender.wake()

    def _message(self, shown: Progress) -> ViewMessage:
        return {
            "kind": "progress",
            "done": shown.done,
            "total": shown.total,
            "rate": round(shown.rate, 1),
            "eta": None if shown.eta_s is None else round(shown.eta_s),
            "counts": [[str(outcome), count] for outcome, count in shown.counts.items()],
            "note": phrased(visible(shown.note), self._front),
            "state": self.state,
            "over": self._is_over or bool(shown.ended),
            "hasJob": self.job is not None,
            "missed": [
                _row(one._replace(why=phrased(one.why, self._front))) for one in shown.missed
            ],
            "missing": shown.missing,
            "speed": str(shown.throughput),
            "plot": shown.throughput.plot,
        }

    def _listen(self, _widget: object, content: Any, _buffers: object) -> None:
        """A page is there ({"ready": true}), or a button was pressed ({"press": "pause"})."""
        if not isinstance(content, dict):
            return
        if content.get("ready"):
            self._latest.replay()
            self._sender.wake()
            if self._is_over and self._summary is not None:
                send_results(self._summary, self.send)
        button = content.get("press")
        if self.job is not None and isinstance(button, str) and button in _BUTTONS:
            getattr(self.job, button)()
            self._tell()

    def __repr__(self) -> str:
        return f"<MergeView: {self._progress or 'not started'}>"

    @property
    def is_final(self) -> bool:
        """True unless a job is at work: without one, the merge ended with its cell."""
        return self.job is None or self._is_over

    def static_forms(self) -> Forms:
        text = f"Merge: {phrased(masked(str(self._shown or 'not begun')), self._front)}"
        ended = self._progress is not None and bool(self._progress.ended)
        text += "" if ended or self.state in ("running", "done") else f", {self.state}"
        html = f"<p>{escape(visible(text))}</p>"
        if self._summary is not None:
            below = self._summary.forms()
            return f"{text}\n{below[0]}", html + below[1]
        return text, html + (_so_far(self._progress) if self._progress else "")


_BUTTONS = ("pause", "resume", "cancel")


def _row(line: Missed) -> list[object]:
    return [line.row, *(visible(text) for text in line[1:])]


def _so_far(shown: Progress) -> str:
    """The bar, who did not get it, and the plot of a merge that is under way, addresses masked."""
    counts: Mapping[str, int] = {str(outcome): n for outcome, n in shown.counts.items()}
    parts = [outcome_bar(counts) if shown.missing else ""]
    if shown.missed:
        caption = f"Did not get it: {shown.missing:,}"
        if shown.missing > len(shown.missed):
            caption += f", of whom the last {len(shown.missed)}"
        parts.append(missed_table(shown.missed, caption, _masked))
    return "".join([*parts, shown.throughput.plot])


def _masked(value: object) -> str:
    return "" if value is None else escape(visible(masked(str(value))))
