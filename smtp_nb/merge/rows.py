"""Rows of a DataFrame as templates see them: plain values under the columns' names.

pandas has four spellings of 'nothing here' (None, NaN, NaT, NA) and turns a column of integers
with one hole into floats. Both are undone here, so that no message says 'nan' or 'seat 12.0'.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Hashable, Iterator, Sequence

import pandas as pd

from smtp_nb.errors import InputError

# Beyond this, not every integer has a float of its own (IEEE 754).
_EXACT = 2.0**53
# Rows that are converted together: enough to spread pandas' cost, few enough to cost no memory.
_STRETCH = 256

# From pandas 3 on, a copy that is not deep costs nothing until one of the two is written to.
_COPIES_ON_WRITE = int(pd.__version__.split(".")[0]) >= 3

Row = dict[Hashable, object]


class Rows:
    """A frame, read row by row without a Series for each.

    The frame is copied lazily: what happens to the caller's frame later is not seen here.

    Raises:
        InputError: it is no DataFrame, or two columns have the same name.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        if not isinstance(frame, pd.DataFrame):
            raise InputError(
                f"a merge takes a DataFrame, not {type(frame).__name__}",
                remedy="Write pandas.DataFrame(…) around it",
            )
        if not frame.columns.is_unique:
            twice = frame.columns[frame.columns.duplicated()][0]
            raise InputError(f"two columns are called {twice!r}", remedy="Rename one of them")
        self.frame = frame.copy(deep=not _COPIES_ON_WRITE)
        self._counts: dict[Hashable, bool] = {}

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def names(self) -> list[Hashable]:
        """The columns, in order."""
        return list(self.frame.columns)

    def require(self, name: Hashable) -> None:
        """Raise with the nearest name if there is no such column."""
        if name in self.frame.columns:
            return
        near = difflib.get_close_matches(
            str(name).strip("\ufeff ").lower(),
            [str(n).lower() for n in self.names],
            n=1,
            cutoff=0.5,
        )
        meant = [repr(n) for n in self.names if near and str(n).lower() == near[0]]
        remedy = f"Did you mean {meant[0]}?" if meant else f"There are {self.names}"
        raise InputError(f"there is no column {name!r}", remedy=remedy)

    def column(self, name: Hashable) -> list[object]:
        """All values of a column; None where there is none."""
        return self._values(self.frame[name], None)

    def read(
        self,
        positions: Sequence[int],
        names: Sequence[Hashable],
        empty: Callable[[Hashable], object] = lambda name: None,
    ) -> Iterator[Row]:
        """The rows at `positions`, with the columns `names` and no others.

        Args:
            empty: what to put into a cell of this column that holds nothing.
        """
        for start in range(0, len(positions), _STRETCH):
            part = self.frame.iloc[list(positions[start : start + _STRETCH])]
            columns = [self._values(part[name], empty(name)) for name in names]
            if not columns:
                yield from ({} for _ in range(len(part)))
            for row in zip(*columns, strict=True):
                yield dict(zip(names, row, strict=True))

    def _values(self, series: pd.Series, empty: object) -> list[object]:
        values: list[object] = series.tolist()
        missing = series.isna()
        if missing.any():
            values = [empty if gone else value for value, gone in zip(values, missing, strict=True)]
        if self._counts_things(series.name):
            values = [int(v) if isinstance(v, float) else v for v in values]
        return values

    def _counts_things(self, name: Hashable) -> bool:
        """True for a column of floats that are all whole numbers: integers, once upon a time."""
        if name not in self._counts:
            series = self.frame[name]
            self._counts[name] = pd.api.types.is_float_dtype(series.dtype) and _all_whole(series)
        return self._counts[name]


def _all_whole(series: pd.Series) -> bool:
    numbers = series.dropna().astype(float)
    return bool(((numbers % 1 == 0) & (numbers.abs() < _EXACT)).all())
