"""Other tables than pandas' as the rows of a merge: polars, pyarrow, DuckDB, lists of mappings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from smtp_nb.errors import InputError
from smtp_nb.model.display import kind_of


def as_pandas(given: Any) -> pd.DataFrame:
    """The same rows and columns in pandas.

    Raises:
        InputError: it is no table.
    """
    if isinstance(given, pd.DataFrame):
        return given
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        return _of_mappings(given)
    import narwhals.stable.v2 as nw

    try:
        frame = nw.from_native(given)
    except TypeError:
        raise _no_table(given) from None
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    # Through lists, for polars' own way to pandas wants pyarrow.
    return pd.DataFrame({name: frame[name].to_list() for name in frame.columns})


def _of_mappings(given: Sequence[object]) -> pd.DataFrame:
    if not given:
        raise InputError(
            "the list of rows is empty, so it has no columns",
            remedy="Give a DataFrame with columns and no rows, or make no merge",
        )
    for one in given:
        if not isinstance(one, Mapping):
            raise _no_table(given, f"a {type(given).__name__} of {type(one).__name__}")
    return pd.DataFrame([dict(one) for one in given if isinstance(one, Mapping)])


def _no_table(given: object, called: str = "") -> InputError:
    remedy = "Give a frame of pandas, polars, pyarrow or DuckDB, or a list of mappings"
    if hasattr(given, "groups"):  # what df.groupby() returned
        remedy = "Give the frame itself, and name its columns as those to group by"
    return InputError(f"a merge takes a DataFrame, not {called or kind_of(given)}", remedy=remedy)
