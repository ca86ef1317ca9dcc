"""Progress of a merge: one model for the widget, the terminal and a callback."""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from smtp_nb import ambient
from smtp_nb.errors import InputError
from smtp_nb.merge.results.throughput import Throughput, ThroughputLog
from smtp_nb.model.known import known_attributes
from smtp_nb.model.outcome import Outcome

if TYPE_CHECKING:
    from smtp_nb.merge.results.missed import Missed
    from smtp_nb.merge.results.summary import Summary

# The rate is that of the last so many seconds: it follows a server that slows down.
_WINDOW_S = 10.0
# What a merge waits for when its user paused it.
PAUSED = "paused"
# The same when it was told when to begin.
START = "the start"
# The same when the database of its journal is away.
DATABASE = "the database of the journal"
# What is done about messages that a run left.
RESUME = "run again to resume"
# So many recipients without their message are kept for a view while the run goes on.
_MISSED = 20


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
        waits_until: when that ends, where it is a matter of hours: "08:00"; else empty.
        said: why nothing is sent, or why the run ended early; usually empty.
        ended: how a run ended that has messages left, and how to go on; empty while it runs.
        missed: the last recipients of this run who did not get their message, the newest first.
        missing: how many did not get it in this run so far.
        throughput: messages per second over time.
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
    waits_until: str = ""
    missed: Sequence[Missed] = field(default=(), compare=False)
    missing: int = field(default=0, compare=False)
    throughput: Throughput = field(default_factory=Throughput, compare=False)

    @property
    def note(self) -> str:
        """What is going on beside the counts; usually empty."""
        if self.ended:
            return self.said
        parts = [f"{self.put_off} to be retried"] if self.put_off else []
        if self.waits_for == PAUSED:
            parts.append(PAUSED)
        elif self.waits_until:
            parts.append(self._wait)
        elif self.waits_for:
            parts.append(f"waiting {self.waits_s:.3g} s for {self.waits_for}")
        if self.said:
            parts.append(self.said)
        return "; ".join(parts)

    @property
    def _wait(self) -> str:
        if self.waits_for == START:
            return f"starts at {self.waits_until}"
        return f"waiting until {self.waits_until}: {self.waits_for}"

    @property
    def announced(self) -> str:
        """What must not be overlooked; usually empty."""
        return self.said or (self._wait if self.waits_until and not self.ended else "")

    def __str__(self) -> str:
        if not self.total and self.said:
            return self.said
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in self.counts.items())
        done = f"{self.done} of {self.total}{f': {outcomes}' if outcomes else ''}"
        return "; ".join(filter(None, (done, self.note, self.ended)))


View = Callable[[Progress], None]


class BackgroundMerge(Protocol):
    """A merge in the background, as far as a view knows it."""

    @property
    def state(self) -> str: ...
    @property
    def progress(self) -> Progress: ...
    @property
    def summary(self) -> Summary: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def cancel(self) -> None: ...
    def wait(self) -> object: ...


@runtime_checkable
class LiveView(Protocol):
    """A view that also takes what comes before and after progress: the job and the results."""

    def __call__(self, progress: Progress, /) -> None: ...

    def attach(self, job: BackgroundMerge) -> None:
        """The run is `job`, which can be paused and cancelled."""

    def finish(self, summary: Summary) -> None:
        """The run is over, however it ended."""


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
        said: what must not be overlooked, from the beginning.

    Attributes:
        view: what shows the progress; None for nothing.
        put_off: how many messages wait for another try.
    """

    def __init__(
        self,
        total: int,
        view: View | None,
        clock: Callable[[], float] = ambient.monotonic,
        said: str = "",
    ) -> None:
        self._total = total
        self.view = view
        self._clock = clock
        self._counts: Counter[Outcome] = Counter()
        self._samples = deque([(clock(), 0)])
        self._pause = (0.0, "", "")
        self._said = said
        self._ended = ""
        self._missed: tuple[Missed, ...] = ()
        self._missing = 0
        self._log = ThroughputLog(clock())
        self.put_off = 0
        self.show()

    def count(self, outcome: Outcome, messages: int = 1) -> None:
        """Messages have an outcome; a negative number takes it back."""
        self._counts[outcome] += messages

    def recount(self, counts: Mapping[Outcome, int], put_off: int) -> None:
        """Take over the counts of others, who work elsewhere."""
        self._counts, self.put_off = Counter(counts), put_off
        self.show()

    def miss(self, found: Iterable[Missed]) -> None:
        """These recipients did not get their message."""
        for one in found:
            self._missing += 1
            self._missed = (one, *self._missed[: _MISSED - 1])

    @property
    def progress(self) -> Progress:
        """Where it stands."""
        done = self._counts.total()
        waits_s, why, until = self._pause
        rate = 0.0 if until else self._rate(done)
        left = (self._total - done) / rate if rate else None
        counts = {outcome: n for outcome, n in self._counts.items() if n}
        return Progress(
            done, self._total, rate, left, counts, self.put_off, waits_s, why, self._said,
            self._ended, until, self._missed, self._missing, self._log.throughput,
        )  # fmt: skip

    def say(self, what: str) -> None:
        """Show what must not be overlooked."""
        self._said = what
        self.show()

    def end(self, how: str, resume: str = RESUME) -> None:
        """Tell the view for the last time: the run is over, how it came to that, how to go on."""
        self._ended = f"{how}; {resume}" if self._counts.total() < self._total else ""
        self.show()

    def wait(self, seconds: float, why: str, until: str = "") -> None:
        """Tell the view that a pause is made, and what for."""
        self._pause = (seconds, why, until)
        if self.view is not None:
            self.view(self.progress)

    def show(self) -> None:
        """Tell the view that something was done."""
        self._pause = (0.0, "", "")
        now, done = self._clock(), self._counts.total()
        self._samples.append((now, done))
        self._log.note(now, done)
        while len(self._samples) > 2 and now - self._samples[0][0] > _WINDOW_S:
            self._samples.popleft()
        if self.view is not None:
            self.view(self.progress)

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
    """Only what must not be overlooked, once, on stderr."""

    def __init__(self) -> None:
        self._said = ""

    def __call__(self, progress: Progress) -> None:
        if progress.announced not in ("", self._said):
            self._said = progress.announced
            print(progress.announced, file=sys.stderr)


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
