"""Text and HTML of a trail, without a live widget.

A line from a server is hostile: it is escaped before it becomes HTML, and characters that do not
print, or reverse the text, are shown as escapes. What a notebook saves by itself shows addresses as
`a…@example.org`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from itertools import accumulate, groupby, islice

from smtp_nb.model.display import counted, masked, visible
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail.ladder import Ladder
from smtp_nb.model.trail.tally import Tally, is_refusal

STATIC_ROWS = 50
STATIC_RUNGS = 40

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
        title = f"{line} … {counted(len(more), 'more line')}"
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
