"""Drawable values: tables and pictures."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from smtp_nb.merge.rows.problem import RowError

_NAME = 'Give it a name: Attachment(data="{{ … }}", filename="report.pdf")'


def are_records(value: object) -> bool:
    """True for a list of records."""
    return isinstance(value, list | tuple) and bool(value) and all(
        isinstance(one, Mapping) for one in value
    )  # fmt: skip


def is_tabular(value: object) -> bool:
    """True for a frame, a series, a Styler, and a list of records."""
    is_styler = hasattr(value, "to_html") and isinstance(getattr(value, "data", None), pd.DataFrame)
    return isinstance(value, pd.DataFrame | pd.Series) or is_styler or are_records(value)


def is_drawable(value: object) -> bool:
    """True for what knows how to draw itself."""
    kind = type(value)
    return any(hasattr(kind, name) for name in ("savefig", "to_image", "get_figure", "_repr_png_"))


def refuse_nameless(value: object) -> None:
    """Refuse what has no name to be attached under.

    Raises:
        RowError: it is octets, a frame or a figure.
    """
    if isinstance(value, bytes | bytearray) or is_tabular(value) or is_drawable(value):
        raise RowError(f"a {type(value).__name__} has no file name", remedy=_NAME)
