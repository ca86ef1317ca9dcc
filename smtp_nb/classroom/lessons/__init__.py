"""The lessons: one file for each, with its exercises."""

from smtp_nb.classroom.lessons import breaking_it, by_hand, who_sent_this

PLANS = {plan.number: plan for plan in (by_hand.PLAN, who_sent_this.PLAN, breaking_it.PLAN)}
