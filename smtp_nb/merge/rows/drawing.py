"""Figures as .png, .pdf and .svg files, whatever library drew them.

The same figure makes the same octets, whenever it is written: what a row is sent can be compared.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

from smtp_nb.merge.rows.problem import RowError
from smtp_nb.model.display import kind_of

KINDS = ("png", "pdf", "svg")

# What matplotlib would date, by format.
_DATES = {"pdf": "CreationDate", "svg": "Date"}
_REMEDY = "Check that it can be saved by itself: plotly needs kaleido, altair vl-convert-python"


def drawn(value: Any, kind: str) -> bytes:
    """A figure, of which `is_drawable` is true, as a file.

    Args:
        kind: "png", "pdf" or "svg".

    Raises:
        RowError: it cannot be drawn as one of this kind, or its library fails.
    """
    if not hasattr(value, "savefig") and hasattr(value, "get_figure"):
        value = value.get_figure()  # matplotlib's Axes
    method = next(name for name in _DRAW if hasattr(value, name))
    if kind != "png" and method == "_repr_png_":
        raise RowError(f"{kind_of(value)} cannot be saved as .{kind}", remedy="Call the file .png")
    try:
        return _DRAW[method](value, kind)
    except Exception as error:  # whatever the library, or the browser that it draws with, raises
        said = str(error).strip().partition("\n")[0][:200]
        raise RowError(
            f"{kind_of(value)} could not be drawn: {type(error).__name__}: {said}", remedy=_REMEDY
        ) from error


def _saved(figure: Any, kind: str) -> bytes:
    file = io.BytesIO()
    if kind == "png":
        figure.savefig(file, format=kind)
        return file.getvalue()
    import matplotlib as mpl  # who made the figure

    undated = {name: None for dated, name in _DATES.items() if dated == kind}
    with mpl.rc_context({"svg.hashsalt": "smtp_nb"}):
        figure.savefig(file, format=kind, metadata=undated)
    return file.getvalue()


def _chart(chart: Any, kind: str) -> bytes:
    if kind == "svg":
        text = io.StringIO()
        chart.save(text, format=kind)
        return text.getvalue().encode()
    file = io.BytesIO()
    chart.save(file, format=kind)
    return file.getvalue()


def _repr_png(image: Any, kind: str) -> bytes:
    """IPython lets it return bytes or base64, either with metadata."""
    shown = image._repr_png_()
    data = shown[0] if isinstance(shown, tuple) else shown
    return base64.b64decode(data) if isinstance(data, str) else bytes(data)


# How the drawing libraries write a figure, by the method that tells them apart.
_DRAW: dict[str, Callable[[Any, str], bytes]] = {
    "savefig": _saved,  # matplotlib, seaborn
    "to_url": _chart,  # altair
    "to_image": lambda figure, kind: bytes(figure.to_image(format=kind)),  # plotly
    "_repr_png_": _repr_png,  # Pillow, IPython.display.Image
}
