"""Promises of smtp_nb.merge.results.missed."""

from __future__ import annotations

from smtp_nb.merge.results.missed import missed_in
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import RecipientResult

TO = RecipientType.TO


def test_each_one_without_a_message_says_why() -> None:
    results = (
        RecipientResult("a@x.test", TO, Outcome.ACCEPTED, 250, "2.0.0", "Ok"),
        RecipientResult("b@x.test", TO, Outcome.REFUSED, 550, "5.1.1", "no such user"),
        RecipientResult("c@x.test", TO, Outcome.UNKNOWN, text="the connection was lost"),
        RecipientResult("d@x.test", TO, Outcome.NOT_SENT, text="the connection was lost"),
    )
    refused, doubt = missed_in(4, results)
    assert (refused.row, refused.recipient, refused.outcome) == (4, "b@x.test", "REFUSED")
    assert refused.why.startswith("550 5.1.1: The mailbox does not exist")
    assert refused.reply == "no such user"
    assert "may have been delivered" in doubt.why
    assert not doubt.reply
