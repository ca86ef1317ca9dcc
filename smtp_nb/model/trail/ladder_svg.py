"""SVG drawing of a ladder: two verticals, an arrow for each rung, a tinted band for TLS.

Colours are the notebook's where its style sheet has them. No element has an id, so pictures do not
get in each other's way on a page; every colour is backed by a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.explain import explain

if TYPE_CHECKING:
    from smtp_nb.model.trail.ladder import Rung, Scale

WIDTH = 760
LEFT, RIGHT = 96, 664  # positions of client and server
TOP, ROW, SLOPE, LINE = 40, 34, 8, 15
MOST_LABELS = 6  # of a group, stacked
MOST_GAP = 6 * ROW  # a longer wait is not drawn longer; its label says how long it was
SHOWN_CHARACTERS = 74  # fit between the verticals
_STYLE = (
    "color:var(--jp-content-font-color1,currentColor);"
    "font:12px var(--jp-code-font-family,ui-monospace,monospace)"
)
_INK = "currentColor"
_ACCENT = "var(--jp-brand-color1,#1976d2)"
_GOOD = "var(--jp-success-color1,#388e3c)"
_BAD = "var(--jp-error-color1,#d32f2f)"
_CLIENT, _INFO = TrailDirection.CLIENT, TrailDirection.INFO


def draw(rungs: Sequence[Rung], scale: Scale, most: int) -> str:
    """Return the picture of the first `most` rungs, with a line that counts the others."""
    shown = rungs[:most]
    heights = list(_heights(shown, scale))
    bottom = (heights[-1] if heights else TOP) + ROW
    body = [*_tls_bands(shown, heights), *_verticals(bottom)]
    body += [_draw_rung(rung, y) for rung, y in zip(shown, heights, strict=True)]
    if left := len(rungs) - len(shown):
        body.append(_words((LEFT + RIGHT) // 2, bottom, f"… {left:,} more steps", "middle"))
        bottom += ROW
    return (
        f'<svg viewBox="0 0 {WIDTH} {bottom + 16}" '
        f'role="img" style="max-width:{WIDTH}px;width:100%;height:auto;{_STYLE}">'
        f"<title>SMTP conversation in {len(rungs)} steps</title>"
        f"\n<desc>{escape(_description(rungs))}</desc>\n{' '.join(body)}</svg>"
    )


def _description(rungs: Sequence[Rung]) -> str:
    refused = sum(rung.is_refusal for rung in rungs)
    said = sum(rung.direction is _CLIENT for rung in rungs)
    return f"{said} times the client speaks; {refused} replies refuse something."


def _heights(rungs: Sequence[Rung], scale: Scale) -> Iterator[int]:
    """Where each rung stands."""
    y, before = TOP - ROW // 2, None
    longest = max((b.seconds - a.seconds for a, b in _pairs(rungs)), default=0.0)
    for rung in rungs:
        gap = ROW + (len(_labels(rung)) - 1) * LINE + (ROW if rung.begins_session else 0)
        if scale == "time" and before is not None and longest > 0 and not rung.begins_session:
            gap += round((MOST_GAP - ROW) * max(0.0, rung.seconds - before) / longest)
        y, before = y + gap, rung.seconds
        yield y


def _pairs(rungs: Sequence[Rung]) -> Iterator[tuple[Rung, Rung]]:
    return pairwise(rungs)


def _tls_bands(rungs: Sequence[Rung], heights: Sequence[int]) -> Iterator[str]:
    places = zip(rungs, heights, strict=True)
    for is_protected, run in groupby(places, lambda place: place[0].tls):
        ys = [y for _, y in run]
        if is_protected:
            top, height = ys[0] - ROW // 2 - 4, ys[-1] - ys[0] + ROW + 4
            yield (
                f'<rect x="{LEFT}" y="{top}" width="{RIGHT - LEFT}" height="{height}" '
                f'fill="{_GOOD}" fill-opacity=".1"><title>inside TLS</title></rect>'
            )
            yield _words(RIGHT + 8, top + 14, "TLS", "start", _GOOD)


def _verticals(bottom: int) -> Iterator[str]:
    for x, name in ((LEFT, "Client"), (RIGHT, "Server")):
        yield _words(x, 16, name, "middle", weight="bold")
        yield f'<path d="M{x} 24V{bottom}" stroke="{_INK}" stroke-opacity=".5"/>'


def _draw_rung(rung: Rung, y: int) -> str:
    parts = [f"<title>{escape(_title(rung))}</title>", _time(rung, y)]
    if rung.begins_session:
        above = y - ROW - (len(_labels(rung)) - 1) * LINE
        line = f'<path d="M8 {above}H{WIDTH - 8}" stroke="{_INK}" stroke-dasharray="2 4"/>'
        parts.append(line + _words(WIDTH - 8, above - 4, "a new session", "end"))
    if rung.direction is _INFO:
        middle = (LEFT + RIGHT) // 2
        parts.append(_words(middle, y, _cut(rung.label), "middle", slant="italic"))
    else:
        parts += _arrow(rung, y)
    # Where only the words are left, each step begins a line.
    return f"\n<g>{' '.join(parts)}</g>"


def _title(rung: Rung) -> str:
    """Return what a screen reader says and a pointer shows: the lines, and what they mean."""
    said = "\n".join(rung.lines)
    if rung.direction is _INFO:
        return said
    speaker = "Client" if rung.direction is _CLIENT else "Server"
    about = explain(rung.lines[-1])
    place = "inside TLS" if rung.tls else "in clear"
    return f"{speaker}, {place}:\n{said}\n{about.title if about else ''}".rstrip()


def _time(rung: Rung, y: int) -> str:
    return _words(LEFT - 12, y, f"{rung.seconds:.3f} s", "end", opacity=".7")


def _arrow(rung: Rung, y: int) -> Iterator[str]:
    is_refused = rung.is_refusal
    colour = _BAD if is_refused else _ACCENT if rung.direction is _CLIENT else _INK
    start, end = (LEFT, RIGHT) if rung.direction is _CLIENT else (RIGHT, LEFT)
    back = -9 if end > start else 9
    dashes = ' stroke-dasharray="5 3"' if is_refused else ""
    width = 3 if rung.direction is _CLIENT and len(rung.lines) > 1 else 1.5
    tip = y + SLOPE
    yield (
        f'<path d="M{start} {y}L{end} {tip}" stroke="{colour}" stroke-width="{width}"{dashes}/>'
        f'<path d="M{end} {tip}l{back} -5v10z" fill="{colour}"/>'
    )
    anchor, x = ("start", LEFT + 10) if rung.direction is _CLIENT else ("end", RIGHT - 10)
    for above, label in enumerate(reversed(_labels(rung))):
        yield _words(x, y - 3 - above * LINE, label, anchor, _BAD if is_refused else _INK)


def _labels(rung: Rung) -> list[str]:
    """Return the text over an arrow: each command of a group, a reply folded into one line."""
    if rung.direction is not _CLIENT or len(rung.lines) == 1:
        is_refused = rung.is_refusal
        word = f" ({rung.verdict.value})" if is_refused else ""
        connection = f"[{rung.connection}] " if rung.connection > 1 else ""
        return [_cut(connection + rung.label, SHOWN_CHARACTERS - len(word)) + word]
    shown, left = rung.lines[:MOST_LABELS], len(rung.lines) - MOST_LABELS
    return [*map(_cut, shown), *([f"… {left:,} more in this group"] if left > 0 else [])]


def _cut(text: str, most: int = SHOWN_CHARACTERS) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _words(
    x: int,
    y: int,
    text: str,
    anchor: str,
    colour: str = _INK,
    *,
    weight: str = "",
    slant: str = "",
    opacity: str = "",
) -> str:
    styles = {"font-weight": weight, "font-style": slant, "fill-opacity": opacity}
    more = "".join(f' {name}="{value}"' for name, value in styles.items() if value)
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}"{more}>{escape(text)}</text>'
    )
