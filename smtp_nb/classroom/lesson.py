"""Lesson in progress: a sandbox, a word, exercises, and a machine that is the same for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from smtp_nb import ambient
from smtp_nb.ambient import Deterministic
from smtp_nb.classroom.exercises.exercise import Exercise
from smtp_nb.classroom.exercises.score import Score
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.exercises.words import word_for
from smtp_nb.classroom.lessons import plan_of
from smtp_nb.classroom.lessons.plan import LessonPlan
from smtp_nb.classroom.net import Net
from smtp_nb.classroom.quizzes.quiz import HasExchanges, Quiz
from smtp_nb.classroom.zone import Zone
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
        material: what exercises work on, by name.
        net: servers that relay to each other, in a lesson that has them; None in others.
        answers: what was answered to questions, by their names.
        hints_used: how many hints were asked for, by exercise.
    """

    number: int
    title: str
    student: str
    nonce: str
    server: SandboxServer
    material: Mapping[str, Any]
    net: Net | None
    answers: dict[str, object]
    hints_used: dict[str, int]

    def __init__(self, plan: LessonPlan, student: str) -> None:
        self.number, self.title, self.student = plan.number, plan.title, student
        self.nonce = word_for(plan.number, student)
        self.answers = {}
        self.hints_used = {}
        self._begun: dict[str, int] = {}
        self._plan = plan
        machine = Deterministic(f"{plan.number}:{student}")
        ambient.replace(machine)
        greeting = f"smtp_nb lesson {plan.number}, your word is {self.nonce}"
        users = {self.nonce: plan.login} if plan.login else None
        self.server = SandboxServer(
            inline=True, greeting=greeting, auth=users, **plan.server
        ).start()
        machine.elapsed = self.server.clock
        self.net = plan.net(self.nonce) if plan.net else None
        self.material = plan.material(self.nonce, self.net)

    @property
    def url(self) -> str:
        """A URL of the lesson's sandbox for `SMTP.from_url`."""
        return self.server.url

    @property
    def zone(self) -> Zone | None:
        """The DNS of the lesson's servers; None in a lesson without."""
        return self.net.zone if self.net else None

    @property
    def exercises(self) -> Mapping[str, Exercise]:
        """The exercises by key."""
        return {exercise.key: exercise for exercise in self._plan.exercises}

    @property
    def seen(self) -> Seen:
        """What counts: what the sandbox saw, and the answers to questions.

        Conversations from a file are left out: it proves nothing about who wrote it.
        """
        return self._seen_of("")

    def _seen_of(self, key: str) -> Seen:
        """What counts for an exercise: what happened since it was begun."""
        begun = self.server.sessions[self._begun.get(key, 0) :]
        sessions = tuple(one for one in begun if not one.is_restored)
        return Seen(sessions, self.student, self.nonce, dict(self.answers), self.net, self.material)

    def begin(self, key: str) -> Any:  # each exercise has its own kind of material
        """Prepare the server for an exercise, or prepare it afresh to begin again.

        Injected faults are healed, and what the server saw before does not count for it any more.

        Returns:
            What the exercise works with, such as a list of recipients.

        Raises:
            InputError: the lesson has no such exercise, or it needs no preparation.
        """
        self._exercise(key)
        if key not in self._plan.stages:
            raise InputError(
                f"exercise {key} needs no preparation", remedy=f'Do it, then check("{key}")'
            )
        self.server.heal()
        self._begun[key] = len(self.server.sessions)
        return self._plan.stages[key](self.server, self.nonce)

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
        return Score(exercise, exercise.criteria(self._seen_of(key), answer))

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

    def quiz(
        self,
        conversation: HasExchanges,
        at: Sequence[int | str] | None = None,
        *,
        name: str = "quiz",
    ) -> Quiz:
        """Ask which reply comes next; see `Quiz`. Answers are kept in `answers` under the name.

        Args:
            conversation: a `Session`, such as one of `lesson.server.sessions`.
            at: before which replies to stop: places in its exchanges, or commands.
            name: tells the quizzes of a lesson apart. Under a name that was used, the answers
                given before stand.

        Raises:
            InputError: there is nothing to ask about, or no reply at such a place.
        """
        kept = self.answers.get(name)
        answers = kept if isinstance(kept, dict) else {}
        quiz = Quiz(conversation, at, seed=f"{self.number}:{self.student}", answers=answers)
        self.answers[name] = quiz.answers
        return quiz

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
        if self.net is not None:
            self.net.close()
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
    plan = plan_of(number)
    if not student.strip():
        raise InputError("a lesson needs a student's name", remedy='lesson(1, student="ann")')
    if _current is not None:
        _current.close()
    _current = Lesson(plan, student.strip())
    return _current


def underway() -> Lesson | None:
    """The lesson in progress, or None."""
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
