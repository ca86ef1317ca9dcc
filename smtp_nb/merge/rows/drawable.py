"""Drawable values: tables and pictures."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from smtp_nb.merge.rows.problem import RowError
from smtp_nb.model.display import kind_of

_NAME = 'Give it a name: attachments={{"{}": "{{{{ … }}}}"}}'
# Methods of values that draw themselves: matplotlib, plotly, Axes, Pillow, altair.
DRAWS_ITSELF = ("savefig", "to_image", "get_figure", "_repr_png_", "to_url")
# By which polars, pyarrow and DuckDB hand their columns over.
_HANDS_OVER = ("__dataframe__", "__arrow_c_stream__")


def are_records(value: object) -> bool:
    """True for a list of records."""
    return isinstance(value, list | tuple) and bool(value) and all(
        isinstance(one, Mapping) for one in value
    )  # fmt: skip


def is_styler(value: object) -> bool:
    """True for pandas' Styler. A chart of altair has HTML and a frame too, and draws itself."""
    has_frame = isinstance(getattr(value, "data", None), pd.DataFrame)
    return has_frame and hasattr(value, "to_html") and not is_drawable(value)


def is_foreign_frame(value: object) -> bool:
    """True for a frame of polars or pyarrow and a relation of DuckDB."""
    kind = type(value)
    is_pandas = isinstance(value, pd.DataFrame)
    return not is_pandas and hasattr(kind, "columns") and any(hasattr(kind, n) for n in _HANDS_OVER)


def is_tabular(value: object) -> bool:
    """True for a frame, a series, a Styler, and a list of records."""
    is_pandas = isinstance(value, pd.DataFrame | pd.Series)
    return is_pandas or is_foreign_frame(value) or is_styler(value) or are_records(value)


def is_drawable(value: object) -> bool:
    """True for what knows how to draw itself."""
    kind = type(value)
    return any(hasattr(kind, name) for name in DRAWS_ITSELF)


def refuse_nameless(value: object) -> None:
    """Refuse what has no name to be attached under.

    Raises:
        RowError: it is octets, a frame or a figure.
    """
    if isinstance(value, bytes | bytearray):
        raise RowError(
            f"{type(value).__name__} has no file name", remedy=_NAME.format("report.pdf")
        )
    if is_tabular(value):
        raise RowError(f"{kind_of(value)} has no file name", remedy=_NAME.format("orders.xlsx"))
    if is_drawable(value):
        raise RowError(f"{kind_of(value)} has no file name", remedy=_NAME.format("plot.png"))
