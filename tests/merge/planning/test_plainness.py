"""Plain cells are found by the column as they are one by one."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtp_nb.merge.planning.plainness import is_plain, odd_cells
from smtp_nb.merge.rows.printed import SPELL_NOTHING
from smtp_nb.merge.rows.unfilled import Empty

TEXTS = st.one_of(
    st.text("ab ", max_size=3),
    st.text(max_size=4),
    st.text("aä", min_size=59, max_size=61),
    st.sampled_from(sorted(SPELL_NOTHING)),
    st.sampled_from(["=?utf-8?q?a?=", "a=", "?b", "a\nb", "\u2028", "\u00a0", "\ud800"]),
)
FLOATS = st.one_of(
    st.floats(),
    st.sampled_from([0.0, -0.0, 1e-3, 9.9e-5, 1e-4, 1e15, 999999999999999.9, -1e15, 0.1 + 0.2]),
)
# What stands for a cell that holds nothing; not even hypothesis may touch it.
EMPTY = st.integers().map(lambda _: Empty(name="a"))
OTHERS = st.one_of(EMPTY, st.none(), st.booleans(), st.binary(max_size=2))
COLUMNS = st.one_of(
    st.lists(TEXTS),
    st.lists(FLOATS),
    st.lists(st.integers()),
    st.lists(st.one_of(TEXTS, FLOATS, OTHERS, st.integers())),
)


@given(COLUMNS)
@example(["fine", "fine too"])
@example(["a=", "?b"])  # joined without a space they would begin an encoded word
@example([])
def test_a_column_has_the_odd_cells_that_its_cells_are(cells: list[object]) -> None:
    assert list(odd_cells(cells)) == [n for n, cell in enumerate(cells) if not is_plain(cell)]


@pytest.mark.parametrize("cell", ["Ann", "Ünal", "a=", 7, -1, 12.5, 0.0, "x" * 60])
def test_most_texts_and_numbers_are_plain(cell: object) -> None:
    assert is_plain(cell)


@pytest.mark.parametrize(
    "cell", ["", " ", "nan", "a\nb", "x" * 61, "=?utf-8?", 1e15, 1e-5, float("nan"), True, None]
)
def test_what_may_fail_or_look_odd_is_not(cell: object) -> None:
    assert not is_plain(cell)
