"""`hint`."""

from __future__ import annotations

from smtp_nb.classroom.lesson import current_lesson
from smtp_nb.notebook.show import Card
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.notebook.verbs.lesson.check import KEY


def _hint(request: VerbRequest) -> Card:
    key = request.text("key")
    return Card(f"Exercise {key}", [("", current_lesson().hint(key))])


VERBS = (
    Verb(
        "hint",
        "Give the next hint to an exercise of the lesson in progress; hints are counted",
        _hint,
        (KEY,),
        example="%smtp hint 1.1",
    ),
)
