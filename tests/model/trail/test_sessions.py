"""Promises of smtp_nb.model.trail.sessions."""

from __future__ import annotations

from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail.trail import Trail

C, S = TrailDirection.CLIENT, TrailDirection.SERVER


def test_a_session_knows_its_server_its_beginning_and_who_is_logged_in() -> None:
    times = iter([100.0, 200.0])
    trail = Trail(now=lambda: next(times))
    trail.user = "ann"
    session = trail.take(PITrailEvent(S, "220 mx.school.test ESMTP", 0.5))
    assert (session.number, session.server, session.user) == (1, "mx.school.test", "")
    assert session.began == 99.5
    trail(PITrailEvent(C, "AUTH PLAIN <hidden>", 0.6))
    trail(PITrailEvent(S, "235 2.7.0 ok", 0.7))
    assert session.user == "ann"
    again = trail.take(PITrailEvent(S, "220 other.school.test", 0.1))
    assert (again.number, again.server, again.user) == (2, "other.school.test", "")


def test_a_refused_login_names_nobody() -> None:
    trail = Trail()
    trail.user = "ann"
    assert trail.take(PITrailEvent(S, "535 5.7.8 no")).user == ""


def test_connections_at_work_together_are_sessions_of_their_own() -> None:
    trail = Trail()
    numbers = [
        trail.take(PITrailEvent(S, "220 mx", seconds, connection=connection)).number
        for connection, seconds in ((1, 1.0), (2, 0.1), (1, 1.1), (2, 0.2), (2, 0.0))
    ]
    assert numbers == [1, 2, 1, 2, 3]


def test_a_cleared_trail_counts_from_the_beginning() -> None:
    trail = Trail()
    trail(PITrailEvent(S, "220 mx"))
    trail.clear()
    assert trail.take(PITrailEvent(S, "220 mx")).number == 1
    assert len(trail.lines()) == 1
