"""Rates of hours and days, on two clocks that the test moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.merge.journal.schema import SentMessage
from smtp_nb.merge.running.durations import Rate, rate_of
from smtp_nb.merge.running.rates import Domains, QuotaWindow, RunClock, Sent

HOUR, DAY = 3600.0, 86400.0


class Time:
    """Both clocks; only that on the wall goes on while the machine sleeps."""

    now = 1000.0
    wall = 1.7e9

    def __init__(self) -> None:
        self.clock = RunClock(lambda: self.now, lambda: self.wall)

    def go(self, seconds: float, asleep: bool = False) -> None:
        self.wall += seconds
        self.now += 0 if asleep else seconds


@given(
    st.integers(1, 20),
    st.lists(st.floats(0, 2 * DAY), max_size=40),
    st.lists(st.tuples(st.floats(0, 30_000), st.integers(1, 50), st.booleans()), max_size=30),
)
def test_no_day_over_all_runs_sees_more_than_the_quota(
    messages: int, ago: list[float], wishes: list[tuple[float, int, bool]]
) -> None:
    time = Time()
    before = sorted(time.wall - seconds for seconds in ago)
    quota = QuotaWindow(Rate(messages, DAY), time.clock, before)
    taken: list[float] = []
    for pause, wish, asleep in wishes:
        time.go(pause, asleep)
        count = max(min(wish, quota.free(time.now)), 0)
        quota.take(count, time.now)
        taken += [time.wall] * count
        assert (quota.opens_at(time.now) > time.now) == (quota.free(time.now) <= 0)
    for end in taken:
        day = [at for at in (*before, *taken) if end - DAY < at <= end]
        assert len(day) <= messages


def test_a_quota_opens_on_time_though_the_machine_slept() -> None:
    time = Time()
    quota = QuotaWindow(rate_of("rate", "2/day"), time.clock, [time.wall - 20 * HOUR] * 2)
    assert quota.opens_at(time.now) == pytest.approx(time.now + 4 * HOUR)
    time.go(4 * HOUR, asleep=True)
    assert quota.free(time.now) == 2


def test_what_did_not_leave_is_given_back() -> None:
    time = Time()
    quota = QuotaWindow(Rate(5, DAY), time.clock)
    quota.take(2, time.now)
    time.go(HOUR)
    quota.take(3, time.now)
    quota.give_back(4)
    assert quota.free(time.now) == 4
    time.go(23 * HOUR)
    assert quota.free(time.now) == 5


def test_what_a_wrong_clock_sent_tomorrow_counts_as_sent_now() -> None:
    time = Time()
    quota = QuotaWindow(Rate(1, DAY), time.clock, [time.wall + 40 * DAY])
    assert quota.opens_at(time.now) == pytest.approx(time.now + DAY)


def test_a_message_counts_once_for_each_domain_it_went_to() -> None:
    rows = [(1, "a@x.test", 5.0), (1, "b@x.test", 7.0), (1, "c@y.test", 6.0), (2, "d@y.test", 1.0)]
    sent = Sent.of(SentMessage(*row) for row in rows)
    assert sorted(sent.times) == [1.0, 7.0]
    assert {name: sorted(times) for name, times in sent.by_domain.items()} == {
        "x.test": [7.0],
        "y.test": [1.0, 6.0],
    }


def test_a_domain_remembers_what_earlier_runs_sent_to_it() -> None:
    time = Time()
    sent = {"x.test": [time.wall - 1] * 3}
    domains = Domains({"*": Rate(4, DAY), "z.test": Rate(4, 60)}, time.clock, sent)
    free = {name: domains.of(name).free(time.now) for name in ("x.test", "y.test", "z.test")}
    assert free == {"x.test": 1, "y.test": 4, "z.test": 4}


@pytest.mark.parametrize(
    ("text", "is_quota", "words"),
    [
        ("500/day", True, "500 in 1 day"),
        ("100/hour", True, "100 in 1 hour"),
        ("100/h", True, "100 in 1 hour"),
        ("20/s", False, "20 in 1 second"),
        ("59/59min", False, "59 in 59 minutes"),
        ("60/60min", True, "60 in 1 hour"),
        ("900/36h", True, "900 in 1.5 days"),
    ],
)
def test_an_hour_or_more_makes_a_quota(text: str, is_quota: bool, words: str) -> None:
    rate = rate_of("rate", text)
    assert (rate.is_quota, rate.words) == (is_quota, words)
