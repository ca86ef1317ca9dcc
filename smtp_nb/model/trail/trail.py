"""Trails: a recorded conversation, and how it is shown without a live widget.

A line from a server is hostile: it is escaped before it becomes HTML, and characters that do not
print, or reverse the text, are shown as escapes. What a notebook saves is read by others, so the
forms that a notebook saves by itself (`_repr_html_`, the plain text beside it) show addresses as
`a…@example.org`; `str(trail)` shows everything.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import accumulate, groupby, islice
from threading import Lock
from typing import Any, overload

from smtp_nb.model.display import masked, visible
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.known import known_attributes
from smtp_nb.model.trail.ladder import Ladder, Scale

_CLIENT, _SERVER, _INFO = TrailDirection.CLIENT, TrailDirection.SERVER, TrailDirection.INFO
STATIC_ROWS = 50
STATIC_RUNGS = 40

_BAD_REPLY = re.compile(r"[45][0-9][0-9]")

_ARROWS = {
    (TrailDirection.CLIENT, False): " -> ",
    (TrailDirection.CLIENT, True): " ~> ",
    (TrailDirection.SERVER, False): "<-  ",
    (TrailDirection.SERVER, True): "<~  ",
}
_BAD_ARROWS = {False: "<** ", True: "<~* "}
_WHO = {
    TrailDirection.CLIENT: "Client",
    TrailDirection.SERVER: "Server",
    TrailDirection.INFO: "Note",
}


def is_refusal(event: PITrailEvent) -> bool:
    """True for a line of a 4yz or 5yz reply."""
    return event.direction is TrailDirection.SERVER and bool(_BAD_REPLY.match(event.message))


@dataclass(slots=True)
class Tally:
    """Totals of a conversation, counted line by line.

    Attributes:
        lines: all lines seen, including dropped ones.
        round_trips: number of times the client waited for the server after sending.
        refusals: 4yz and 5yz replies.
        seconds: from the opening of the connection to the last line.
        protected: True if the last line that crossed the wire was inside TLS.
    """

    lines: int = 0
    round_trips: int = 0
    refusals: int = 0
    seconds: float = 0.0
    protected: bool = False
    _speakers: dict[int, TrailDirection] = field(default_factory=dict)

    def add(self, event: PITrailEvent) -> None:
        self.lines += 1
        self.seconds = event.seconds
        speaker = event.direction
        if speaker is _INFO:
            return
        if speaker is _SERVER:
            if self._speakers.get(event.connection) is _CLIENT:
                self.round_trips += 1
            if event.final and _BAD_REPLY.match(event.message):
                self.refusals += 1
        self._speakers[event.connection] = speaker
        self.protected = event.tls

    def __str__(self) -> str:
        words = [_count(self.lines, "line"), _count(self.round_trips, "round trip")]
        words += [_count(self.refusals, "refusal")] if self.refusals else []
        return ", ".join([*words, "inside TLS" if self.protected else "in clear"])


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@known_attributes()
class Trail(Sequence[PITrailEvent]):
    """A recorded conversation: an observer that keeps the last lines.

    `smtp.on_pi_trail += trail` fills it, from any thread. It is a sequence of `PITrailEvent`.
    `str(trail)` reads like swaks: `->` and `<-` in clear, `~>` and `<~` inside TLS, `<**` and
    `<~*` for a refusal, `===` for a remark, and `[2]` before the lines of a second connection.

    Args:
        maxlen: number of lines to keep; older ones are dropped and counted in `dropped`.
    """

    tally: Tally

    def __init__(self, maxlen: int = 10_000) -> None:
        self._events: deque[PITrailEvent] = deque(maxlen=maxlen)
        self._lock = Lock()
        self.tally = Tally()

    def __call__(self, event: PITrailEvent) -> None:
        """Remember `event`."""
        with self._lock:
            self._events.append(event)
            self.tally.add(event)

    @property
    def dropped(self) -> int:
        """Number of lines dropped to make room for newer ones."""
        return self.tally.lines - len(self._events)

    def clear(self) -> None:
        """Clear everything, including the counts."""
        with self._lock:
            self._events.clear()
            self.tally = Tally()

    def snapshot(self) -> list[PITrailEvent]:
        """Return the current lines, in a new list."""
        with self._lock:
            return list(self._events)

    def ladder(self, scale: Scale = "steps", *, show_addresses: bool = False) -> Ladder:
        """Return the conversation as a ladder diagram.

        Args:
            scale: "steps" draws the steps at equal distances, "time" in proportion to time.
            show_addresses: True shows addresses in full, also in the saved notebook.

        Returns:
            A value that displays itself in a cell; `.svg`, `.mermaid` and `save(path)` export it.

        Raises:
            InputError: an unknown scale.
        """
        return Ladder(self.snapshot(), scale, show_addresses=show_addresses)

    def __len__(self) -> int:
        return len(self._events)

    @overload
    def __getitem__(self, index: int) -> PITrailEvent: ...
    @overload
    def __getitem__(self, index: slice) -> list[PITrailEvent]: ...
    def __getitem__(self, index: int | slice) -> PITrailEvent | list[PITrailEvent]:
        return self.snapshot()[index]

    def __str__(self) -> str:
        return text_of(self.snapshot())

    def __repr__(self) -> str:
        return f"<Trail: {self.tally}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The plain text that a notebook saves: addresses masked, a long tail counted."""
        printer.text(static_text(self.snapshot(), self.tally))

    def _repr_html_(self) -> str:
        return static_html(self.snapshot(), self.tally)


