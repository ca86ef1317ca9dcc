"""Promises of smtp_nb.widgets.latest_value."""

from __future__ import annotations

import pytest

from smtp_nb.widgets.latest_value import PAUSE_S, LatestMade, LatestValue


class Clock:
    now = 5.0

    def __call__(self) -> float:
        return self.now


def test_only_the_newest_message_leaves_and_only_once() -> None:
    latest = LatestValue(Clock())
    assert latest.wait_s() is None
    for number in range(100):
        latest.put({"n": number})
    assert latest.next_message() == {"n": 99}
    assert latest.wait_s() is None
    assert latest.next_message() is None


def test_messages_keep_their_distance() -> None:
    clock = Clock()
    latest = LatestValue(clock)
    latest.put({"n": 1})
    assert latest.next_message() == {"n": 1}
    latest.put({"n": 2})
    assert latest.wait_s() == pytest.approx(PAUSE_S)
    assert latest.next_message() is None
    clock.now += PAUSE_S
    assert latest.next_message() == {"n": 2}


def test_a_page_that_comes_late_gets_it_again() -> None:
    clock = Clock()
    latest = LatestValue(clock)
    latest.replay()
    assert latest.wait_s() is None
    latest.put({"n": 1})
    latest.next_message()
    clock.now += PAUSE_S
    latest.replay()
    assert latest.next_message() == {"n": 1}


@pytest.mark.parametrize(("took", "pause"), [(0.001, 0.25), (0.1, 1.0)])
def test_to_make_messages_takes_a_tenth_of_the_time_at_most(took: float, pause: float) -> None:
    clock = Clock()

    def make() -> dict[str, object]:
        clock.now += took
        return {}

    feed = LatestMade(make, 0.25, clock)
    began = clock.now
    feed.touch()
    assert feed.next_message() == {}
    feed.touch()
    assert feed.wait_s() == pytest.approx(began + pause - clock.now)
