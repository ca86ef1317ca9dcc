"""Deliveries are found whatever the order in which their messages are asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.merge.journal import journal as journals
from smtp_nb.merge.journal.journal import Journal
from smtp_nb.merge.journal.schema import Attempt
from smtp_nb.merge.results.delivered import Delivered


def journal_of(numbers: set[int]) -> Journal:
    """Messages of these numbers, each even one with two recipients."""
    journal = Journal(None)
    journal.record_attempts([
        Attempt(number, address, address, 0, f"<{number}@x.test>")
        for number in numbers
        for address in ("a@x.test", "b@x.test")[: 2 - number % 2]
    ])  # fmt: skip
    return journal


@given(st.sets(st.integers(1, 12)), st.lists(st.integers(1, 12), unique=True), st.integers(1, 5))
def test_each_message_is_taken_once_and_the_rest_is_left(
    there: set[int], asked: list[int], stretch: int
) -> None:
    with pytest.MonkeyPatch.context() as patched, journal_of(there) as journal:
        patched.setattr(journals, "_STRETCH", stretch)
        delivered = Delivered(journal)
        for number in asked:
            found = [one.message for one in delivered.take(number)]
            assert found == ([number] * (2 - number % 2) if number in there else [])
            assert delivered.take(number) == []
        rest = [one.message for one in delivered.rest()]
        assert rest == sorted(rest)
        assert set(rest) == there - set(asked)


def test_nothing_is_known_before_the_first_run() -> None:
    delivered = Delivered(None)
    assert delivered.take(1) == []
    assert list(delivered.rest()) == []
