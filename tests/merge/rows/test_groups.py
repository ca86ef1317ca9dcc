"""One message of all rows that belong together, and no row of anybody's left out silently."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtp_nb.errors import InputError, ProblemsFound
from smtp_nb.merge import MailMerge, Template
from smtp_nb.sandbox import SandboxServer

ORDERS = pd.DataFrame(
    {
        "email": ["a@x.test", "b@x.test", "A@x.test", "a@x.test"],
        "name": ["Ann", "Ben", "Ann", "Ann"],
        "item": ["Pen", "Ink", "Cap", "Pad"],
        "qty": [1.0, 2.0, None, 4.0],
    },
    index=["w", "x", "y", "z"],
)
STATEMENT = Template(
    subject="Orders of {{ name }}",
    text="{% for o in rows | records %}{{ o.item }} {{ o.qty | default('?') }}, {% endfor %}",
)


def merge(
    frame: pd.DataFrame = ORDERS, template: Template = STATEMENT, **options: Any
) -> MailMerge:
    options = {"to": "email", "from_": "t@x.test", "group_by": "email"} | options
    return MailMerge(frame, template, **options)


def texts(found: MailMerge) -> list[str | None]:
    return [row.message.letter.draft.text if row.message else row.problem
            for row in found.preview(99).rows]  # fmt: skip


def test_all_rows_of_a_key_make_one_message() -> None:
    assert len(merge().check()) == 0
    assert texts(merge()) == ["Pen 1, Cap ?, Pad 4, ", "Ink 2, "]
    assert merge().preview()[0].row == 0


def test_rows_are_a_frame_for_tables_and_sums() -> None:
    template = Template(
        subject="{{ name }}", markdown='{{ rows[["item", "qty"]] | table(empty="–") }}',
        text=None,
    )  # fmt: skip
    text = (texts(merge(template=template))[0] or "").splitlines()
    assert [line.split() for line in text if line] == [
        ["item", "qty"], ["Pen", "1"], ["Cap", "–"], ["Pad", "4"],
    ]  # fmt: skip
    total = Template(subject="s", text="{{ rows.qty | sum }}, {{ rows.item | join(' ') }}")
    assert texts(merge(ORDERS.fillna({"qty": 0}), total)) == ["5, Pen Cap Pad", "2, Ink"]


def test_a_column_in_which_the_rows_differ_is_an_error_that_names_rows() -> None:
    problems = merge(template=Template(subject="{{ item }}", text="{{ name }}")).check()
    assert problems[["row", "column", "severity"]].values.tolist() == [[0, "item", "error"]]
    assert "rows | table" in problems["remedy"][0]


def test_what_was_grouped_by_is_spelt_as_in_the_first_row() -> None:
    assert texts(merge(template=Template(subject="s", text="{{ email }}"))) == [
        "a@x.test", "b@x.test",
    ]  # fmt: skip


def test_results_and_resume_go_by_group(directory: object) -> None:
    with SandboxServer() as server:
        results = merge(server=server.url, name="orders").run(progress=None)
        assert results[["row", "recipient", "outcome"]].values.tolist() == [
            [0, "a@x.test", "ACCEPTED"], [1, "b@x.test", "ACCEPTED"],
        ]  # fmt: skip
        assert list(results.index) == ["w", "x"]
        late = pd.concat([ORDERS.iloc[::-1], pd.DataFrame(
            {"email": ["c@x.test"], "name": ["Cem"], "item": ["Pen"], "qty": [1.0]}, index=["n"]
        )])  # fmt: skip
        template = Template(subject="Orders of {{ name }}", text="{{ rows.item | length }}")
        again = merge(late, template, server=server.url, name="orders")
        again.run(progress=None, changed="go on")
        assert [message.rcpt_tos[0] for message in server.messages] == [
            "a@x.test", "b@x.test", "c@x.test",
        ]  # fmt: skip
        table = again.table()
        assert list(table.index) == list(late.index)
        assert set(table["mail_outcome"]) == {"ACCEPTED"}


def test_groups_by_something_else_are_known_by_it() -> None:
    frame = ORDERS.assign(order=[7, 8, 9.0, 7])
    found = merge(frame, group_by="order")
    assert found.preview(9)[0].row == 0
    assert len(found.preview(9)) == 3
    problems = found.check()
    assert problems["severity"].tolist() == ["warning"]  # a@x.test gets two
    assert texts(merge(frame, group_by=["order", "name"])) == [
        "Pen 1, Pad 4, ",
        "Ink 2, ",
        "Cap ?, ",
    ]


@pytest.mark.parametrize(
    ("frame", "options", "words"),
    [
        (ORDERS, {"group_by": "name", "key": "item"}, "differ in 'item'"),
        (ORDERS.assign(name="all"), {"group_by": "name"}, "differ in 'email'"),
        (ORDERS.assign(name=["Ann", None, "Ann", "Ann"]), {"group_by": "name"}, "is empty"),
        (ORDERS.assign(email=["a@x.test", None, "a@x.test", "a@x.test"]), {}, "is empty"),
        (ORDERS.assign(email=["a@x.test", "b", "a@x.test", "a@x.test"]), {}, "not an e-mail"),
    ],
)
def test_a_group_without_one_key_and_address_is_an_error(
    frame: pd.DataFrame, options: dict[str, Any], words: str
) -> None:
    problems = merge(frame, **options).check()
    assert problems["message"].str.contains(words).any()
    assert "error" in set(problems["severity"])


def test_a_wrong_group_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="Did you mean 'email'"):
        merge(group_by="e_mail")
    with pytest.raises(InputError, match="called 'rows'"):
        merge(ORDERS.rename(columns={"item": "rows"}))


def test_rows_of_one_recipient_that_differ_are_an_error_that_names_the_ways_on() -> None:
    template = Template(subject="{{ name }}", text="{{ item }}: {{ qty | default('?') }}")
    found = merge(template=template, group_by=None)
    problems = found.check()
    assert problems[["row", "column", "severity"]].values.tolist() == [
        [2, "item", "error"], [3, "item", "error"],
    ]  # fmt: skip
    assert "item, qty" in problems["message"][1]
    assert problems["remedy"].str.contains(r"group_by=.*key=").all()
    with pytest.raises(ProblemsFound):
        found.run()


def test_rows_of_one_recipient_that_say_the_same_are_a_warning() -> None:
    template = Template(subject="{{ name }}", text="Dear {{ name }} at {{ email }}")
    problems = merge(template=template, group_by=None).check()
    assert set(problems["severity"]) == {"warning"}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abcAB"), st.integers(0, 9)), min_size=1, max_size=12))
def test_every_row_is_in_exactly_one_message(rows: list[tuple[str, int]]) -> None:
    frame = pd.DataFrame(rows, columns=["who", "n"])
    frame["email"] = frame["who"] + "@x.test"
    template = Template(subject="s", text="{{ rows.n | join(' ') }}")
    said = " ".join(text or "" for text in texts(merge(frame, template))).split()
    assert sorted(said) == sorted(str(n) for _, n in rows)
    assert len(merge(frame, template).preview(99)) == len({who.lower() for who, _ in rows})


@pytest.mark.parametrize(
    "options",
    [
        {"group_by": ["email", "name"]},
        {"group_by": ["email", "email"]},
        {"key": "name"},
        {"group_by": "name"},
        {"to": ["email"]},
        {"to": ["email"], "group_by": "name"},
        {"to": "{{ name }} <{{ email }}>", "group_by": "name"},
        {"to": "{{ name }} <{{ email }}>", "group_by": ["email", "name"]},
    ],
)
def test_spellings_of_one_mailbox_are_one_group_whatever_else_it_is_grouped_by(
    options: dict[str, Any],
) -> None:
    assert texts(merge(**options)) == ["Pen 1, Cap ?, Pad 4, ", "Ink 2, "]


def test_an_invisible_character_makes_no_group_of_its_own() -> None:
    frame = ORDERS.assign(email=["a@x.test", "b@x.test", "\ufeffA@x.test", "a@x.test\u200b"])
    for to in ("email", ["email"], "{{ name }} <{{ email }}>"):
        assert texts(merge(frame, to=to)) == ["Pen 1, Cap ?, Pad 4, ", "Ink 2, "]


def test_of_several_recipients_the_column_in_which_a_group_differs_is_named() -> None:
    frame = ORDERS.assign(boss=["c@x.test", "c@x.test", None, "c@x.test"])
    (problem,) = merge(frame, to=["email", "boss"], group_by="name").check().itertuples()
    assert (problem.row, problem.column) == (0, "boss")
    assert problem.message == "rows 0 and 2 are in one group but differ in 'boss'"
    assert problem.remedy.startswith("Group by 'boss' too")


def test_a_group_whose_recipient_has_two_names_is_an_error_that_says_where() -> None:
    frame = ORDERS.assign(name=["Ann", "Ben", "Anna", "Ann"])
    (problem,) = (
        merge(frame, Template(subject="s", text="{{ email }}"), to="{{ name }} <{{ email }}>")
        .check()
        .itertuples()
    )
    assert (problem.row, problem.column) == (0, "to")
    assert problem.message == "rows 0 and 2 are in one group but differ in to="
    assert problem.remedy == "Group by the columns in to= too, or make them the same"


def test_a_group_by_no_column_is_refused() -> None:
    with pytest.raises(InputError, match="names no column"):
        merge(group_by=[])


def test_rows_without_a_group_say_what_they_are_rows_of() -> None:
    found = merge(group_by=None, frame=ORDERS.iloc[:2]).check()
    assert found["remedy"].tolist()[0] == "rows are those of a group: give group_by="


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ rows.qty.sum() }}", "5"),
        ("{{ rows.qty.mean() | number(1) }}", "2.5"),
        ("{{ rows['qty'].max() | money('EUR', 'de') }}", "4,00\xa0€"),
        ("{{ rows.sort_values('item').item | join(' ') }}", "Cap Pad Pen"),
        ("{{ rows.head(1).item | join }} of {{ rows.item.nunique() }}", "Pen of 3"),
        ("{{ rows[['item']].rename(columns={'item': 'Piece'}).tail(1) | table }}", "Piece\nPad"),
    ],
)
def test_rows_are_summed_up_and_sorted_as_in_pandas(source: str, expected: str) -> None:
    found = merge(template=Template(subject="s", text=source), frame=ORDERS.drop("x"))
    assert texts(found) == [expected]


@pytest.mark.parametrize(
    "source",
    [
        "{{ rows.to_csv('out.csv') }}",
        "{{ rows.item.to_json('out.json') }}",
        "{{ rows.query('qty > 1') }}",
        "{{ rows.eval('qty * 2') }}",
        "{{ rows.apply(range) }}",
        "{{ rows.item.map(range) }}",
        "{{ rows.pipe(range) }}",
        "{{ rows.drop(columns='item', inplace=true) }}",
        "{{ rows.sort_values('item', inplace=true) }}",
    ],
)
def test_what_writes_reads_or_changes_is_not_called(source: str) -> None:
    (problem,) = (
        merge(template=Template(subject="s", text=source), frame=ORDERS.drop("x"))
        .check()
        .itertuples()
    )
    assert "may not be" in problem.message
    assert "sum, mean" in problem.remedy


def test_the_key_of_a_group_is_the_same_in_whatever_order_its_rows_stand(directory: object) -> None:
    options = {"group_by": ["email", "name"], "name": "orders", "journal": "orders.sqlite"}
    with SandboxServer() as server:
        merge(server=server.url, **options).run(progress=None)
        again = merge(ORDERS.iloc[::-1], server=server.url, **options)
        again.run(progress=None, changed="go on")
        assert sorted(m.rcpt_tos[0].lower() for m in server.messages) == ["a@x.test", "b@x.test"]
