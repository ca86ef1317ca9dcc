"""What a session says and hears becomes the lines of its trail."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from smtp_nb.flows.limits import Deadline
from smtp_nb.flows.trail_writer import WRITING, TrailWriter
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import ConnectionStatusEvent, Event, PITrailEvent
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.commands import QUIT, RSET


class Listener:
    """Keeps what it hears."""

    def __init__(self, *kinds: type[Event]) -> None:
        self.kinds = kinds
        self.heard: list[Event] = []

    def wants(self, kind: type[Event]) -> bool:
        return kind in self.kinds

    def emit(self, *events: Event) -> None:
        self.heard += events

    def emit_lines(self, lines: Sequence[PITrailEvent]) -> None:
        self.emit(*lines)

    def ask(self, event: Event) -> Sequence[Awaitable[None]]:
        return ()


def writer(listener: Listener, now: list[float], tls: bool = False) -> TrailWriter:
    return TrailWriter(listener, lambda: now[0], lambda: tls, 2)


def test_what_leaves_together_is_one_group_and_a_reply_has_one_last_line() -> None:
    listener, now = Listener(PITrailEvent), [5.0]
    trail = writer(listener, now, tls=True)
    now[0] = 7.0
    trail.show_commands((RSET, QUIT))
    trail.show_commands((QUIT,))
    trail.show_replies((Reply(250, ("one", "two")),))
    lines = [event for event in listener.heard if isinstance(event, PITrailEvent)]
    assert [(line.direction, line.message) for line in lines] == [
        (TrailDirection.CLIENT, "RSET"),
        (TrailDirection.CLIENT, "QUIT"),
        (TrailDirection.CLIENT, "QUIT"),
        (TrailDirection.SERVER, "250-one"),
        (TrailDirection.SERVER, "250 two"),
    ]
    assert [line.group for line in lines] == [1, 1, 0, 0, 0]
    assert [line.final for line in lines] == [True, True, True, False, True]
    assert {(line.seconds, line.tls, line.connection) for line in lines} == {(2.0, True, 2)}


def test_nobody_who_listens_costs_no_line() -> None:
    listener = Listener()
    trail = writer(listener, [0.0])
    trail.show_commands((QUIT,))
    trail.show_replies((Reply(250, ("one",)),))
    trail.remark("aside")
    assert listener.heard == []


def test_a_server_slow_to_read_is_spoken_of_once() -> None:
    listener = Listener(PITrailEvent)
    trail = writer(listener, [0.0])
    assert trail.notice_of_writing(60) is not None
    trail.say_waiting(Deadline(lambda: 0.0, 60, WRITING))
    assert trail.notice_of_writing(60) is None
    assert [type(event) for event in listener.heard] == [PITrailEvent, ConnectionStatusEvent]
