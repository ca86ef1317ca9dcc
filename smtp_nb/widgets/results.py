"""Live view of a merge's results: all rows, to sort and to search."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from smtp_nb.merge.results.missed import Missed, lines_of
from smtp_nb.merge.results.summary import Summary
from smtp_nb.model.display import visible
from smtp_nb.widgets.live import Forms, Live
from smtp_nb.widgets.look import script, style_sheet
from smtp_nb.widgets.sender import ViewMessage
from smtp_nb.wording import Front, phrased

ROWS_A_MESSAGE = 2_000
_log = logging.getLogger(__name__)


class ResultsView(Live):
    """Shows a `Summary`: counts, who did not get it and why, and every row to sort and search.

    A page holds all rows and draws those in sight. None is part of the widget's state, so none is
    saved with it; a saved notebook has the static form, addresses masked.

    Args:
        summary: of a merge's results.
    """

    _esm = script("results_table", "results")
    _css = style_sheet("results")
    is_final = True

    def __init__(self, summary: Summary, **traits: Any) -> None:
        super().__init__(**traits)
        self._summary = summary
        self.on_msg(self._listen)

    def _listen(self, _widget: object, content: Any, _buffers: object) -> None:
        """A page is there."""
        if isinstance(content, dict) and content.get("ready"):
            send_results(self._summary, self.send)

    def __repr__(self) -> str:
        return f"<ResultsView: {self._summary.name}>"

    def static_forms(self) -> Forms:
        return self._summary.forms()


def in_words_of(front: Front, summary: Summary) -> Summary:
    """The same summary, its advice in the words of a front."""
    if front is Front.PYTHON:
        return summary
    results = summary.results
    if results is not None:
        said = results["explanation"]
        advising = {text: phrased(text, front) for text in set(said) if "()" in str(text)}
        results = results.assign(explanation=said.replace(advising))
    return replace(
        summary,
        advice=tuple(phrased(text, front) for text in summary.advice),
        missed=tuple(one._replace(why=phrased(one.why, front)) for one in summary.missed),
        results=results,
    )


def send_results(summary: Summary, send: Callable[[ViewMessage], None]) -> None:
    """Give a page all of it; whatever the view raises is logged, for it must stop no run."""
    try:
        for message in result_messages(summary):
            send(message)
    except Exception:
        _log.debug("a view did not accept results", exc_info=True)


def result_messages(summary: Summary) -> Iterator[ViewMessage]:
    """The sums, then the rows by the thousand: who did not get it first."""
    lines = iter(summary.missed if summary.results is None else lines_of(summary.results))
    total = len(summary.missed) if summary.results is None else len(summary.results)
    yield {
        "kind": "results",
        "headline": visible(summary.headline),
        "counts": [[str(name), count] for name, count in summary.counts.items()],
        "advice": [visible(line) for line in summary.advice],
        "speed": str(summary.throughput),
        "plot": summary.throughput.plot,
        "total": total,
    }
    first = 0
    while rows := [_row(line) for line in islice(lines, ROWS_A_MESSAGE)]:
        yield {"kind": "rows", "first": first, "rows": rows}
        first += len(rows)


def _row(line: Missed) -> list[object]:
    return [line.row, *(visible(text) for text in line[1:])]
