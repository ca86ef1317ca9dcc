"""How fast a merge may go, on a clock that the test moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.merge.running.deferrals import Deferral
from smtp_nb.merge.running.durations import Rate
from smtp_nb.merge.running.pace import (
    BUSY_PAUSES,
    IN_A_ROW,
    RETRIES,
    Backoff,
    Pace,
    PaceLimits,
)
from smtp_nb.merge.running.rates import Domains, RateWindow
from smtp_nb.model.about import About

GREYLISTED = Deferral(About.NEWCOMER)


class Clock:
    """A clock that stands still until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def the_middle(low: float, high: float) -> float:
    return (low + high) / 2


@given(
    st.integers(1, 20),
    st.floats(0.1, 100),
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 50)), max_size=60),
)
def test_no_period_wherever_it_begins_sees_more_than_the_rate(
    messages: int, period: float, wishes: list[tuple[float, int]]
) -> None:
    allowance, now = RateWindow(Rate(messages, period)), 0.0
    taken: list[float] = []
    for pause, wish in wishes:
        now += pause
        count = min(wish, allowance.free(now))
        allowance.take(count, now)
        taken += [now] * count
        assert allowance.opens_at(now) >= now
    for begin in taken:
        assert sum(begin <= moment < begin + period for moment in taken) <= messages


def test_a_full_allowance_opens_when_its_oldest_is_a_period_old() -> None:
    allowance = RateWindow(Rate(3, 10))
    allowance.take(1, 100)
    allowance.take(2, 104)
    assert allowance.free(105) == 0
    assert allowance.opens_at(105) == 110
    assert allowance.free(110) == 1
    assert allowance.opens_at(110) == 110


def test_a_domain_has_its_own_allowance_or_the_one_for_all_others() -> None:
    domains = Domains({"slow.test": Rate(1, 60), "*": Rate(5, 60)})
    slow, other, third = map(domains.of, ("slow.test", "a.test", "b.test"))
    assert (slow.free(0), other.free(0), third.free(0)) == (1, 5, 5)
    other.take(5, 0)
    assert domains.of("a.test").free(0) == 0
    assert third.free(0) == 5
    assert Domains({}).of("a.test") is None


def test_a_busy_server_is_left_alone_for_longer_each_time(clock: Clock) -> None:
    backoff, pauses = Backoff(clock, the_middle), []
    for _ in range(len(BUSY_PAUSES) + 2):
        backoff.busy()
        pauses.append(backoff.until - clock.now)
        clock.now = backoff.until
    assert pauses == pytest.approx([*BUSY_PAUSES, BUSY_PAUSES[-1], BUSY_PAUSES[-1]])
    backoff.went_well()
    backoff.busy()
    assert backoff.until - clock.now == pytest.approx(BUSY_PAUSES[0])


def test_messages_that_were_under_way_make_no_pause_longer(clock: Clock) -> None:
    backoff = Backoff(clock, the_middle)
    for _ in range(10):
        backoff.busy()
    assert backoff.until == pytest.approx(clock.now + BUSY_PAUSES[0])


def test_a_connection_that_is_ended_is_replaced_at_once_but_not_again_and_again(
    clock: Clock,
) -> None:
    backoff = Backoff(clock, the_middle)
    backoff.closed()
    assert backoff.until < clock.now
    backoff.closed()
    assert backoff.until == clock.now + BUSY_PAUSES[1]
    backoff.went_well()
    clock.now += 100
    backoff.closed()
    assert backoff.until < clock.now
    backoff.closed(20)
    assert backoff.until == clock.now + 20


def test_a_server_that_says_how_long_is_believed(clock: Clock) -> None:
    backoff = Backoff(clock)
    backoff.busy(45.0)
    assert backoff.until == clock.now + 45


def test_two_who_were_told_the_same_do_not_come_back_together(clock: Clock) -> None:
    found = set()
    for _ in range(10):
        backoff = Backoff(clock)
        backoff.busy()
        found.add(backoff.until)
    assert len(found) > 1
    assert all(abs(until - clock.now - BUSY_PAUSES[0]) <= 0.1 * BUSY_PAUSES[0] for until in found)


