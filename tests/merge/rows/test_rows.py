from __future__ import annotations

from typing import NamedTuple

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.errors import InputError
from smtp_nb.merge.rows.rows import Rows

NOTHING = [None, float("nan"), pd.NaT, pd.NA]


@pytest.mark.parametrize("nothing", NOTHING)
def test_all_spellings_of_nothing_are_one(nothing: object) -> None:
    rows = Rows(pd.DataFrame({"a": pd.Series(["x", nothing], dtype=object)}))
    assert rows.column("a") == ["x", None]


@pytest.mark.parametrize("dtype", ["float64", "Int64", "Float64", "object", "datetime64[ns]"])
def test_a_hole_is_a_hole_in_every_kind_of_column(dtype: str) -> None:
    rows = Rows(pd.DataFrame({"a": pd.Series([1, None], dtype=dtype)}))
    assert rows.column("a")[1] is None


def test_an_integer_column_with_a_hole_shows_integers() -> None:
    rows = Rows(pd.DataFrame({"seat": [12, None, 7]}))
    assert [str(value) for value in rows.column("seat")] == ["12", "None", "7"]


def test_a_column_with_one_fraction_keeps_its_floats() -> None:
    rows = Rows(pd.DataFrame({"grade": [1.0, 2.5]}))
    assert [str(value) for value in rows.column("grade")] == ["1.0", "2.5"]


def test_floats_beyond_exact_integers_stay_floats() -> None:
    rows = Rows(pd.DataFrame({"a": [2.0**60], "b": [float("inf")]}))
    assert rows.column("a") == [2.0**60]
    assert str(rows.column("b")[0]) == "inf"


@given(st.lists(st.tuples(st.integers(), st.text()), max_size=600), st.data())
def test_rows_are_read_at_their_places(cells: list[tuple[int, str]], data: st.DataObject) -> None:
    frame = pd.DataFrame(cells, columns=["n", "text"]).astype(object)
    places = data.draw(st.lists(st.sampled_from(range(len(cells))))) if cells else []
    found = list(Rows(frame).read(places, ["text", "n"]))
    assert found == [{"text": cells[at][1], "n": cells[at][0]} for at in places]


def test_empty_cells_are_what_the_reader_asked_for() -> None:
    rows = Rows(pd.DataFrame({"a": ["x", None], "b": [None, 1]}))
    found = list(rows.read([0, 1], ["a", "b"], lambda name: f"no {name}"))
    assert found == [{"a": "x", "b": "no b"}, {"a": "no a", "b": 1}]


def test_no_columns_are_rows_all_the_same() -> None:
    assert list(Rows(pd.DataFrame({"a": [1, 2]})).read([0, 1], [])) == [{}, {}]


def test_a_change_of_the_frame_afterwards_is_not_seen() -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    rows = Rows(frame)
    frame["a"] = [3, 4]
    frame.loc[5] = [6]
    assert rows.column("a") == [1, 2]


@pytest.mark.parametrize("wrong", ["Email", "e_mail", "emial"])
def test_a_wrong_column_suggests_the_right_one(wrong: str) -> None:
    with pytest.raises(InputError, match=r"Did you mean '\\ufeffE-Mail'"):
        Rows(pd.DataFrame({"\ufeffE-Mail": [], "name": []})).require(wrong)


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="two columns are called 'a'"):
        Rows(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_a_list_is_no_frame() -> None:
    with pytest.raises(InputError, match="takes a DataFrame, not a list of str"):
        Rows(["a@x.test"])


DAYS = pd.to_datetime(["2026-03-01", "2026-12-31"])


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(DAYS),
        pd.Series(DAYS).dt.tz_localize("Europe/Berlin"),
        pd.Series(DAYS).astype("datetime64[s]"),
        pd.Series(DAYS).astype(object),
        pd.Series([*DAYS, pd.NaT]),
    ],
    ids=["ns", "zone", "s", "object", "hole"],
)
def test_a_column_whose_times_are_all_midnight_shows_dates(column: pd.Series) -> None:
    found = Rows(pd.DataFrame({"day": column})).column("day")
    assert [str(value) for value in found[:2]] == ["2026-03-01", "2026-12-31"]
    assert found[0] == column[0]
    assert found[0].day_name() == "Sunday"  # type: ignore[attr-defined]  # as a Timestamp has
    assert found[2:] == [None] * (len(column) - 2)


def test_a_column_with_one_time_shows_them_all() -> None:
    rows = Rows(pd.DataFrame({"at": pd.to_datetime(["2026-03-01 00:00", "2026-03-01 09:30"])}))
    assert [str(v) for v in rows.column("at")] == ["2026-03-01 00:00:00", "2026-03-01 09:30:00"]


def test_a_day_with_a_time_added_shows_it() -> None:
    (day,) = Rows(pd.DataFrame({"day": DAYS[:1]})).column("day")
    assert str(day.replace(hour=9)) == "2026-03-01 09:00:00"  # type: ignore[attr-defined]
    assert str(day + pd.Timedelta(days=1)) == "2026-03-02"  # type: ignore[operator]


def test_short_floats_keep_their_few_digits() -> None:
    rows = Rows(pd.DataFrame({"a": pd.Series([0.1, None, 2.5], dtype="float32")}))
    assert rows.column("a") == [0.1, None, 2.5]


@pytest.mark.parametrize("nothing", NOTHING)
def test_what_is_nothing_in_a_record_is_nothing(nothing: object) -> None:
    orders = [{"item": "Pen", "qty": 2.0, "day": DAYS[0]}, {"item": nothing, "day": nothing}]
    rows = Rows(pd.DataFrame({"orders": [orders, []], "tags": [["a", nothing], nothing]}))
    (row, other) = rows.read([0, 1], ["orders", "tags"], lambda name: f"no {name}")
    assert row["orders"][1] == {"item": "no item", "day": "no day"}  # type: ignore[index]
    assert str(row["orders"][0]["day"]) == "2026-03-01"  # type: ignore[index]
    assert (row["tags"], other["tags"]) == (["a", "no tags"], "no tags")
    assert orders[1]["item"] is nothing


def test_named_levels_of_the_index_are_columns() -> None:
    frame = pd.DataFrame({"n": [1, 2], "k": 3}).set_index(["n", "k"]).assign(x=["a", "b"])
    rows = Rows(frame)
    assert rows.names == ["x", "n", "k"]
    assert rows.column("n") == [1, 2]
    assert list(rows.frame.columns) == ["x"]


def test_an_index_without_a_name_is_pointed_out() -> None:
    with pytest.raises(InputError, match=r"df\.reset_index\(\)"):
        Rows(pd.DataFrame({"name": ["Ann"]}, index=["a@x.test"])).require("email")


class Point(NamedTuple):
    x: float
    y: float


def test_a_named_tuple_in_a_cell_keeps_its_names() -> None:
    rows = Rows(pd.DataFrame({"at": [Point(1.0, float("nan"))]}))
    (row,) = rows.read([0], ["at"], lambda name: "nothing")
    assert row["at"] == Point(1.0, "nothing")  # type: ignore[arg-type]  # what stands for a hole
    assert row["at"].x == 1.0  # type: ignore[attr-defined]  # a row's values are of any type
