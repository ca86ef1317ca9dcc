"""`lessons`."""

from __future__ import annotations

from smtp_nb.classroom.lessons import PLANS
from smtp_nb.notebook.show import Card
from smtp_nb.notebook.verb import Verb, VerbRequest


def _lessons(request: VerbRequest) -> Card:
    rows = [
        (f"{plan.number} {plan.title}", _about(plan.goal, plan.minutes)) for plan in PLANS.values()
    ]
    return Card("Lessons", rows)


def _about(goal: str, minutes: int) -> str:
    return f"{goal} {minutes} minutes"


VERBS = (
    Verb(
        "lessons",
        "List the lessons, what each is for and how long it takes",
        _lessons,
        example="%smtp lessons",
    ),
)
