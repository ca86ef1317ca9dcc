"""Live view of a merge: progress, and buttons for one in the background."""

from __future__ import annotations

import contextvars
import threading
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from smtp_nb.model.display import masked
from smtp_nb.widgets.latest_value import LatestValue
from smtp_nb.widgets.live import Forms, Live
from smtp_nb.widgets.look import script, style_sheet
from smtp_nb.widgets.sender import MessageSender, ViewMessage

if TYPE_CHECKING:
    from smtp_nb.merge.running.progress import Progress


class BackgroundMerge(Protocol):
    """A merge in the background, as far as the view knows it."""

    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def cancel(self) -> None: ...
    def wait(self) -> object: ...


class MergeView(Live):
    """Shows the `Progress` of a merge: a view for `progress=`, which appears by itself.

    While a cell blocks, no click reaches Python; then the buttons are off and say so. `attach` a
    job and they work.
    """

    _esm = script("merge")
    _css = style_sheet("merge")

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._progress: Progress | None = None
        self._job: BackgroundMerge | None = None
        self._state = "running"
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
        self._job = job
        self._tell()
        watch = contextvars.copy_context().run
        threading.Thread(
            target=watch, args=(self._watch, job), name="smtp_nb merge view", daemon=True
        ).start()

    def _watch(self, job: BackgroundMerge) -> None:
        try:
            job.wait()
        except Exception as error:
            self._state = f"failed: {masked(str(error))}"
        else:
            self._state = self._state if self._state == "cancelled" else "done"
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._latest.put(self._message(self._progress))
            self._sender.wake()

    def _message(self, shown: Progress) -> ViewMessage:
        return {
            "kind": "progress",
            "done": shown.done,
            "total": shown.total,
            "rate": round(shown.rate, 1),
            "eta": None if shown.eta_s is None else round(shown.eta_s),
            "counts": [[str(outcome), count] for outcome, count in shown.counts.items()],
            "note": shown.note,
            "state": masked(shown.ended) or self._state,
            "hasJob": self._job is not None,
        }

    def _listen(self, _widget: object, content: Any, _buffers: object) -> None:
        """A page is there ({"ready": true}), or a button was pressed ({"press": "pause"})."""
        if not isinstance(content, dict):
            return
        if content.get("ready"):
            self._latest.replay()
            self._sender.wake()
        button = content.get("press")
        if self._job is not None and isinstance(button, str) and button in _BUTTONS:
            self._press(button, self._job)

    def _press(self, button: str, job: BackgroundMerge) -> None:
        getattr(job, button)()
        self._state = _BUTTONS[button]
        self._tell()

    def __repr__(self) -> str:
        return f"<MergeView: {self._progress or 'not started'}>"

    @property
    def is_final(self) -> bool:
        """True unless a job is at work: without one, the merge ended with its cell."""
        return self._job is None or self._state not in ("running", "paused")

    def static_forms(self) -> Forms:
        ended = self._progress is not None and bool(self._progress.ended)
        text = f"Merge: {masked(str(self._progress or 'not begun'))}"
        text += "" if ended or self._state in ("running", "done") else f", {self._state}"
        return text, f"<p>{escape(text)}</p>"


_BUTTONS = {"pause": "paused", "resume": "running", "cancel": "cancelled"}
