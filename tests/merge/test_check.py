from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtp_nb.merge import MailMerge, Template
from smtp_nb.merge.check import find_problems
from smtp_nb.merge.planning.plan import make_plan
from smtp_nb.merge.planning.renderer import RowRenderer
from smtp_nb.merge.rows.groups import GroupedRows
from smtp_nb.merge.rows.problem import COLUMNS
from smtp_nb.merge.rows.rows import Rows
from smtp_nb.merge.templates.template import Compiled


def check(template: Template, **columns: Any) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    frame = pd.DataFrame({"to": [f"p{n}@x.test" for n in range(count)]} | columns)
    return MailMerge(frame, template, to="to", from_="t@x.test").check()


def found(problems: pd.DataFrame) -> list[tuple[object, ...]]:
    return list(problems[["row", "column", "severity"]].itertuples(index=False, name=None))


def test_a_good_frame_has_no_problems() -> None:
    problems = check(Template(subject="Hi {{ name }}", text="t"), name=["Ann", "Ben"])
    assert list(problems.columns) == COLUMNS
    assert len(problems) == 0


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NaT])
def test_an_unfilled_name_is_an_error_of_its_row(nothing: object) -> None:
    problems = check(Template(subject="{{ name }}!", text="t"), name=["Ann", nothing, "Cem"])
    assert found(problems) == [(1, "name", "error")]
    assert "is empty" in problems["message"][0]
    assert "default" in problems["remedy"][0]


def test_a_name_that_no_column_has_is_said_once() -> None:
    problems = check(Template(subject="{{ nmae }}!", text="t"), name=["Ann", "Ben"])
    assert problems["row"].isna().all()
    assert list(problems["column"]) == ["nmae"]


def test_addresses_are_checked() -> None:
    problems = check(Template(subject="s", text="t"), to=["a@x.test", "A@x.test", "broken", None])
    assert found(problems) == [(1, "to", "warning"), (2, "to", "error"), (3, "to", "error")]


def test_a_line_break_for_a_header_is_an_error_and_one_for_the_text_is_none() -> None:
    problems = check(Template(subject="{{ s }}.", text="{{ b }}."), s=["x", "y\nBcc: e@x.test"],
                     b=["one\ntwo", "x"])  # fmt: skip
    assert found(problems) == [(1, "s", "error")]


def test_files_are_checked(directory: Path) -> None:
    (directory / "in").mkdir()
    (directory / "in" / "a.txt").write_text("x")
    (directory / "out.txt").write_text("x")
    template = Template(
        subject="s", text="t", attachments=["{{ file }}"], attachment_root=directory / "in"
    )
    problems = check(template, file=["a.txt", "b.txt", "../out.txt", None])
    assert found(problems) == [(row, "file", "error") for row in (1, 2, 3)]
    assert "does not exist" in problems["message"][0]
    assert "outside" in problems["message"][1]


def test_a_common_file_that_is_missing_is_said_once() -> None:
    problems = check(Template(subject="s", text="t", attachments=["gone.pdf"]), name=[1, 2, 3])
    assert problems["row"].isna().all()
    assert problems["severity"].tolist() == ["error"]


def test_empty_subjects_and_messages_are_warnings() -> None:
    problems = check(Template(subject="{{ s }}", text="{{ s }}"), s=["x", " "])
    assert found(problems) == [(1, "subject", "warning"), (1, "text", "warning")]


def test_rows_with_keys_of_their_own_may_share_an_address() -> None:
    frame = pd.DataFrame({"id": [1, 2], "to": ["a@x.test", "A@x.test"]})
    merge = MailMerge(frame, Template(subject="s", text="t"), to="to", from_="t@x.test", key="id")
    assert found(merge.check()) == [(1, "", "warning")]


def test_bulk_without_a_way_out_is_a_warning() -> None:
    addresses = [f"p{n}@x.test" for n in range(5000)]
    assert list(check(Template(subject="s", text="t"), to=addresses)["column"]) == [
        "list_unsubscribe"
    ]
    template = Template(subject="s", text="t", list_unsubscribe="https://x.test/leave")
    assert len(check(template, to=addresses)) == 0


CELLS = st.one_of(
    st.text("ab", max_size=4),
    st.text(max_size=4),
    st.text("ä\n\r\x00<{", max_size=80),
    st.integers(),
    st.floats(),
    st.none(),
)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12),
    st.booleans(),
    st.sampled_from([None, "a", "to"]),
)
def test_rows_that_are_not_rendered_would_have_been_fine(
    rows: list[tuple[object, ...]], is_inferred: bool, by: str | None
) -> None:
    frame = pd.DataFrame(rows, columns=["a", "b"], dtype=object)
    if is_inferred:
        frame = frame.infer_objects()  # columns of integers, floats and texts
    frame["to"] = [f"p{n}@x.test" for n in range(len(frame))]
    template = Template(
        subject="For {{ a | upper }}",
        markdown="Dear *{{ b }}*, [x](http://x.test/{{ a | urlencode }})",
    )
    read = Rows(frame) if by is None else GroupedRows(frame, [by], "to")
    plan, compiled = make_plan(read, "to"), Compiled(template, "t@x.test")
    assert compiled.is_plain
    quick = find_problems(plan, RowRenderer(read, compiled))
    thorough = RowRenderer(read, compiled)
    thorough.odd = thorough.read  # type: ignore[method-assign]  # render every row
    assert quick == find_problems(plan, thorough)


def test_text_that_is_encoded_already_is_a_warning_with_what_was_meant() -> None:
    word = "=?utf-8?q?Gr=C3=BC=C3=9Fe?="
    problems = check(Template(subject="For {{ s }}", text="t"), s=["Ann", word, "Ben"])
    assert found(problems) == [(1, "subject", "warning")]
    assert problems["remedy"].tolist() == ["Write it as plain text: For Grüße"]
    problems = check(
        Template(subject=word, text="Dear {{ s }}", headers={"X-Note": word}), s=["Ann", "Ben"]
    )
    assert problems["column"].tolist() == ["subject", "X-Note"]
    assert problems["row"].isna().all()
