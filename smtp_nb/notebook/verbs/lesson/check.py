"""`check`."""

from __future__ import annotations

from smtp_nb.classroom import Score
from smtp_nb.classroom.lesson import current_lesson
from smtp_nb.notebook.syntax import Argument, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest

KEY = Argument("key", "the exercise: its lesson's number and its own, as 1.2", ValueKind.EXERCISE)


def _check(request: VerbRequest) -> Score:
    lesson, key = current_lesson(), request.text("key")
    exercise = lesson.exercises.get(key)
    if request.text("answer"):
        answer = request.variable(request.text("answer"))
    else:
        answer = request.namespace.get(exercise.takes) if exercise else None
    return lesson.check(key, answer)


VERBS = (
    Verb(
        "check",
        "Judge an exercise of the lesson in progress, and say what is still missing",
        _check,
        (KEY, Argument("answer", "the variable with your function or value, where the exercise asks"
                       " for one under another name", ValueKind.VARIABLE, False)),
        example="%smtp check 1.1",
    ),
)  # fmt: skip
