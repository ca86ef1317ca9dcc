"""Throughput of a run: messages per second over time, and a small plot of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from smtp_nb.model.known import known_attributes

MOST_BARS = 60
FIRST_STEP_S = 0.1
# With fewer there is nothing to see.
_FEWEST_BARS = 5
# A pause this long ends one run and begins another.
_GAP_S = 600.0

_WIDTH, _HEIGHT, _TOP, _BOTTOM = 320, 56, 14, 42


@known_attributes()
@dataclass(frozen=True, slots=True)
class Throughput:
    """Messages per second in equal steps of time.

    Attributes:
        rates: messages per second in each step, the oldest first.
        step_s: the length of a step in seconds.
        messages: how many messages there are in all.
        seconds: from the first to the last one.
    """

    rates: tuple[float, ...] = ()
    step_s: float = FIRST_STEP_S
    messages: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        if not self.messages:
            return ""
        noun = "message" if self.messages == 1 else "messages"
        rate = f", {_rate(self.messages / self.seconds)} a second" if self.seconds >= 1 else ""
        return f"{self.messages:,} {noun} in {_duration(self.seconds)}{rate}"

    @property
    def plot(self) -> str:
        """The plot as SVG in the colours of its page; empty for too short a run."""
        peak = max(self.rates, default=0.0)
        if len(self.rates) < _FEWEST_BARS or not peak:
            return ""
        wide = _WIDTH / len(self.rates)
        bars = "".join(
            f"M{n * wide:.1f} {_BOTTOM}h{max(wide - 1, 0.5):.1f}"
            f"v-{(_BOTTOM - _TOP) * rate / peak:.1f}h-{max(wide - 1, 0.5):.1f}z"
            for n, rate in enumerate(self.rates)
            if rate
        )
        title = escape(f"Messages per second: {self}, at most {_rate(peak)} a second")
        end = _duration(self.step_s * len(self.rates))
        return (
            f'<svg role="img" aria-label="{title}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
            f' width="{_WIDTH}" height="{_HEIGHT}" style="max-width:100%"><title>{title}</title>'
            f'<g fill="currentColor" font-size="11" font-family="system-ui, sans-serif">'
            f'<path d="{bars}" opacity="0.55"/>'
            f'<rect x="0" y="{_BOTTOM}" width="{_WIDTH}" height="1"/>'
            f'<text x="0" y="10">{_rate(peak)} a second at most</text>'
            f'<text x="0" y="{_HEIGHT - 2}">0 s</text>'
            f'<text x="{_WIDTH}" y="{_HEIGHT - 2}" text-anchor="end">{end}</text></g></svg>'
        )


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class ThroughputLog:
    """Counts messages in steps of time. The steps grow, so that it stays small."""

    def __init__(self, began: float) -> None:
        self._began = self._last = began
        self._done = 0
        self._step_s = FIRST_STEP_S
        self._bars = [0]

    def note(self, now: float, done: int) -> None:
        """So many messages are done now, in seconds from any point."""
        place = int((now - self._began) / self._step_s)
        while place >= MOST_BARS:
            padded = [*self._bars, 0][: len(self._bars) + len(self._bars) % 2]
            self._bars = [a + b for a, b in zip(padded[::2], padded[1::2], strict=True)]
            self._step_s *= 2
            place = int((now - self._began) / self._step_s)
        self._bars += [0] * (place + 1 - len(self._bars))
        self._bars[place] += done - self._done
        if done != self._done:
            self._last = now
        self._done = done

    @property
    def throughput(self) -> Throughput:
        """What was counted; what came back from a failed connection counts as not done."""
        rates = tuple(max(bar, 0) / self._step_s for bar in self._bars)
        return Throughput(rates, self._step_s, self._done, self._last - self._began)


def throughput_of(moments: Iterable[float]) -> Throughput:
    """The throughput of the last run, from the times at which its messages were decided.

    Args:
        moments: in seconds from any point, in any order.
    """
    ordered = sorted(moments)
    begins = [n for n in range(1, len(ordered)) if ordered[n] - ordered[n - 1] > _GAP_S]
    last_run = ordered[begins[-1] if begins else 0 :]
    if not last_run:
        return Throughput()
    log = ThroughputLog(last_run[0])
    for done, moment in enumerate(last_run, 1):
        log.note(moment, done)
    return log.throughput
