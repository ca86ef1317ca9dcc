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

_LESSONS = (
    by_hand, octets, envelope, mime, refusals, doubt, secrecy, logging_in, round_trips,
    who_sent_this, breaking_it, mailing,
)  # fmt: skip
PLANS = {lesson.PLAN.number: lesson.PLAN for lesson in _LESSONS}
