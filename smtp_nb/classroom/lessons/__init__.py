"""The lessons: one file for each, with its exercises."""

from smtp_nb.classroom.lessons import (
    breaking_it,
    by_hand,
    doubt,
    envelope,
    logging_in,
    mailing,
    mime,
    octets,
    refusals,
    round_trips,
    secrecy,
    who_sent_this,
)
from smtp_nb.classroom.lessons.plan import LessonPlan
from smtp_nb.errors import InputError

_LESSONS = (
    by_hand, octets, envelope, mime, refusals, doubt,
    secrecy, logging_in, round_trips, who_sent_this, breaking_it, mailing,
)  # fmt: skip
PLANS: dict[int, LessonPlan] = {lesson.PLAN.number: lesson.PLAN for lesson in _LESSONS}


def plan_of(number: int) -> LessonPlan:
    """The plan of a lesson.

    Raises:
        InputError: there is no such lesson.
    """
    plan = PLANS.get(number)
    if plan is None:
        known = ", ".join(f"{one.number} {one.title}" for one in PLANS.values())
        raise InputError(f"lesson {number!r} does not exist", remedy=f"Choose from: {known}")
    return plan


def lesson_with(key: str) -> int:
    """The number of the lesson with an exercise.

    Raises:
        InputError: no lesson has it.
    """
    known = {one.key: plan.number for plan in PLANS.values() for one in plan.exercises}
    if key not in known:
        raise InputError(
            f"exercise {key!r} does not exist", remedy=f"Choose from: {', '.join(known)}"
        )
    return known[key]
