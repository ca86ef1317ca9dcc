"""Other tables than pandas' in a merge."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from smtp_nb.errors import InputError
from smtp_nb.merge import MailMerge, Template
from smtp_nb.sandbox import SandboxServer

COLUMNS: dict[str, list[Any]] = {
    "email": ["a@x.test", "b@x.test"],
    "seat": [12, None],
    "day": [datetime.date(2026, 3, 1), datetime.date(2026, 3, 2)],
    "price": [7.5, 12.0],
}
RECORDS = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)]
KINDS: list[Callable[[], Any]] = [
    lambda: pd.DataFrame(COLUMNS),
    lambda: pl.DataFrame(COLUMNS),
    lambda: pl.DataFrame(COLUMNS).lazy(),
    lambda: pa.table(COLUMNS),
    lambda: duckdb.from_arrow(pa.table(COLUMNS)),
    lambda: RECORDS,
    lambda: tuple(RECORDS),
]


@pytest.mark.parametrize(
    "make", KINDS, ids=["pandas", "polars", "lazy", "pyarrow", "duckdb", "list", "tuple"]
)
def test_any_frame_gives_the_same_messages_and_results_in_pandas(make: Callable[[], Any]) -> None:
    template = Template(
        subject="s", text="{{ seat | default('none') }} {{ day }} {{ price }} {{ email }}"
    )
    with SandboxServer() as server:
        merge = MailMerge(make(), template, to="email", from_="t@x.test", server=server.url)
        found = merge.run(progress=None)
        assert isinstance(found, pd.DataFrame)
        assert found["outcome"].tolist() == ["ACCEPTED"] * 2
        texts = [message.content.partition(b"\r\n\r\n")[2] for message in server.messages]
        assert texts == [b"12 2026-03-01 7.5 a@x.test\r\n", b"none 2026-03-02 12 b@x.test\r\n"]
        assert list(merge.table()["mail_outcome"]) == ["ACCEPTED"] * 2
        grouped = MailMerge(make(), Template(text="{{ rows | table }}"), to="email",
                            group_by="email")  # fmt: skip
        assert len(grouped.preview()) == 2


def test_a_mask_of_polars_chooses_rows() -> None:
    frame = pl.DataFrame(COLUMNS)
    merge = MailMerge(frame, Template(subject="s", text="t"), to="email", from_="t@x.test")
    assert [one.row for one in merge.preview(where=frame["price"] > 8)] == [1]


@pytest.mark.parametrize(
    "wrong", [None, 3, "df", ["a@x.test"], pd.DataFrame(COLUMNS).groupby("day")]
)
def test_what_is_no_table_is_refused(wrong: Any) -> None:
    with pytest.raises(InputError, match=r"a merge takes a DataFrame, not an? "):
        MailMerge(wrong, Template(subject="s", text="t"), to="email")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (pd.DataFrame(COLUMNS).groupby("day"), "to group by"),
        ([("a@x.test", 1)], "a list of tuple"),
        ([], "the list of rows is empty"),
    ],
    ids=["groupby", "tuples", "nothing"],
)
def test_what_is_meant_instead_is_said(wrong: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        MailMerge(wrong, Template(subject="s", text="t"), to="email")
    assert words in str(caught.value)
