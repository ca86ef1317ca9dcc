"""Rows of a DataFrame as templates see them: plain values by column name.

pandas has four spellings of 'nothing here' (None, NaN, NaT, NA), turns a column of integers with
one hole into floats, and knows no dates without times. All three are undone here, so that no
message says 'nan', 'seat 12.0' or '2026-03-01 00:00:00'. Levels of the index that have a name are
columns too.
"""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Iterator, Sequence
from enum import Enum, auto

import numpy as np
import pandas as pd

from smtp_nb.errors import InputError
from smtp_nb.merge.rows.frames import as_pandas
from smtp_nb.merge.rows.nested import Container, Empty, has_dates_only, nested, to_day
from smtp_nb.merge.rows.printed import EXACT, plain_scalar
from smtp_nb.merge.rows.unfilled import folded

# Rows that are converted together: enough to spread pandas' cost, few enough to cost no memory.
_STRETCH = 1024

# From pandas 3 on, a copy that is not deep costs nothing until one of the two is written to.
_COPIES_ON_WRITE = int(pd.__version__.split(".")[0]) >= 3

ROWS = "rows"
"""Under this name a template finds the rows of its group."""

_IN_INDEX = "Use the name of a column; df.reset_index() turns the index into one"

Row = dict[Hashable, object]


class Rows:
    """A frame, read row by row without a Series for each.

    The frame is copied lazily: what happens to the caller's frame later is not seen here.

    Raises:
        InputError: it is no table, or two columns have the same name.
    """

    def __init__(self, frame: object) -> None:
        frame = as_pandas(frame)
        if not frame.columns.is_unique:
            twice = frame.columns[frame.columns.duplicated()][0]
            raise InputError(f"two columns are called {twice!r}", remedy="Rename one of them")
        self.frame = frame.copy(deep=not _COPIES_ON_WRITE)
        self._cells = _with_levels(self.frame)
        self._kinds: dict[Hashable, _Kind] = {}

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def index(self) -> pd.Index:
        """The frame's index, at the rows that get a message."""
        return self.frame.index

    @property
    def names(self) -> list[Hashable]:
        """The columns in order, and behind them the levels of the index that have a name."""
        return list(self._cells.columns)

    def require(self, name: Hashable) -> None:
        """Raise with the nearest name if there is no such column."""
        if name in self._cells.columns:
            return
        raise InputError(f"the frame has no column {name!r}", remedy=self.advice(name))

    def advice(self, name: Hashable) -> str:
        """The column that was probably meant by a name that does not exist."""
        if not self.names:
            return "Give a frame with columns"
        near = difflib.get_close_matches(
            folded(name), [folded(n) for n in self.names], n=1, cutoff=0.5
        )
        if name is None:
            near = []
        meant = [repr(n) for n in self.names if near and folded(n) == near[0]]
        remedy = f"Did you mean {meant[0]}?" if meant else f"Use one of {self.names}"
        return remedy if meant or not self.in_index else f"{remedy}. {self.in_index}"

    @property
    def in_index(self) -> str:
        """A hint where the index may hold what a template wants, and has no name for it."""
        index = self.frame.index
        if isinstance(index, pd.RangeIndex) or any(name is not None for name in index.names):
            return ""
        return _IN_INDEX

    def hint(self, name: Hashable) -> str:
        """Where a name that no column has may be found otherwise."""
        return "rows are those of a group: give group_by=" if name == ROWS else self.in_index

    def column(self, name: Hashable) -> list[object]:
        """All values of a column; None where there is none."""
        return self._values(self._cells[name], lambda name: None)

    def series(self, name: Hashable) -> pd.Series:
        """The cells of a column as they stand in the frame."""
        return self._cells[name]

    def read(
        self,
        positions: Sequence[int],
        names: Sequence[Hashable],
        empty: Empty = lambda name: None,
    ) -> Iterator[Row]:
        """The rows at `positions`, with the columns `names` and no others.

        Args:
            empty: what to put into a cell of this column that holds nothing.
        """
        for part, columns in self.read_columns(positions, names, empty):
            if not columns:
                yield from ({} for _ in part)
            for row in zip(*columns, strict=True):
                yield dict(zip(names, row, strict=True))

    def read_columns(
        self,
        positions: Sequence[int],
        names: Sequence[Hashable],
        empty: Empty = lambda name: None,
    ) -> Iterator[tuple[list[int], list[list[object]]]]:
        """As `read`, by the column: some of the positions, and the values there in each column."""
        for start in range(0, len(positions), _STRETCH):
            part = list(positions[start : start + _STRETCH])
            cells = _slice(part) or part
            yield part, [self._values(self._cells[name].iloc[cells], empty) for name in names]

    def _values(self, series: pd.Series, empty: Empty) -> list[object]:
        name = series.name
        values: list[object] = series.tolist()
        missing = series.isna()
        kind = self._kind(name)
        if kind is _Kind.COUNTS:
            values = [int(v) if isinstance(v, float) and v == v else v for v in values]
        elif kind is _Kind.DAYS:
            values = [to_day(v) for v in values]
        elif kind is _Kind.SHORT_FLOATS:
            values = [plain_scalar(v) for v in series.to_numpy()]
        elif kind is _Kind.OBJECTS:
            values = [nested(v, empty, name) if isinstance(v, Container) else v for v in values]
        if missing.any():
            nothing = empty(name)
            values = [nothing if gone else v for v, gone in zip(values, missing, strict=True)]
        return values

    def _kind(self, name: Hashable) -> _Kind:
        if name not in self._kinds:
            self._kinds[name] = _kind_of(self._cells[name])
        return self._kinds[name]


