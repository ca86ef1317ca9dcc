"""A server for a class, and the teacher's hand on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from smtp_nb.classroom.judging.conversations import grades_of_class
from smtp_nb.classroom.judging.rows import grades_frame
from smtp_nb.classroom.lessons import lesson_with, plan_of
from smtp_nb.classroom.quizzes.quiz import Quiz
from smtp_nb.classroom.room import board, class_log
from smtp_nb.classroom.room.attendance import Attendance
from smtp_nb.classroom.room.class_log import ClassLog
from smtp_nb.classroom.room.doorkeeper import DOMAIN, Doorkeeper, StrangerLimits
from smtp_nb.classroom.room.join_code import (
    JoinCode,
    checked_name,
    fingerprint_of,
    folded,
    new_token,
)
from smtp_nb.classroom.room.place import address_of, free_port
from smtp_nb.classroom.room.poll import Poll
from smtp_nb.classroom.room.roster import Roster, label, pattern
from smtp_nb.classroom.room.static_wall import title_of, wall_forms
from smtp_nb.classroom.room.student import Student
from smtp_nb.model.known import known_attributes
from smtp_nb.model.secret import HIDDEN, encodings
from smtp_nb.model.trail.trail import Trail
from smtp_nb.sandbox import Fault, Limits, SandboxServer
from smtp_nb.sandbox.names import is_loopback
from smtp_nb.sandbox.subscribers import Subscribers

if TYPE_CHECKING:
    import pandas as pd

_LIMITS = Limits(connections=500, idle_s=1800.0, sessions=2_000)
_MAX_SIZE = 16 * 1024 * 1024


@known_attributes()
class Classroom:
    """One SMTP server for a whole class; it relays nothing.

    It listens from the beginning, until `stop()` or the end of the kernel. As the last line of a
    cell it is a wall: a live tile for each student.

        >>> from smtp_nb.classroom import Classroom
        >>> with Classroom(["ann", "ben"], code="maple-73") as room:
        ...     room["ann"].messages
        []

    Args:
        students: their names; or the path of a CSV file with a column `name`, or with names in the
            first column; or how many there are.
        code: the name of the class in the join code; made up if empty.
        host: "127.0.0.1" or another address of loopback, where only programs on this machine reach
            it; "lan" for the address under which others on the network do, or that address itself.
        port: where to listen; without one, 2525 or, if that is taken, a free one.
        limits: what strangers may use.

    Raises:
        InputError: the students, the code or the host cannot be used.
        OSError: the port is taken.
    """

    def __init__(
        self,
        students: Iterable[str] | str | os.PathLike[str] | int,
        code: str = "",
        host: str = "127.0.0.1",
        *,
        port: int | None = None,
        limits: StrangerLimits | None = None,
    ) -> None:
        self._roster = Roster(students)
        self._subscribers = Subscribers[[]]("a classroom")
        self._door = Doorkeeper(self._roster, limits or StrangerLimits(), self._changed)
        self._poll: Poll | None = None
        self._is_paused = False
        self._board = board.Board()
        name, token, host = checked_name(code), new_token(), address_of(host)
        keys = JoinCode(name, token, "", host, 0)
        logins = list(map(folded, self._roster.names))
        passwords = {login: keys.password(login).reveal() for login in logins}
        self._server = SandboxServer(
            "starttls",
            passwords,
            host,
            free_port(host) if port is None else port,
            hostname=DOMAIN,
            max_size=_MAX_SIZE,
            limits=_LIMITS,
            allow_remote=not is_loopback(host),
            door=self._door,
        ).start()
        self._attendance = Attendance(self._roster, self._door, self._server)
        self._code = JoinCode(name, token, self._fingerprint(), host, self._server.port)
        letters = self._code.text.partition("@")[0].removeprefix(f"{name}-")
        hidden = [letters, letters.replace("-", ""), token.reveal(), *passwords.values()]
        self._secrets = tuple(spelling for one in hidden for spelling in encodings(one))

    def _fingerprint(self) -> str:
        from ssl import PEM_cert_to_DER_cert

        pem = Path(str(self._server.ca_file)).read_text(encoding="ascii")
        return fingerprint_of(PEM_cert_to_DER_cert(pem.strip()))

    # Running

    def stop(self) -> None:
        """End all sessions and stop listening. What was seen stays."""
        self._server.stop()
        self._changed()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def name(self) -> str:
        """The class's name in the join code."""
        return self._code.name

    @property
    def join_line(self) -> str:
        """What students write to join. It holds the token: pass it on, and do not publish it."""
        return f"%smtp join {self._code.text}"

    @property
    def server(self) -> SandboxServer:
        """The server itself."""
        return self._server

    @property
    def students(self) -> tuple[str, ...]:
        """The roster."""
        return self._roster.names

    # Who is who

    def __getitem__(self, name: str) -> Student:
        """What a student, or `stranger 3`, has done.

        Raises:
            InputError: there is no such student.
        """
        titles = self._attendance.by_title()
        if name not in titles:
            name = self._roster.find(name)
        return Student(name, titles.get(name, ()))

    def adopt(self, stranger: str, student: str) -> None:
        """Give the session of a stranger to a student: `room.adopt("stranger 3", "ann")`.

        Raises:
            InputError: there is no such stranger, or no such student.
        """
        self._door.adopt(stranger, student, self._server.sessions)

    # What goes wrong, and when

    def fault(self, name: str, student: str | None = None, **arguments: Any) -> Fault:
        """Let something go wrong, for the whole class or for one student.

        Args:
            name: a key of `smtp_nb.sandbox.FAULTS`.
            student: whom it strikes, once known: after the login, or after EHLO by hand.
            arguments: as for `SandboxServer.inject`.

        Raises:
            InputError: the fault, the student or an argument is unknown.
        """
        if student is not None:
            arguments["user"] = pattern(folded(self._known(student)))
        fault = self._server.inject(name, **arguments)
        self._changed()
        return fault

    def _known(self, name: str) -> str:
        return name if name in self._attendance.by_title() else self._roster.find(name)

    def heal(self, name: str | None = None) -> None:
        """Remove faults: all of them, or those with this name."""
        self._server.heal(name)
        self._changed()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults in force, oldest first."""
        return self._server.faults

    def pause(self) -> None:
        """Hold every reply until `resume()`. The trails and the wall say so; nothing is lost, but a
        client whose patience ends may leave.
        """
        self._server.hold()
        self._is_paused = True
        self._changed()

    def resume(self) -> None:
        """Go on after `pause()`."""
        self._server.hold(False)
        self._is_paused = False
        self._changed()

    @property
    def is_paused(self) -> bool:
        """True between `pause()` and `resume()`."""
        return self._is_paused

    def reset(self, keep_log: bool = True) -> None:
        """Begin again, say between two lessons: no fault, no pause, no open session, no message.

        A joined student's next command finds the connection closed and says so; `%smtp join` opens
        another.

        Args:
            keep_log: keep what was seen for `room["ann"]` and `save`; else forget it.
        """
        if self._is_paused:
            self.resume()
        seen = self._attendance.known_so_far()
        self._server.reset()
        self._poll = None
        if keep_log:
            self._attendance.keep(seen)
        else:
            self._attendance.forget()
        self._door.forget()
        self._changed()

    # What the class sees

    def show(self, name: str, masked: bool = True) -> Trail:
        """The trail of one student, for the whole class to see.

        Args:
            masked: without names and addresses.
        """
        trail = self[name].trail
        if not masked:
            return trail
        shown = Trail()
        for event in trail:
            shown(replace(event, message=self.discreet(event.message)))
        return shown

    def broadcast(self, text: str) -> int:
        """Tell all who are connected, with their next reply. Returns how many sessions there are.

        Raises:
            InputError: it is not up to 200 characters of ASCII, which is what a reply may hold.
        """
        return self._door.announce(text)

    def discreet(self, text: str) -> str:
        """A text without the names of students and without addresses."""
        return board.discretion(self._words())(text)

    def _words(self) -> dict[str, str]:
        names = self._roster.names
        return {
            word.lower(): self._roster.alias(name) for name in names for word in (name, label(name))
        }

    def ask(
        self, question: str | Quiz, options: Sequence[str] = (), answer: str | None = None
    ) -> Poll:
        """Ask the class something; the wall shows the votes, which come by mail.

        Args:
            question: in words; or a `Quiz`, whose next question it is, with codes as options.
            options: two or more to choose from.
            answer: the right one, which the poll keeps to itself until `reveal()`.
        """
        self._poll = Poll(question, options, answer, self._attendance.everyone)
        self._changed()
        return self._poll

    @property
    def poll(self) -> Poll | None:
        """What was asked last."""
        return self._poll

    def collect(self, what: str | Callable[[Student], Mapping[str, object]]) -> pd.DataFrame:
        """Judge or measure each student: a DataFrame with a row for each.

        Args:
            what: the key of an exercise, such as "1.1", for its rows of `grade`; or a function
                that gets what one student did and returns columns: `lambda seen: {"messages":
                len(seen.messages), "remarks": dict(seen.remarks)}`.

        Raises:
            InputError: no lesson has such an exercise.
        """
        if isinstance(what, str):
            frame = self.grade(lesson_with(what))
            return frame[frame["exercise"] == what].reset_index(drop=True)
        import pandas as pd

        rows = [{"student": one.name, **what(one)} for one in map(self.__getitem__, self.students)]
        return pd.DataFrame(rows)

    def grade(self, lesson: int) -> pd.DataFrame:
        """Judge a lesson by what this server has seen so far, the log before a `reset` included.

        The points are those that `python -m smtp_nb.classroom grade` gives for a log of this
        class. The server is the most trusted source, for students had no hand in it; then comes a
        notebook that is run again, which knows what a server does not: functions, and who typed.

        Returns:
            A row for each student and exercise: what `grades.csv` has, without `self_study`.

        Raises:
            InputError: there is no such lesson.
        """
        found = {one.name: one.sessions for one in self._attendance.everyone()}
        return grades_frame(grades_of_class(found, plan_of(lesson).number))

    # What is kept

    def save(self, path: str | os.PathLike[str], *, masked: bool = True) -> None:
        """Save what the class did as JSON lines, for `Classroom.load`. No token, password or
        network address is in it.

        Args:
            path: the file; only its owner can read it.
            masked: cut mail addresses (`a…@class.test`) and leave content out. A log to grade from
                needs `masked=False`.

        Raises:
            InputError: the file cannot be written.
        """
        rows = [
            (one.name, session) for one in self._attendance.everyone() for session in one.sessions
        ]
        class_log.save(path, self.name, self._roster, rows, self._hide, is_masked=masked)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> ClassLog:
        """Read what `save` wrote.

        Raises:
            InputError: it cannot be read, or is not a class log.
        """
        return class_log.load(path)

    def _hide(self, text: str) -> str:
        for spelling in self._secrets:
            if spelling in text:
                text = text.replace(spelling, HIDDEN)
        return text

    # The wall

    def tiles(self) -> list[board.Tile]:
        """A tile for each student and stranger, those first who are stuck."""
        present = self._attendance.present()
        tiles = [self._board.tile(one, self._roster.alias(one.name)) for one in present]
        return sorted(tiles, key=lambda tile: tile.order)

    def subscribe(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call something whenever anything has changed, from any thread; it must be quick. What it
        raises is logged and disturbs nothing.

        Returns:
            What ends the subscription.
        """
        return self._subscribers.add(callback)

    def _changed(self) -> None:
        self._subscribers.tell()

    def __repr__(self) -> str:
        return f"<{title_of(self, self.tiles())}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(wall_forms(self)[0])

    def _repr_html_(self) -> str:
        return wall_forms(self)[1]
