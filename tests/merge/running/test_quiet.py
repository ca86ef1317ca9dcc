"""Hours in which nothing leaves, by the clock on the wall."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.errors import InputError
from smtp_nb.merge.running.quiet import QuietHours, quiet_hours_of

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(text: str, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).timestamp()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("22:00-07:00", "22:00-07:00"),
        (" 22:00 - 7:00 ", "22:00-07:00"),
        ("22-7", "22:00-07:00"),
        ("22:00–07:00", "22:00-07:00"),
        ("18:30-24:00", "18:30-00:00"),
        ("12:00-13:30 Europe/Berlin", "12:00-13:30 Europe/Berlin"),
        (("22:00", "07:00"), "22:00-07:00"),
        ((time(22), time(7)), "22:00-07:00"),
        (["22:00", "07:00", "Asia/Tokyo"], "22:00-07:00 Asia/Tokyo"),
    ],
)
def test_hours_are_taken_as_people_write_them(given: Any, words: str) -> None:
    found = quiet_hours_of(given)
    assert found is not None
    assert found.words == words


@pytest.mark.parametrize(
    "given",
    ["night", "22:00", "22:00-", "22:60-07:00", "25:00-07:00", "07:00-07:00", "00:00-24:00",
     ("22:00",), "22:00-07:00 Mars/Olympus", "22:00-07:00 ../../etc/passwd", (22, 7, "x", "y")],
)  # fmt: skip
def test_what_are_no_hours_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match="quiet_hours"):
        quiet_hours_of(given)


def test_without_hours_it_is_never_quiet() -> None:
    assert quiet_hours_of("") is None


@pytest.mark.parametrize(
    ("hours", "moment", "after"),
    [
        ("22:00-07:00", "2026-12-01 23:00", "2026-12-02 07:00"),
        ("22:00-07:00", "2026-12-01 03:00:30", "2026-12-01 07:00"),
        ("22:00-07:00", "2026-12-01 22:00", "2026-12-02 07:00"),
        ("22:00-07:00", "2026-12-01 07:00", "2026-12-01 07:00"),
        ("22:00-07:00", "2026-12-01 21:59:59", "2026-12-01 21:59:59"),
        ("12:00-13:30", "2026-12-01 13:29", "2026-12-01 13:30"),
        # 02:00 becomes 03:00 in this night
        ("22:00-07:00", "2026-03-28 23:00", "2026-03-29 07:00"),
        ("22:00-02:30", "2026-03-28 23:00", "2026-03-29 03:00"),
        ("02:10-02:50", "2026-03-29 01:59", "2026-03-29 01:59"),
        # and 03:00 becomes 02:00 in this one
        ("22:00-07:00", "2026-10-24 23:00", "2026-10-25 07:00"),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(hours: str, moment: str, after: str) -> None:
    found = quiet_hours_of(f"{hours} Europe/Berlin")
    assert found is not None
    assert found.after(berlin(moment)) == berlin(after)


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    found = quiet_hours_of("02:10-02:50 Europe/Berlin")
    assert found is not None
    for fold in (0, 1):
        assert berlin("2026-10-25 02:30", fold) in found
        assert found.after(berlin("2026-10-25 02:30", fold)) == berlin("2026-10-25 02:50", fold)


@given(st.integers(0, 1439), st.integers(0, 1439), st.floats(1.6e9, 2e9))
def test_after_quiet_hours_it_is_not_quiet(begins: int, ends: int, moment: float) -> None:
    if begins == ends:
        return
    quiet = QuietHours(begins, ends, BERLIN)
    after = quiet.after(moment)
    assert after >= moment
    assert after not in quiet
    assert (after == moment) == (moment not in quiet)
