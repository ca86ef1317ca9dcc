"""Times and rates as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from smtp_nb.errors import InputError
from smtp_nb.merge.running.durations import Duration, Rate, rate_of, seconds_of


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (90, 90),
        (0.5, 0.5),
        ("90", 90),
        ("90 s", 90),
        ("10 min", 600),
        ("1.5 hours", 5400),
        ("2d", 172800),
        (timedelta(minutes=3), 180),
    ],
)
def test_a_duration_has_units(given: Duration, seconds: float) -> None:
    assert seconds_of("deadline", given) == seconds


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("20/s", Rate(20, 1)),
        ("500/h", Rate(500, 3600)),
        ("30 / minute", Rate(30, 60)),
        ("1000/day", Rate(1000, 86400)),
        ("5/10s", Rate(5, 10)),
    ],
)
def test_a_rate_is_so_many_in_a_period(text: str, rate: Rate) -> None:
    assert rate_of("rate", text) == rate


@pytest.mark.parametrize("wrong", ["soon", "10 parsecs", "-5", "", "1,5 h", None])
def test_what_is_no_duration_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(InputError, match=r"deadline=.*not a duration.*10 min"):
        seconds_of("deadline", wrong)


@pytest.mark.parametrize("wrong", ["20", "0/s", "5/0s", "fast", "-1/s", "20 per s", 20])
def test_what_is_no_rate_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(InputError, match=r"rate=.*not a rate.*20/s"):
        rate_of("rate", wrong)
