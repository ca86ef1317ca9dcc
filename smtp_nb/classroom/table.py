"""A table in HTML, with texts of strangers made harmless."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from smtp_nb.model.display import visible

# JupyterLab puts the cells of a table to the right.
_LEFT = 'style="text-align:left;overflow-wrap:anywhere"'


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the table.

    Args:
        heads: of its columns; none for a table without a head.
        rows: what its cells say.
    """
    head = "".join(f"<th {_LEFT}>{escape(one)}</th>" for one in heads)
    head = f"<thead><tr>{head}</tr></thead>" if heads else ""
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table>{head}<tbody>{body}</tbody></table>"


def _cell(said: object) -> str:
    return f"<td {_LEFT}>{escape(visible(str(said)))}</td>"