def text_of(events: Iterable[PITrailEvent], show: Callable[[str], str] = visible) -> str:
    """The lines in the style of swaks, one on each line; `show` formats a message."""
    return "\n".join(f"{_arrow(event)}{_mark(event)}{show(event.message)}" for event in events)


def _mark(event: PITrailEvent) -> str:
    """The number of the connection, if there are several."""
    return f"[{event.connection}] " if event.connection > 1 else ""


def _arrow(event: PITrailEvent) -> str:
    if is_refusal(event):
        return _BAD_ARROWS[event.tls]
    return _ARROWS.get((event.direction, event.tls), "=== ")


def _discreet(text: str) -> str:
    return visible(masked(text))


def static_text(events: Sequence[PITrailEvent], tally: Tally) -> str:
    """The first lines as text, addresses masked."""
    if not events:
        return "SMTP conversation: nothing yet"
    lines = [text_of(events[:STATIC_ROWS], _discreet)]
    lines += [f"… {left:,} more"] if (left := tally.lines - STATIC_ROWS) > 0 else []
    return "\n".join(lines)


def static_html(events: Sequence[PITrailEvent], tally: Tally) -> str:
    """The ladder of the first steps, then the first rows as a table, for viewers without a kernel.

    It has no script and fetches nothing. A viewer that removes the picture still has the table, in
    which a reply of several lines is one row that expands on a click.
    """
    title = f"SMTP conversation: {tally}" if events else "SMTP conversation: nothing yet"
    if not events:
        return f"<p>{title}</p>"
    marks = group_marks(events)
    replies = list(islice(whole_replies(events), STATIC_ROWS))
    firsts = accumulate(map(len, replies), initial=0)
    rows = [_html_row(reply, marks[k]) for reply, k in zip(replies, firsts, strict=False)]
    if (left := tally.lines - sum(map(len, replies))) > 0:
        more = _cell(f"… {left:,} more", ' colspan="4"')
        rows.append(f"<tr>{more}</tr>")
    head = "".join(f'<th scope="col"{_LEFT}>{word}</th>' for word in _COLUMNS)
    return (
        f"<p>{title}</p>{Ladder(events, most=STATIC_RUNGS)._repr_html_()}"
        f"<details><summary>The same line by line</summary>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></details>"
    )


_COLUMNS = ("Seconds", "From", "Line is", "Line")
# nbconvert's own style sheet aligns all cells to the right.
_LEFT = ' style="text-align:left"'


def whole_replies(events: Iterable[PITrailEvent]) -> Iterator[list[PITrailEvent]]:
    """The lines, those of one reply together."""
    reply: list[PITrailEvent] = []
    for event in events:
        if reply and event.direction != TrailDirection.SERVER:
            yield reply
            reply = []
        reply.append(event)
        if event.direction != TrailDirection.SERVER or event.final:
            yield reply
            reply = []
    if reply:
        yield reply


def _html_row(reply: list[PITrailEvent], mark: str) -> str:
    first, *more = reply
    line = _html_line(first)
    if more:
        rest = "<br>".join(map(_html_line, more))
        title = f"{line} … {_count(len(more), 'more line')}"
        line = f"<details><summary>{title}</summary>{rest}</details>"
    words = (f"{first.seconds:.3f}", _WHO[first.direction], "TLS" if first.tls else "clear")
    return f"<tr>{''.join(map(_cell, words))}{_cell(mark + line)}</tr>"


def _html_line(event: PITrailEvent) -> str:
    line = f"{_mark(event)}<code><bdi>{escape(_discreet(event.message))}</bdi></code>"
    return f"<strong>{line}</strong>" if is_refusal(event) else line


def _cell(html: str, attributes: str = "") -> str:
    return f"<td{_LEFT}{attributes}>{html}</td>"


def group_marks(events: Sequence[PITrailEvent]) -> list[str]:
    """Return a piece of a bracket for each line: client lines sent in one write share a bracket."""
    marks: list[str] = []
    for (number, _), run in groupby(events, lambda event: (event.group, event.connection)):
        size = len(list(run))
        marks += [""] * size if not number or size == 1 else ["┌ ", *["│ "] * (size - 2), "└ "]
    return marks
