"""`lesson`."""

from __future__ import annotations

from smtp_nb.classroom import Lesson, lesson
from smtp_nb.classroom.lessons import PLANS
from smtp_nb.notebook.syntax import Argument, Option, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest

VARIABLE = "lesson"
"""The name under which the notebook has the lesson, as graders expect it."""


def _lesson(request: VerbRequest) -> Lesson:
    begun = lesson(int(request.text("number")), student=request.text("student", "student"))
    request.state.shell.user_ns[VARIABLE] = begun
    return begun


VERBS = (
    Verb(
        "lesson",
        "Begin a lesson: its sandbox is where talk leads, and the variable lesson holds it",
        _lesson,
        (Argument("number", "of the lesson; see %smtp lessons", ValueKind.CHOICE,
                  choices=tuple(map(str, PLANS))),),
        (Option("--student", "your name; the word to find depends on it", metavar="NAME"),),
        example="%smtp lesson 1 --student ann",
    ),
)  # fmt: skip
