"""The lessons: one file for each, with its exercises."""

from smtp_nb.classroom.lessons import by_hand, envelope, mime, octets

PLANS = {plan.number: plan for plan in (by_hand.PLAN, octets.PLAN, envelope.PLAN, mime.PLAN)}
