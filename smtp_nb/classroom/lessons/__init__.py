"""The lessons: one file for each, with its exercises."""

from smtp_nb.classroom.lessons import by_hand, logging_in, secrecy

PLANS = {plan.number: plan for plan in (by_hand.PLAN, secrecy.PLAN, logging_in.PLAN)}
