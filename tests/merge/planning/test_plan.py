from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtp_nb.errors import InputError
from smtp_nb.merge.planning.plan import Plan, _Planner, make_plan
from smtp_nb.merge.rows.rows import Rows
from smtp_nb.model.outcome import Outcome


def plan_of(addresses: list[object], keys: list[object] | None = None) -> Plan:
    frame = pd.DataFrame({"to": pd.Series(addresses, dtype=object)})
    if keys is None:
        return make_plan(Rows(frame), "to")
    frame["id"] = pd.Series(keys, dtype=object)
    return make_plan(Rows(frame), "to", "id")


def outcomes(plan: Plan) -> list[Outcome | None]:
    return [planned.outcome for planned in plan.rows]


ADDRESSES = st.lists(
    st.one_of(
        st.builds("{}@{}.test".format, st.sampled_from("abcDE"), st.sampled_from(["x", "Y"])),
        st.sampled_from(["", "no address", None, "a@b@c", "ü@x.test", "Ü@x.test"]),
    )
)


@given(ADDRESSES, st.randoms())
def test_keys_do_not_depend_on_places(addresses: list[object], random: object) -> None:
    shuffled = list(addresses)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' own Random
    before = {p.key for p in plan_of(addresses).sendable}
    assert {p.key for p in plan_of(shuffled).sendable} == before


@given(ADDRESSES)
def test_every_row_is_planned_and_every_key_is_sent_to_once(addresses: list[object]) -> None:
    plan = plan_of(addresses)
    assert [planned.row for planned in plan.rows] == list(range(len(addresses)))
    keys = [planned.key for planned in plan.sendable]
    assert len(keys) == len(set(keys))
    assert all(planned.explanation for planned in plan.rows if planned.outcome)


# What one person types into such a column, and what another program leaves there.
ODD = [
    "ann@x.test",
    "Ann@X.test",
    "ben@gmial.com",
    "cem@localhost",
    "d@1.2.3.4",
    "e@y.test\u200b",
    " f@y.test\n",
    "G <g@y.test>",
    "h@xn--bcher-kva.test",
    "i@z",
    "j+k@z.test",
    "=?a?b@z.test",
    "nobody",
    "",
]
WRITTEN = st.one_of(st.sampled_from(ODD), st.text("aB.@- ", max_size=8), st.none(), st.integers())
KEYS = st.one_of(
    st.sampled_from(["k", "K", "", "1", "a\nb", "\u00a0", None, True, 1.0, 2.5]), st.integers(0, 3)
)


@given(st.lists(st.tuples(WRITTEN, KEYS), max_size=10), st.booleans())
@example([("a@x.test", "1"), ("A@x.test", 1)], True)
def test_plain_rows_are_planned_as_all_others_are(
    rows: list[tuple[object, object]], has_key: bool
) -> None:
    """The same keys, addresses, duplicates, errors and warnings."""
    keys = [key for _, key in rows] if has_key else None
    addresses = [address for address, _ in rows]
    quick = plan_of(addresses, keys)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_Planner, "_add_plain", lambda *_: False)
        assert plan_of(addresses, keys) == quick


def test_most_addresses_are_plain() -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_Planner, "add", None)  # where the others go
        plan = plan_of(["ann@school.test", "Ben.Miller+news@mail.school.test"], [1, "b"])
    assert [planned.key for planned in plan.rows] == ["1", "b"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ann@school.test", "Ann@School.TEST"),
        ("ann@bücher.test", "ann@xn--bcher-kva.test"),
        ("ann@school.test", "Ann Smith <ann@school.test>"),
        ("ann@BÜCHER.test", "ANN@bücher.test"),
    ],
)
def test_the_same_mailbox_spelt_differently_is_a_duplicate(first: str, second: str) -> None:
    plan = plan_of([first, second])
    assert outcomes(plan) == [None, Outcome.DUPLICATE]
    assert plan.rows[1].explanation == "the same recipient as row 0"


def test_a_local_part_beyond_ascii_keeps_its_case() -> None:
    assert outcomes(plan_of(["ü@x.test", "Ü@x.test"])) == [None, None]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (None, "the address is missing"),
        ("", "the address is missing"),
        (float("nan"), "the address is missing"),
        ("ann", "not an e-mail address"),
        ("ann@school.test, ben@school.test", "one address per row"),
        ("ann@school.test\r\nRCPT TO:<evil@x.test>", "control character"),
        ("ann@school.test\x00", "control character"),
        (12.5, "not an e-mail address"),
    ],
)
def test_a_broken_address_is_invalid_and_says_why(address: object, words: str) -> None:
    plan = plan_of(["good@school.test", address])
    assert outcomes(plan) == [None, Outcome.INVALID]
    assert words in plan.rows[1].explanation
    assert (plan.problems[0].row, plan.problems[0].column) == (1, "to")
    assert plan.rows[1].recipient.isprintable()


def test_an_invalid_row_does_not_take_the_key_from_a_valid_one() -> None:
    assert outcomes(plan_of(["broken", "a@x.test"], ["k", "k"])) == [Outcome.INVALID, None]


def test_a_key_column_identifies_rows_in_place_of_the_address() -> None:
    plan = plan_of(["a@x.test", "a@x.test", "b@x.test"], [1.0, 2.0, 1.0])
    assert outcomes(plan) == [None, None, Outcome.DUPLICATE]
    assert [planned.key for planned in plan.rows] == ["1", "2", "1"]


def test_a_key_reads_the_same_from_a_column_with_a_hole() -> None:
    frame = pd.DataFrame({"to": ["a@x.test", "b@x.test"], "id": [7, None]})
    plan = make_plan(Rows(frame), "to", "id")
    assert plan.rows[0].key == "7"
    assert plan.rows[1].explanation.startswith("the key is empty")


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(InputError, match="no column 'mail'"):
        make_plan(Rows(pd.DataFrame({"email": []})), "mail")
