"""Results as a static page shows them: a bar of outcomes, who did not get it, and the rest.

It has no script and no style sheet, for viewers keep only such, and is complete up to a bound: a
saved notebook must stay small enough to open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import islice
from typing import Protocol

import pandas as pd

from smtp_nb.merge.results.missed import Missed, lines_of
from smtp_nb.merge.results.report import OUTCOME_COLOURS
from smtp_nb.merge.results.throughput import Throughput
from smtp_nb.model.display import masked, visible
from smtp_nb.model.outcome import Outcome

MOST = 2_000
"""So many recipients are in a saved page; of more, those who did not get it come first."""
OPEN = 50
"""So many of those who did not get it are in sight; the rest unfolds."""
_LEFT = ' style="text-align:left"'
_COLUMNS = ("row", "recipient", "outcome", "why")


class Summed(Protocol):
    """Results and their sums: a `Summary`."""

    @property
    def name(self) -> str: ...
    @property
    def headline(self) -> str: ...
    @property
    def counts(self) -> Mapping[str, int]: ...
    @property
    def missed(self) -> Sequence[Missed]: ...
    @property
    def missing(self) -> int: ...
    @property
    def advice(self) -> Sequence[str]: ...
    @property
    def throughput(self) -> Throughput: ...
    @property
    def results(self) -> pd.DataFrame | None: ...


def page(summary: Summed, show_addresses: bool = False) -> str:
    """The whole of it as HTML, addresses masked unless it says otherwise."""

    def show(value: object) -> str:
        text = "" if value is None else str(value)
        return escape(visible(text if show_addresses else masked(text)))

    missed, others, left = _lines(summary)
    parts = [
        f"<p><strong>{show(summary.headline)}</strong></p>",
        outcome_bar(summary.counts),
        _failing(missed, summary.missing, show),
        *(f"<p>{show(line)}</p>" for line in summary.advice),
        _speed(summary),
        _served(others, show),
    ]
    if left:
        parts.append(
            f"<p>and {left:,} more lines; export() of the merge, or %smtp results"
            f" {show(summary.name)}, has them all</p>"
        )
    return "".join(parts)


def _lines(summary: Summed) -> tuple[Sequence[Missed], Sequence[Missed], int]:
    """Who did not get it, the others, and how many of both are left out."""
    if summary.results is None:
        return summary.missed, (), summary.missing - len(summary.missed)
    lines = list(islice(lines_of(summary.results), MOST))
    missed = [line for line in lines if line.why or line.outcome != Outcome.ACCEPTED]
    return missed, lines[len(missed) :], len(summary.results) - len(lines)


def outcome_bar(counts: Mapping[str, int]) -> str:
    """How many recipients have which outcome, as a bar in colours and in words."""
    if not sum(counts.values()):
        return ""
    words = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    parts = "".join(
        f'<span style="flex:{count} 0 2px;background:{OUTCOME_COLOURS[Outcome(name)]}"></span>'
        for name, count in counts.items()
    )
    return (
        f'<div role="img" aria-label="{words}" style="display:flex;height:1em;max-width:40em;'
        f'border:1px solid #999">{parts}</div><p>{words}</p>'
    )


def _failing(missed: Sequence[Missed], missing: int, show: Callable[[object], str]) -> str:
    if not missed:
        return ""
    first = missed_table(missed[:OPEN], f"Did not get it: {missing:,}", show)
    if len(missed) <= OPEN:
        return first
    rest = missed_table(missed[OPEN:], "The others who did not get it", show)
    more = f"<summary>{len(missed) - OPEN:,} more did not get it</summary>"
    return f"{first}<details>{more}{rest}</details>"


def missed_table(missed: Sequence[Missed], caption: str, show: Callable[[object], str]) -> str:
    """Recipients without their message, as a table; `show` makes a cell's text safe."""
    heads = "".join(f'<th scope="col"{_LEFT}>{name}</th>' for name in _COLUMNS)
    lines = "".join(
        "<tr>" + "".join(f"<td{_LEFT}>{show(cell)}</td>" for cell in one[: len(_COLUMNS)]) + "</tr>"
        for one in missed
    )
    return (
        f'<table><caption style="text-align:left">{caption}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"
    )


def _speed(summary: Summed) -> str:
    found = summary.throughput
    return f"<p>{found}</p>{found.plot}" if found.messages else ""


def _served(others: Sequence[Missed], show: Callable[[object], str]) -> str:
    """Those who have their message, one a line: two thousand cells of a table would be large."""
    if not others:
        return ""
    width = max(len(str(one.row)) for one in others)
    lines = "\n".join(
        f"row {'' if one.row is None else one.row:>{width}}  {show(one.recipient)}"
        for one in others
    )
    noun = "recipient has" if len(others) == 1 else "recipients have"
    return (
        f"<details><summary>{len(others):,} {noun} their message</summary>"
        f'<pre style="max-height:20em;overflow:auto">{lines}</pre></details>'
    )
