"""Sessions on a trail: where each begins, when, with which server, and who is logged in.

The lines of several sessions stand on one trail, and those of several connections between each
other. The clock of a connection starts again with each session; this is how one is recognised.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail.lines import WireLines

_GREETING = re.compile(r"220[ -](\S+)")
_LOGGED_IN = ("235 ", "235-")
_LEARNT_FROM = ("220", *_LOGGED_IN)
_SERVER = TrailDirection.SERVER


@dataclass(slots=True)
class TrailSession:
    """One session on a trail.

    Attributes:
        number: counts the sessions of a trail, from 1.
        connection: which of several concurrent connections, from 1.
        began: when its clock started, in seconds since 1970 (UTC).
        server: the name in its greeting; empty before that.
        user: who is logged in, if that is known.
    """

    number: int
    connection: int
    began: float
    server: str = ""
    user: str = ""


class SessionBook:
    """The sessions of one trail, found line by line.

    Args:
        now: the time, in seconds since 1970.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._count = 0
        self._newest: dict[int, TrailSession] = {}
        self._clock: dict[int, float] = {}

    def take(self, event: PITrailEvent, user: str) -> TrailSession:
        """Return the session of the next line.

        Args:
            user: who is logged in once the server has accepted a login.
        """
        found = self._session(event.connection, event.seconds)
        if event.direction is _SERVER and event.message.startswith(_LEARNT_FROM):
            self._learn(found, event.message, user)
        return found

    def take_lines(self, lines: WireLines, user: str) -> TrailSession:
        """As `take`, for lines that crossed the wire together."""
        found = self._session(lines.connection, lines.seconds)
        if lines.direction is _SERVER:
            for text in lines.texts:
                if text < "24" and text.startswith(_LEARNT_FROM):  # most are 250
                    self._learn(found, text, user)
        return found

    def _session(self, connection: int, seconds: float) -> TrailSession:
        """The newest session of a connection; a new one where its clock has started again."""
        found = self._newest.get(connection)
        if found is None or seconds < self._clock[connection]:
            self._count += 1
            found = TrailSession(self._count, connection, self._now() - seconds)
            self._newest[connection] = found
        self._clock[connection] = seconds
        return found

    @staticmethod
    def _learn(session: TrailSession, reply: str, user: str) -> None:
        if not session.server and (greeting := _GREETING.match(reply)):
            session.server = greeting[1]
        if reply.startswith(_LOGGED_IN):
            session.user = user
