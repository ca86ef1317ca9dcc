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
def test_100_000_rows_cost_at_most_two_kilobytes_each() -> None:
    """The rows' results are among it."""
    rows = 100_000
    assert race.memory("rows", rows)["more_kib"] / rows <= 2


@pytest.mark.long
@pytest.mark.parametrize(("case", "rows"), [("groups", 100_000), ("sheets", 6_000)])
def test_groups_and_their_sheets_cost_no_more_than_their_rows(case: str, rows: int) -> None:
    """A group's frame and its .xlsx file (5 KB) are made when its turn comes, and let go."""
    assert race.memory(case, rows)["more_kib"] / rows <= 2


@pytest.mark.parametrize("case", ["path", "email", "merge"])
def test_25_megabytes_attached_cost_at_most_10_of_memory(case: str) -> None:
    """Above what was there before, the user's own octets among it."""
    assert race.memory(case, 25)["more_kib"] / 1024 <= 10
