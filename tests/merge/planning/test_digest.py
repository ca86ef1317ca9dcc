"""A digest tells apart what messages differ in, and stays what it was."""

from __future__ import annotations

import hashlib
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.merge import Template
from smtp_nb.merge.planning.digest import SIZE, Digests, _cell, _text_of
from smtp_nb.merge.templates.template import Compiled

cells = st.one_of(
    st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.binary(),
    st.lists(st.text(max_size=3), max_size=3), st.dates(),
)  # fmt: skip


def digests() -> Digests:
    return Digests(Compiled(Template(subject="s"), "a@x.test"), "template", "salt")


def test_a_digest_stays_what_it_was() -> None:
    """Journals keep them: a row that nobody changed must not seem changed by an upgrade."""
    row: dict[Any, Any] = {
        "name": "Bén",
        "points": 7,
        "mean": 1.5,
        "none": None,
        3: ["a", {"b": 1}],
    }
    row["frame"] = pd.DataFrame({"x": [1]})
    spelled = (
        "map(s4:names4:Bén" "s6:pointsn1:7" "s4:meann3:1.5" "s4:none-0:"
        "n1:3list(s1:amap(s1:bn1:1))" "s5:frameframe(s1:xlist(n1:1)))"
    )  # fmt: skip
    digest = hashlib.blake2b(b"templatemap()", key=b"salt", digest_size=SIZE)
    digest.update(spelled.encode())
    assert digests().of(row) == digest.hexdigest()


@given(cells)
def test_texts_and_integers_are_spelled_as_all_values_are(value: Any) -> None:
    """Quickly, for most cells are one of them."""
    assert _cell(value) == _text_of(value, 1)


@given(st.dictionaries(st.text(max_size=3) | st.integers(), cells, max_size=4), cells, cells)
def test_rows_that_differ_have_other_digests(row: dict[Any, Any], one: Any, other: Any) -> None:
    made = digests()
    first, second = made.of({**row, "x": one}), made.of({**row, "x": other})
    assert made.of({**row, "x": one}) == first
    if type(one) is type(other) and isinstance(one, str | int):
        assert (first == second) is (one == other)
