"""The lessons: one file for each, with its exercises."""

from smtp_nb.classroom.lessons import (
    by_hand,
    doubt,
    logging_in,
    mailing,
    refusals,
    round_trips,
    secrecy,
)

_LESSONS = (by_hand, refusals, doubt, secrecy, logging_in, round_trips, mailing)
PLANS = {lesson.PLAN.number: lesson.PLAN for lesson in _LESSONS}
