"""Promises of smtp_nb.widgets.sender."""

from __future__ import annotations

import contextvars
import threading

from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail.sessions import TrailSession
from smtp_nb.widgets.feed import TrailFeed
from smtp_nb.widgets.sender import MessageSender, ViewMessage

CELL: contextvars.ContextVar[str] = contextvars.ContextVar("CELL")
WAIT_S = 30
SESSION = TrailSession(1, 1, 0.0)


def line() -> PITrailEvent:
    return PITrailEvent(TrailDirection.CLIENT, "NOOP")


class Screen:
    """Takes messages as a view does, and says when a row has come."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.context: list[str] = []
        self.threads: set[str] = set()
        self._news = threading.Condition()

    def __call__(self, message: ViewMessage) -> None:
        with self._news:
            self.context.append(CELL.get("none"))
            self.threads.add(threading.current_thread().name)
            self.rows += [row[0] for row in message["rows"]]
            self._news.notify_all()

    def wait_for(self, number: int) -> bool:
        with self._news:
            return self._news.wait_for(lambda: number in self.rows, WAIT_S)


def test_rows_arrive_while_the_one_who_adds_goes_on() -> None:
    feed, screen = TrailFeed(), Screen()
    sender = MessageSender(feed, screen)
    for number in range(1, 4):
        feed.add(line(), SESSION)
        sender.wake()
        assert screen.wait_for(number)
    assert threading.current_thread().name not in screen.threads


def test_messages_belong_to_the_cell_that_made_the_view() -> None:
    CELL.set("mine")
    feed, screen = TrailFeed(), Screen()
    sender = MessageSender(feed, screen)

    def elsewhere() -> None:  # a plain thread has an empty context
        feed.add(line(), SESSION)
        sender.wake()

    thread = threading.Thread(target=contextvars.Context().run, args=(elsewhere,))
    thread.start()
    thread.join()
    assert screen.wait_for(1)
    assert set(screen.context) == {"mine"}


def test_a_view_that_fails_stops_nothing() -> None:
    feed = TrailFeed()
    calls = threading.Semaphore(0)

    def broken(message: ViewMessage) -> None:
        calls.release()
        raise LookupError("shell_parent")

    sender = MessageSender(feed, broken)
    for _ in range(3):
        feed.add(line(), SESSION)
        sender.wake()
        assert calls.acquire(timeout=WAIT_S)


def test_the_thread_goes_when_there_is_nothing_to_carry_and_comes_back() -> None:
    feed, screen = TrailFeed(), Screen()
    sender = MessageSender(feed, screen, idle_s=0.0)
    for number in range(1, 4):
        feed.add(line(), SESSION)
        sender.wake()
        assert screen.wait_for(number)
        for thread in threading.enumerate():
            if thread.name == "smtp_nb view" and thread is not threading.current_thread():
                thread.join(WAIT_S)
        assert not any(t.name == "smtp_nb view" for t in threading.enumerate())