def test_rate_and_back_off_hold_both(clock: Clock) -> None:
    pace = Pace(PaceLimits(rate=Rate(2, 10)), clock)
    assert pace.free(clock.now) == 2
    pace.take(2, clock.now)
    assert pace.free(clock.now) == 0
    assert pace.opens_at(clock.now)[:2] == (clock.now + 10, "the configured rate")
    pace.backoff.busy(30)
    assert pace.opens_at(clock.now)[:2] == (clock.now + 30, "the server, which is busy")
    clock.now += 15
    assert pace.free(clock.now) == 0
    clock.now += 15
    assert pace.free(clock.now) == 2


def test_without_limits_everything_may_begin_until_the_deadline(clock: Clock) -> None:
    pace = Pace(PaceLimits(deadline_s=60), clock)
    assert pace.free(clock.now) > 10**9
    assert not pace.is_over_at(clock.now + 59.9)
    assert pace.is_over_at(clock.now + 60)
    assert pace.free(clock.now + 60) == 0


def test_a_greylisted_message_is_tried_again_until_patience_ends(clock: Clock) -> None:
    pace, begin, pauses = Pace(PaceLimits(patience_s=300), clock), clock.now, []
    while (due := pace.retry_at(len(pauses), begin, GREYLISTED)) is not None:
        pauses.append(due - clock.now)
        clock.now = due
    assert tuple(pauses) == RETRIES[:5]
    assert clock.now - begin <= 300


def test_the_hint_of_a_server_is_followed(clock: Clock) -> None:
    pace = Pace(PaceLimits(), clock)
    due = pace.retry_at(0, clock.now, Deferral(About.NEWCOMER, 299))
    assert due == clock.now + 299
    assert pace.retry_at(0, clock.now, Deferral(About.NEWCOMER, 86400)) is None


def test_a_message_that_met_a_busy_server_waits_as_all_do(clock: Clock) -> None:
    pace = Pace(PaceLimits(), clock)
    pace.backoff.busy(7)
    assert pace.retry_at(0, clock.now, Deferral(About.BUSY)) == clock.now + 7


@pytest.mark.parametrize(
    ("limits", "about"),
    [
        (PaceLimits(), About.RECIPIENT),
        (PaceLimits(patience_s=0), About.NEWCOMER),
        (PaceLimits(deadline_s=1), About.NEWCOMER),
    ],
)
def test_some_messages_are_left_to_the_next_run(
    clock: Clock, limits: PaceLimits, about: About
) -> None:
    assert Pace(limits, clock).retry_at(0, clock.now, Deferral(about)) is None


def test_the_number_at_which_a_server_shows_the_door_twice_is_its_rule(clock: Clock) -> None:
    pace = Pace(PaceLimits(messages_per_connection=100), clock)
    for messages, known in ((50, 100), (20, 100), (20, 20), (1, 20), (1, 20)):
        pace.closed_after(messages)
        assert pace.messages_per_connection == known


def test_one_deferral_is_the_recipients_and_twenty_in_a_row_are_the_servers(clock: Clock) -> None:
    pace, own = Pace(PaceLimits(), clock), Deferral(About.RECIPIENT)
    for _ in range(2):
        assert {pace.in_a_row(own) for _ in range(IN_A_ROW - 1)} == {own}
        assert pace.in_a_row(own) == Deferral(About.BUSY)
        assert pace.in_a_row(GREYLISTED) == GREYLISTED
        pace.went_well()


def test_patience_with_a_busy_server_ends(clock: Clock) -> None:
    pace, begin = Pace(PaceLimits(patience_s=100), clock), clock.now
    while not pace.has_lost_patience:
        pace.learn(Deferral(About.BUSY))
        clock.now = pace.backoff.until
    assert begin + 40 < clock.now < begin + 200
    pace.went_well()
    clock.now += 10_000
    pace.learn(Deferral(About.BUSY))
    assert not pace.has_lost_patience
    pace.learn(Deferral(About.BUSY, 3600))
    assert pace.has_lost_patience
