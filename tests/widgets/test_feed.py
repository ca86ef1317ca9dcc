"""Promises of smtp_nb.widgets.feed: a live trail without a browser."""

from __future__ import annotations

import itertools
import json
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail.sessions import TrailSession
from smtp_nb.widgets.feed import BATCH_ROWS, PAUSE_S, WAITING_ROWS, TrailFeed
from smtp_nb.widgets.row_store import RowStore
from smtp_nb.widgets.sender import ViewMessage

SESSION = TrailSession(1, 1, 0.0)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def client(text: str = "NOOP", **facts: Any) -> PITrailEvent:
    return PITrailEvent(TrailDirection.CLIENT, text, **facts)


def server(text: str, **facts: Any) -> PITrailEvent:
    return PITrailEvent(TrailDirection.SERVER, text, **facts)


def drained(feed: TrailFeed, clock: Clock) -> list[ViewMessage]:
    messages = []
    while (wait := feed.wait_s()) is not None:
        clock.now += wait
        if (message := feed.next_message()) is not None:
            messages.append(message)
    return messages


def numbers(messages: list[ViewMessage]) -> list[int]:
    return [row[0] for message in messages for row in message["rows"]]


def test_rows_are_numbered_and_carry_what_a_page_shows() -> None:
    feed = TrailFeed(Clock())
    feed.add(client("EHLO me", seconds=0.12345, group=3), SESSION)
    feed.add(server("250-hello", seconds=0.2, tls=True, final=False), SESSION)
    feed.add(server("550 5.1.1 no", seconds=0.3), SESSION)
    message = feed.next_message()
    assert message is not None
    assert [row[:6] for row in message["rows"]] == [
        [1, 0, 0.1235, 2, 3, "EHLO me"],
        [2, 1, 0.2, 1, 0, "250-hello"],
        [3, 1, 0.3, 6, 0, "550 5.1.1 no"],
    ]
    told = message["explained"]
    assert [told[row[6]]["title"] for row in message["rows"]] == [
        "The client introduces itself",
        "250: Done",
        "550 5.1.1: The mailbox does not exist there",
    ]
    assert message["tally"] == {
        "lines": 3, "trips": 1, "refusals": 1, "seconds": 0.3, "tls": False,
    }  # fmt: skip


def test_a_burst_leaves_in_few_messages_and_never_more_than_twenty_a_second() -> None:
    clock = Clock()
    feed = TrailFeed(clock)
    times = []
    for _n in range(20_000):
        feed.add(client(), SESSION)
        clock.now += 0.00005  # 20,000 lines a second
        if feed.wait_s() == 0.0 and feed.next_message():
            times.append(clock.now)
    assert len(times) <= 21
    assert all(b - a >= PAUSE_S - 1e-9 for a, b in itertools.pairwise(times))


def test_nothing_is_lost_and_nothing_comes_twice() -> None:
    clock = Clock()
    feed = TrailFeed(clock)
    for _ in range(3 * BATCH_ROWS + 7):
        feed.add(client(), SESSION)
    messages = drained(feed, clock)
    assert numbers(messages) == list(range(1, 3 * BATCH_ROWS + 8))
    assert [len(m["rows"]) for m in messages] == [BATCH_ROWS] * 3 + [7]
    assert feed.wait_s() is None


def test_a_page_that_was_loaded_again_gets_the_rows_that_it_lacks() -> None:
    clock = Clock()
    feed = TrailFeed(clock)
    for n in range(5_000):
        feed.add(server(f"550 5.1.{n % 3} no"), SESSION)
    drained(feed, clock)
    feed.replay(have=0)
    again = drained(feed, clock)
    assert numbers(again) == list(range(1, 5_001))
    assert set(again[0]["explained"]) >= {row[6] for row in again[0]["rows"]}
    feed.replay(have=4_990)
    feed.add(client(), SESSION)
    assert numbers(drained(feed, clock)) == list(range(4_991, 5_002))


def test_a_page_that_lacks_nothing_still_learns_the_counts() -> None:
    clock = Clock()
    feed = TrailFeed(clock)
    feed.add(client(), SESSION)
    drained(feed, clock)
    feed.replay(have=1)
    (message,) = drained(feed, clock)
    assert message["rows"] == []
    assert message["tally"]["lines"] == 1


def test_cleared_rows_never_come_back() -> None:
    clock = Clock()
    feed = TrailFeed(clock)
    for _ in range(10):
        feed.add(client(), SESSION)
    drained(feed, clock)
    feed.clear()
    feed.add(client("QUIT"), SESSION)
    feed.replay(have=0)
    messages = drained(feed, clock)
    assert numbers(messages) == [11]
    assert messages[-1]["from"] == 11


def test_more_than_anybody_could_read_is_dropped_at_the_old_end() -> None:
    clock = Clock()
    feed = TrailFeed(clock)
    for _ in range(WAITING_ROWS + 1_000):
        feed.add(client(), SESSION)
    found = numbers(drained(feed, clock))
    assert found == list(range(1_001, WAITING_ROWS + 1_001))


def test_hostile_text_travels_as_visible_characters() -> None:
    feed = TrailFeed(Clock())
    feed.add(server("220 \x1b[31m\u202e\ud800 <b>"), SESSION)
    message = feed.next_message()
    assert message is not None
    assert message["rows"][0][5] == r"220 \x1b[31m\u202e\ud800 <b>"
    json.dumps(message).encode("utf-8")


def test_threads_may_add_while_another_sends() -> None:
    ticks = itertools.count()
    feed = TrailFeed(lambda: next(ticks))

    def write() -> None:
        for _ in range(5_000):
            feed.add(client(), SESSION)

    threads = [Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    found: list[ViewMessage] = []
    while any(t.is_alive() for t in threads) or feed.wait_s() is not None:
        if (message := feed.next_message()) is not None:
            found.append(message)
    assert numbers(found) == list(range(1, 15_001))


@given(st.lists(st.integers(1, 40), max_size=20), st.integers(1, 7), st.integers(0, 400))
def test_the_spool_keeps_the_newest_rows(sizes: list[int], per_file: int, ask: int) -> None:
    row_store = RowStore(rows_per_file=per_file)
    end = 1
    for size in sizes:
        row_store.extend([n, "x"] for n in range(end, end + size))
        end += size
    kept = []
    number = 1
    while rows := row_store.read(number, 5):
        kept += rows
        number = rows[-1][0] + 1
    assert [row[0] for row in kept] == list(range(end - len(kept), end))
    assert min(end - 1, per_file) <= len(kept) <= 2 * per_file
    assert [row[0] for row in row_store.read(ask, 1)] == [
        n for n in [max(ask, end - len(kept))] if n < end
    ]


def test_the_spool_is_bounded_in_bytes_too() -> None:
    row_store = RowStore(bytes_per_file=1_000)
    row_store.extend([n, "x" * 100] for n in range(1, 1_001))
    kept = [row[0] for n in range(1, 1_001) for row in row_store.read(n, 1)]
    assert kept[-1] == 1_000
    assert 8 <= len(set(kept)) <= 20


@pytest.mark.parametrize("hole", [5, 500])
def test_a_hole_in_the_numbers_is_stepped_over(hole: int) -> None:
    row_store = RowStore()
    row_store.extend([n] for n in range(1, 4))
    row_store.extend([n] for n in range(hole, hole + 3))
    assert row_store.read(4, 10) == [[hole], [hole + 1], [hole + 2]]
