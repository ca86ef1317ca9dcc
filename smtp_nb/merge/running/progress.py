"""Progress of a merge: one model for the widget, the terminal and a callback."""

from __future__ import annotations

import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from smtp_nb.errors import InputError
from smtp_nb.model.known import known_attributes
from smtp_nb.model.outcome import Outcome

# The rate is that of the last so many seconds: it follows a server that slows down.
_WINDOW_S = 10.0
# What a merge waits for when its user paused it.
PAUSED = "paused"
# What is done about messages that a run left.
RESUME = "run again to resume"


@known_attributes()
@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a merge.

    Attributes:
        done: messages of this run with an outcome.
        total: messages that this run has to send.
        rate: recent messages per second; 0.0 if not known yet.
        eta_s: seconds until the end at that rate, or None.
        counts: how many messages have which outcome.
        put_off: how many wait to be retried; they are not done.
        waits_s, waits_for: the current pause in seconds, and its reason; 0.0 and empty for none.
        said: why nothing is sent, or why the run ended early; usually empty.
        ended: how a run ended that has messages left, and how to go on; empty while it runs.
    """

    done: int
    total: int
    rate: float = 0.0
    eta_s: float | None = None
    counts: Mapping[Outcome, int] = field(default_factory=dict)
    put_off: int = 0
    waits_s: float = 0.0
    waits_for: str = ""
    said: str = ""
    ended: str = ""

    @property
    def note(self) -> str:
        """What is going on beside the counts; usually empty."""
        if self.ended:
            return self.said
        parts = [f"{self.put_off} to be retried"] if self.put_off else []
        if self.waits_for == PAUSED:
            parts.append(PAUSED)
        elif self.waits_for:
            parts.append(f"waiting {self.waits_s:.3g} s for {self.waits_for}")
        if self.said:
            parts.append(self.said)
        return "; ".join(parts)

    def __str__(self) -> str:
        if not self.total and self.said:
            return self.said
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in self.counts.items())
        done = f"{self.done} of {self.total}{f': {outcomes}' if outcomes else ''}"
        return "; ".join(filter(None, (done, self.note, self.ended)))


View = Callable[[Progress], None]
Shown = View | Literal["auto", "text"] | None

_notebook_view: Callable[[], View] | None = None


def show_with(make: Callable[[], View] | None) -> None:
    """Let a notebook say how `progress="auto"` is shown; `make` is called once a run."""
    global _notebook_view
    _notebook_view = make


class Meter:
    """Counts outcomes and tells a view.

    Args:
        clock: gives seconds from any point.
        said: what nobody shall overlook, from the beginning.

    Attributes:
        put_off: how many messages wait for another try.
    """

    def __init__(
        self,
        total: int,
        view: View | None,
        clock: Callable[[], float] = time.monotonic,
        said: str = "",
    ) -> None:
        self._total = total
        self._view = view
        self._clock = clock
        self._counts: Counter[Outcome] = Counter()
        self._samples = deque([(clock(), 0)])
        self._pause = (0.0, "")
        self._said = said
        self._ended = ""
        self.put_off = 0
        self.show()

    def count(self, outcome: Outcome, messages: int = 1) -> None:
        """Messages have an outcome; a negative number takes it back."""
        self._counts[outcome] += messages

    def recount(self, counts: Mapping[Outcome, int], put_off: int) -> None:
        """Take over the counts of others, who work elsewhere."""
        self._counts, self.put_off = Counter(counts), put_off
        self.show()

    @property
    def progress(self) -> Progress:
        """Where it stands."""
        done = self._counts.total()
        rate = self._rate(done)
        left = (self._total - done) / rate if rate else None
        counts = {outcome: n for outcome, n in self._counts.items() if n}
        return Progress(
            done, self._total, rate, left, counts, self.put_off, *self._pause, self._said,
            self._ended,
        )  # fmt: skip

    def say(self, what: str) -> None:
        """Tell the view what nobody shall overlook."""
        self._said = what
        self.show()

    def end(self, how: str) -> None:
        """Tell the view for the last time: the run is over, and how it came to that."""
        self._ended = f"{how}; {RESUME}" if self._counts.total() < self._total else ""
        self.show()

    def wait(self, seconds: float, why: str) -> None:
        """Tell the view that a pause is made, and what for."""
        self._pause = (seconds, why)
        if self._view is not None:
            self._view(self.progress)

    def show(self) -> None:
        """Tell the view that something was done."""
        self._pause = (0.0, "")
        now, done = self._clock(), self._counts.total()
        self._samples.append((now, done))
        while len(self._samples) > 2 and now - self._samples[0][0] > _WINDOW_S:
            self._samples.popleft()
        if self._view is not None:
            self._view(self.progress)

    def _rate(self, done: int) -> float:
        began, before = self._samples[0]
        seconds = self._samples[-1][0] - began
        return max(done - before, 0) / seconds if seconds > 0 else 0.0


def view_for(shown: Shown) -> View | None:
    """The view behind the option `progress=`.

    "auto" is the notebook's own view where there is one, a bar in a terminal, else a line on
    stderr if a run sends nothing or ends early.

    Raises:
        InputError: it is none of the values that it can have.
    """
    if shown is None or callable(shown):
        return shown
    if shown == "text":
        return Bar()
    if shown != "auto":
        raise InputError(
            f"progress={shown!r} is unknown", remedy='Use "auto", "text", or a function'
        )
    if _notebook_view is not None:
        return _notebook_view()
    return Bar() if sys.stderr is not None and sys.stderr.isatty() else Said()


class Said:
    """No more than what nobody shall overlook, once, on stderr."""

    def __init__(self) -> None:
        self._said = ""

    def __call__(self, progress: Progress) -> None:
        if progress.said != self._said:
            self._said = progress.said
            print(progress.said, file=sys.stderr)


class Bar:
    """A bar in the terminal, by tqdm."""

    def __init__(self) -> None:
        self._bar: Any = None  # tqdm's, made when the total is known
        self._said = Said()

    def __call__(self, progress: Progress) -> None:
        from tqdm import tqdm

        self._said(progress)
        if not progress.total:
            return
        if self._bar is None:
            self._bar = tqdm(total=progress.total, unit=" messages", dynamic_ncols=True)
        self._bar.set_postfix_str(str(progress).partition(": ")[2], refresh=False)
        self._bar.update(progress.done - self._bar.n)
        if progress.done >= progress.total or progress.ended:
            self._bar.close()
