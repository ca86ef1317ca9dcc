"""The lessons: one file for each, with its exercises."""

from smtp_nb.classroom.lessons import by_hand, doubt, mailing, refusals, round_trips

PLANS = {
    plan.number: plan
    for plan in (by_hand.PLAN, refusals.PLAN, doubt.PLAN, round_trips.PLAN, mailing.PLAN)
}
