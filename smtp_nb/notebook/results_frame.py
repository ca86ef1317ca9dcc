"""Results of a verb: a DataFrame for Python, and for a cell what a person wants to know of it."""

from __future__ import annotations

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
