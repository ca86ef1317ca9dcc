"""Plain cells: texts and numbers that make no message fail or look odd.

Where a template prints cells and does nothing else with them, a row whose cells are all plain can
only turn out like any other such row, so that it need not be composed to be checked.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from smtp_nb.merge.rows.printed import SPELL_NOTHING, is_ordinary, is_ordinary_number
from smtp_nb.model.address import CONTROLS

# Characters of a cell that cannot make a line too long, however they are encoded.
_SHORT = 60
# What begins an encoded word (RFC 2047).
ENCODED = "=?"


def is_plain(value: object) -> bool:
    """True if the value is one of them."""
    if type(value) is float:
        return is_ordinary_number(value)
    if type(value) is not str:
        return type(value) is int
    if len(value) > _SHORT or CONTROLS.search(value) is not None or ENCODED in value:
        return False
    return is_ordinary(value)


def odd_cells(cells: Sequence[object]) -> Sequence[int]:
    """The places of a column's cells that are not plain, most columns looked at as a whole."""
    kinds = set(map(type, cells))
    if not cells or kinds == {int}:
        return ()
    if kinds == {str} and _are_plain(cells):  # type: ignore[arg-type]  # they are texts
        return ()
    places: Sequence[int] = range(len(cells))
    if kinds == {float}:
        sizes = np.abs(np.array(cells, dtype=float))
        # Those that `is_ordinary_number` would say nothing about, but for some that are small.
        places = np.flatnonzero(~((sizes < 1e15) & ((sizes == 0) | (sizes > 1e-3)))).tolist()
    return [place for place in places if not is_plain(cells[place])]


def _are_plain(texts: Sequence[str]) -> bool:
    """True if all texts are plain; False may be wrong."""
    whole = " ".join(texts)
    return (
        max(map(len, texts)) <= _SHORT
        and whole.isprintable()
        and ENCODED not in whole
        and SPELL_NOTHING.isdisjoint(texts)
        and all(map(str.strip, texts))
    )
