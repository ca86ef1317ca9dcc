"""Lesson in progress: a sandbox, a word, exercises, and a machine that is the same for all."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from smtp_nb import ambient
from smtp_nb.ambient import Deterministic
from smtp_nb.classroom.exercises.exercise import Exercise
from smtp_nb.classroom.exercises.score import Score
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.exercises.words import word_for
from smtp_nb.classroom.lessons import PLANS
from smtp_nb.classroom.lessons.plan import LessonPlan
from smtp_nb.errors import InputError, StateError
from smtp_nb.model.known import known_attributes
from smtp_nb.sandbox.server import SandboxServer


@known_attributes()
class Lesson:
    """One lesson of one student.

        >>> import smtp_nb
        >>> lesson = smtp_nb.lesson(1, student="ann")
        >>> lesson.check("1.1")
        0

    Its sandbox is an inline one, and until another lesson begins time, randomness and names are
    the same on every machine.

    Attributes:
        number: of the lesson.
        title: what it is about.
        student: whose it is; the word depends on it.
        nonce: the student's word in this lesson, somewhere in what the server says.
        server: the lesson's sandbox.
        answers: what was answered to questions, by their names.
        hints_used: how many hints were asked for, by exercise.
    """

    number: int
    title: str
    student: str
    nonce: str
    server: SandboxServer
    answers: dict[str, object]
    hints_used: dict[str, int]

    def __init__(self, plan: LessonPlan, student: str) -> None:
        self.number, self.title, self.student = plan.number, plan.title, student
        self.nonce = word_for(plan.number, student)
        self.answers = {}
        self.hints_used = {}
        self._plan = plan
        machine = Deterministic(f"{plan.number}:{student}")
        ambient.replace(machine)
        greeting = f"smtp_nb lesson {plan.number}, your word is {self.nonce}"
        self.server = SandboxServer(inline=True, greeting=greeting, **plan.server).start()
        machine.elapsed = self.server.clock

    @property
    def url(self) -> str:
        """A URL of the lesson's sandbox for `SMTP.from_url`."""
        return self.server.url

    @property
    def exercises(self) -> Mapping[str, Exercise]:
        """The exercises by key."""
        return {exercise.key: exercise for exercise in self._plan.exercises}

    @property
    def seen(self) -> Seen:
        """What counts: what the sandbox saw, and the answers to questions.

        Conversations from a file are left out: it proves nothing about who wrote it.
        """
        sessions = tuple(one for one in self.server.sessions if not one.is_restored)
        return Seen(sessions, self.student, self.nonce, dict(self.answers))

    def check(self, key: str, answer: object = None) -> Score:
        """Judge an exercise.

        Args:
            key: such as "1.1".
            answer: the student's function or value, for an exercise that asks for one.

        Returns:
            The points, as a number that shows a card. Nothing that a student did raises.

        Raises:
            InputError: the lesson has no such exercise.
        """
        exercise = self._exercise(key)
        return Score(exercise, exercise.criteria(self.seen, answer))

    def hint(self, key: str) -> str:
        """The next hint of an exercise. It is counted.

        Raises:
            InputError: the lesson has no such exercise.
        """
        exercise = self._exercise(key)
        used = self.hints_used.get(key, 0)
        if used >= len(exercise.hints):
            return "that was the last hint; look at what check() says"
        self.hints_used[key] = used + 1
        return f"hint {used + 1} of {len(exercise.hints)}: {exercise.hints[used]}"

    def _exercise(self, key: str) -> Exercise:
        found = self.exercises.get(key)
        if found is None:
            raise InputError(
                f"lesson {self.number} has no exercise {key!r}",
                remedy=f"It has {', '.join(self.exercises)}",
            )
        return found

    def close(self) -> None:
        """End the lesson: stop its sandbox, and let the machine's own clock run again."""
        global _current
        self.server.stop()
        if _current is self:
            _current = None
            ambient.replace(None)

    def __repr__(self) -> str:
        return f"<Lesson {self.number}: {self.title}, student {self.student!r}>"

    def _repr_html_(self) -> str:
        tasks = "".join(
            f"<li><b>{one.key}</b> {escape(one.title)} ({one.points:g} points)</li>"
            for one in self._plan.exercises
        )
        return (
            f"<div><b>Lesson {self.number}: {escape(self.title)}</b> ({self._plan.minutes} minutes,"
            f" {escape(self.student)})<br>{escape(self._plan.goal)}"
            f'<ul style="text-align:left">{tasks}</ul></div>'
        )


_current: Lesson | None = None


def lesson(number: int, student: str = "student") -> Lesson:
    """Begin a lesson; the one before ends.

    Args:
        number: 1 to 12.
        student: a name; exercises ask for a word that depends on it.

    Raises:
        InputError: there is no such lesson, or the name is empty.
    """
    global _current
    plan = PLANS.get(number)
    if plan is None:
        known = ", ".join(f"{one.number} {one.title}" for one in PLANS.values())
        raise InputError(f"lesson {number!r} does not exist", remedy=f"Choose from: {known}")
    if not student.strip():
        raise InputError("a lesson needs a student's name", remedy='lesson(1, student="ann")')
    if _current is not None:
        _current.close()
    _current = Lesson(plan, student.strip())
    return _current


def current_lesson() -> Lesson:
    """The lesson in progress.

    Raises:
        StateError: none has begun.
    """
    if _current is None:
        raise StateError(
            "no lesson has begun", remedy='Begin one: smtp_nb.lesson(1, student="ann")'
        )
    return _current


def check(key: str, answer: object = None) -> Score:
    """Judge an exercise of the lesson in progress; see `Lesson.check`."""
    return current_lesson().check(key, answer)


def hint(key: str) -> str:
    """The next hint of an exercise of the lesson in progress; see `Lesson.hint`."""
    return current_lesson().hint(key)
