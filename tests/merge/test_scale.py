"""What a long list costs, measured in processes of their own. Seconds are `make bench`'s matter."""

from __future__ import annotations

import sys

import pytest

from benchmarks import race

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="peaks of memory are counted anew on Linux only"
)


@pytest.fixture(autouse=True)
def build() -> None:
    race.BUILD.mkdir(parents=True, exist_ok=True)


@pytest.mark.long
def test_100_000_rows_cost_at_most_one_and_a_half_kilobytes_each() -> None:
    """The rows' results are among it."""
    rows = 100_000
    assert race.memory("rows", rows)["more_kib"] / rows <= 1.5


@pytest.mark.long
def test_groups_cost_no_more_than_their_rows() -> None:
    """A group's frame is made when its turn comes, and let go."""
    rows = 100_000
    assert race.memory("groups", rows)["more_kib"] / rows <= 1.5


@pytest.mark.long
def test_sheets_of_groups_are_let_go_once_they_have_left() -> None:
    """A file of 50 KB for each of 200 groups, made for the check and to be sent: 20 MB."""
    assert race.memory("sheets", 400)["more_kib"] / 1024 <= 10


@pytest.mark.parametrize("case", ["path", "email", "merge"])
def test_25_megabytes_attached_cost_at_most_10_of_memory(case: str) -> None:
    """Above what was there before, the user's own octets among it."""
    assert race.memory(case, 25)["more_kib"] / 1024 <= 10