def _slice(positions: list[int]) -> slice | None:
    """Positions that follow one another, which pandas reads without a copy; else None."""
    first = positions[0]
    end = first + len(positions)
    return slice(first, end) if positions == list(range(first, end)) else None


class _Kind(Enum):
    """How the cells of a column become plain values."""

    AS_THEY_ARE = auto()
    COUNTS = auto()  # floats that are all whole numbers: integers, once upon a time
    DAYS = auto()  # times that are all midnight
    SHORT_FLOATS = auto()  # which as Python floats would show digits that were never written
    OBJECTS = auto()  # which may be lists and records


def _kind_of(series: pd.Series) -> _Kind:
    dtype = series.dtype
    if pd.api.types.is_float_dtype(dtype):
        if all_whole(series):
            return _Kind.COUNTS
        is_short = isinstance(dtype, np.dtype) and dtype.itemsize < 8
        return _Kind.SHORT_FLOATS if is_short else _Kind.AS_THEY_ARE
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _Kind.DAYS if _all_midnight(series.dropna()) else _Kind.AS_THEY_ARE
    if not pd.api.types.is_object_dtype(dtype):
        return _Kind.AS_THEY_ARE
    return _Kind.DAYS if has_dates_only(series.dropna()) else _Kind.OBJECTS


def all_whole(series: pd.Series) -> bool:
    """True for floats that are all whole numbers."""
    numbers = series.dropna().astype(float)
    return bool(((numbers % 1 == 0) & (numbers.abs() < EXACT)).all())


def _all_midnight(moments: pd.Series) -> bool:
    return len(moments) > 0 and bool((moments == moments.dt.normalize()).all())


def _with_levels(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the named levels of its index as columns."""
    index = frame.index
    levels = {
        name: index.get_level_values(at)
        for at, name in enumerate(index.names)
        if name is not None and name not in frame.columns
    }
    if not levels:
        return frame
    cells = frame.copy(deep=False)
    for name, level in levels.items():
        cells[name] = level.to_numpy() if pd.api.types.is_object_dtype(level.dtype) else level.array
    return cells
