"""The two bodies of a table show the same."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtp_nb.merge import MailMerge, Template
from smtp_nb.merge.rows.printed import NOTES, Notes
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.environment import Part, environment

ORDERS = pd.DataFrame(
    {
        "item": ["Pen", "Ink & <Co>"],
        "qty": [2.0, 1.0],
        "price": [1.5, 10.0],
        "margin": [0.9, 0.2],
        "day": pd.to_datetime(["2026-03-01", "2026-03-02"]),
    }
)


def both(source: str, notes: Notes | None = None, **values: object) -> tuple[str, str]:
    """The text and the HTML of a template."""
    found = []
    for html in (False, True):
        jinja = environment(html=html)
        part = Part("markdown", source, jinja)
        found.append(part.render({**jinja.globals, NOTES: notes, **values}))
    return found[0], found[1]


class Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found += data.split()


def words(html: str) -> list[str]:
    parser = Words()
    parser.feed(html)
    parser.close()
    return parser.found


Style = Callable[[Any], Any]
STYLES: dict[str, tuple[Style, list[str]]] = {
    "hidden column": (lambda s: s.hide(["margin"], axis="columns"), ["margin", "0.9", "0.2"]),
    "hidden row": (lambda s: s.hide([0], axis="index"), ["Pen", "0.9"]),
    "masked cells": (lambda s: s.format({"item": lambda v: "***"}), ["Pen", "Ink"]),
    "formats": (lambda s: s.format({"price": "{:.2f} €", "item": str.upper}), ["1.5 ", "Pen"]),
    "hidden index": (lambda s: s.hide(axis="index"), []),
    "not displayed": (
        lambda s: s.set_table_styles([{"selector": ".col3", "props": "display: none"}]),
        ["margin", "0.9"],
    ),
    "invisible": (
        lambda s: s.set_properties(subset=["margin"], visibility="hidden"),
        ["0.9", "0.2"],
    ),
}


@pytest.mark.parametrize("name", STYLES)
def test_the_text_hides_what_a_styler_hides(name: str) -> None:
    change, hidden = STYLES[name]
    safe = ORDERS.assign(item=["Pen", "Ink"])
    text, html = both("{{ x | table }}", x=change(safe.style))
    if "display: none" not in html and "visibility: hidden" not in html:
        assert sorted(text.split()) == sorted(words(html))
    assert not [word for word in hidden if word in text]


def test_an_invisible_cell_keeps_its_place() -> None:
    style = ORDERS[["qty", "margin", "price"]].style.hide(axis="index").format(precision=1)
    style = style.set_properties(subset=["margin"], visibility="hidden")
    text, _ = both("{{ x | table }}", x=style)
    assert text.splitlines()[1].index("1.5") > text.splitlines()[0].index("margin")


def test_a_stylers_formats_stand_in_the_text() -> None:
    style = ORDERS.style.format({"price": "{:.2f} €"}, escape="html").set_caption("Orders")
    text, _ = both("{{ x | table }}", x=style.hide(["margin", "day"], axis="columns"))
    assert text.splitlines() == [
        "Orders",
        "   item             qty    price",
        "0  Pen         2.000000   1.50 €",
        "1  Ink & <Co>  1.000000  10.00 €",
    ]


def test_a_frame_obeys_the_law_of_single_values() -> None:
    text, html = both("{{ x | table }}", x=ORDERS)
    assert text.splitlines() == [
        "item        qty  price  margin  day",
        "Pen           2    1.5     0.9  2026-03-01",
        "Ink & <Co>    1     10     0.2  2026-03-02",
    ]
    assert "Ink &amp; &lt;Co&gt;" in html


@pytest.mark.parametrize(
    "orders",
    [
        pd.DataFrame({"item": ["Pen", None], "qty": [2.0, float("nan")]}),
        [{"item": "Pen", "qty": 2.0}, {"item": None, "qty": float("nan")}],
    ],
    ids=["frame", "records"],
)
def test_a_hole_in_a_table_is_an_empty_cell_and_a_warning(orders: Any) -> None:
    frame = pd.DataFrame({"to": ["a@x.test"], "orders": [orders]})
    template = Template(subject="s", markdown="{{ orders | table }}")
    merge = MailMerge(frame, template, to="to", from_="t@x.test")
    assert merge.check()["message"].tolist() == ["a table has empty cells"]
    message = merge.preview()[0].message
    assert message is not None
    assert (message.letter.draft.text or "").split() == ["item", "qty", "Pen", "2"]
    filled = Template(subject="s", markdown='{{ orders | table(empty="–") }}')
    assert len(MailMerge(frame, filled, to="to", from_="t@x.test").check()) == 0


def test_a_hole_that_a_styler_shows_is_a_warning() -> None:
    notes: Notes = {}
    both("{{ x | table }}", notes, x=pd.DataFrame({"a": [1, None]}).style)
    assert [note.message for note in notes] == ["a table has empty cells"]


def test_a_cell_that_only_python_reads_is_an_error() -> None:
    with pytest.raises(RowError, match="a list is not printable text"):
        both("{{ x | table }}", x=pd.DataFrame({"a": [["b"]]}))


def test_levels_of_an_index_keep_their_columns() -> None:
    index = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["k", "n"])
    text, _ = both("{{ x | table(index=true) }}", x=pd.DataFrame({"v": [1, 2, 3]}, index=index))
    assert [line.split() for line in text.splitlines()[-3:]] == [
        ["a", "1", "1"],
        ["2", "2"],
        ["b", "1", "3"],
    ]
    assert text.splitlines()[-2].startswith("   2")


def test_long_cells_are_shown_whole() -> None:
    text, html = both("{{ x | table }}", x=pd.DataFrame({"a": ["x" * 100]}))
    assert "x" * 100 in text
    assert "x" * 100 in html


WORDS = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=1)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(WORDS, st.floats(-1e9, 1e9)), min_size=1, max_size=5),
    st.sets(st.sampled_from(["a", "b"]), max_size=1),
)
def test_text_and_html_of_a_table_have_the_same_words(
    rows: list[tuple[str, float]], hidden: set[str]
) -> None:
    frame = pd.DataFrame(rows, columns=["a", "b"])
    text, html = both("{{ x | table }}", x=frame)
    assert sorted(text.split()) == sorted(words(html))
    style = frame.style.format(escape="html").hide(list(hidden), axis="columns")
    text, html = both("{{ x | table }}", x=style)
    assert sorted(text.split()) == sorted(words(html))


def test_rows_of_a_frame_can_be_looped_over() -> None:
    text, _ = both("{% for o in x | records %}{{ o.item }} {{ o.qty }},{% endfor %}", x=ORDERS)
    assert text == "Pen 2,Ink & <Co> 1,"
    holes = pd.DataFrame({"item": [None]})
    with pytest.raises(RowError, match="'item' in a cell is empty"):
        both("{% for o in x | records %}{{ o.item }}{% endfor %}", x=holes)
