"""DataFrames in a cell: results with what a person wants to know of them, and text to the left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

import pandas as pd
from IPython.core.getipython import get_ipython
from IPython.display import display

from smtp_nb.merge.results.summary import summary_of
from smtp_nb.widgets.results import in_words_of
from smtp_nb.wording import Front


class ResultsFrame(pd.DataFrame):
    """A merge's results, which a cell shows as a summary and a view of all rows.

    It is a DataFrame in every other way. What is made from it, a selection or a copy, is a plain
    one, and so is what `-o NAME` keeps.
    """

    _metadata: ClassVar[list[str]] = ["_campaign", "_shown_in"]
    _campaign: str
    _shown_in: int | None

    @classmethod
    def of(cls, campaign: str, results: pd.DataFrame, shown_in: int | None = None) -> ResultsFrame:
        """The results of a campaign.

        Args:
            shown_in: the number of the cell that shows them already; None for none.
        """
        frame = cls(results)
        frame._campaign, frame._shown_in = campaign, shown_in
        return frame

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    @property
    def plain(self) -> pd.DataFrame:
        """The same as a DataFrame like any other."""
        return pd.DataFrame(self)

    def _ipython_display_(self) -> None:
        shell: Any = get_ipython()  # IPython's has few types
        if shell is None or shell.execution_count == self._shown_in:
            return
        show: Any = display
        show(in_words_of(Front.MAGIC, summary_of(self._campaign, self.plain)))


def kept(value: object) -> object:
    """What `-o NAME` keeps of what a verb returned."""
    return value.plain if isinstance(value, ResultsFrame) else value


_LINE = re.compile(r"<tr.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<t[hd](?=[ >])")
_LEFT = ' style="text-align: left;"'


def aligned(frame: pd.DataFrame) -> str | None:
    """The HTML of a frame, with text to the left; numbers and dates stay to the right.

    Notebooks align all cells of a table to the right, and so does pandas. A subclass shows itself
    as it likes.

    Returns:
        None where pandas is told to show no HTML.
    """
    html: str | None = frame._repr_html_()  # type: ignore[operator]  # pandas' stubs lack it
    if html is None or type(frame) is not pd.DataFrame or frame.columns.nlevels > 1:
        return html
    head, line, rest = html.partition("</tr>")
    levels = [_is_text(frame.index.get_level_values(n)) for n in range(frame.index.nlevels)]
    columns = _shown([_is_text(frame.iloc[:, n]) for n in range(frame.shape[1])], head, len(levels))
    return _LINE.sub(lambda found: _aligned_line(found[0], levels, columns), head + line + rest)


def _is_text(values: pd.Series | pd.Index) -> bool:
    kind = values.dtype
    return not (pd.api.types.is_numeric_dtype(kind) or getattr(kind, "kind", "") in "mM")


def _shown(columns: list[bool], head: str, levels: int) -> list[bool]:
    """Those that pandas shows: of many, the first and the last ones."""
    shown = len(_CELL.findall(head)) - levels
    if shown >= len(columns):
        return columns
    half = shown // 2
    return [*columns[:half], False, *columns[len(columns) - (shown - half - 1) :]]


def _aligned_line(line: str, levels: Sequence[bool], columns: Sequence[bool]) -> str:
    """A row: cells of the index, of which those that span rows are left out, then the columns."""
    count = len(_CELL.findall(line)) - len(columns)
    places = iter([*levels[len(levels) - count :], *columns] if count <= len(levels) else [])
    aligned = _CELL.sub(lambda cell: cell[0] + (_LEFT if next(places, False) else ""), line)
    return aligned.replace(f"<th{_LEFT}></th>", "<th></th>")  # there is no text to align
