"""Attendance of a class: whose session is whose, those before a reset included."""

from __future__ import annotations

from collections import deque

from smtp_nb.classroom.room.doorkeeper import Doorkeeper
from smtp_nb.classroom.room.roster import Roster
from smtp_nb.classroom.room.student import Student
from smtp_nb.sandbox import SandboxServer, Session

_KEPT_SESSIONS = 5_000


class Attendance:
    """Lists the sessions of a class by student."""

    def __init__(self, roster: Roster, door: Doorkeeper, server: SandboxServer) -> None:
        self._roster, self._door, self._server = roster, door, server
        self._past: deque[tuple[str, Session]] = deque(maxlen=_KEPT_SESSIONS)

    def by_title(self) -> dict[str, list[Session]]:
        """All sessions, by student or `stranger 3`."""
        titles: dict[str, list[Session]] = {}
        for title, session in self._past:
            titles.setdefault(title, []).append(session)
        for title, sessions in self._present().items():
            titles.setdefault(title, []).extend(sessions)
        return titles

    def _present(self) -> dict[str, list[Session]]:
        titles: dict[str, list[Session]] = {}
        for session in list(self._server.sessions):
            if title := self._door.title(session):
                titles.setdefault(title, []).append(session)
        return titles

    def everyone(self) -> list[Student]:
        """The roster, then the strangers, with all that they did."""
        return self._students(self.by_title())

    def present(self) -> list[Student]:
        """The same, with what they did since the last reset."""
        return self._students(self._present())

    def _students(self, titles: dict[str, list[Session]]) -> list[Student]:
        names = dict.fromkeys((*self._roster.names, *titles))
        return [Student(name, titles.get(name, ())) for name in names]

    def known_so_far(self) -> list[tuple[str, Session]]:
        """The server's sessions of which the student is known, to be kept after a reset."""
        named = [(self._door.identity(session), session) for session in self._server.sessions]
        return [(name, session) for name, session in named if name]

    def keep(self, sessions: list[tuple[str, Session]]) -> None:
        """Remember sessions that the server forgets."""
        self._past.extend(sessions)

    def forget(self) -> None:
        """Remember nothing of what was before."""
        self._past.clear()
