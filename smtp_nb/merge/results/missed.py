"""Recipients without their message, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from smtp_nb.merge.journal.schema import COMPLAINT, HARD, SOFT
from smtp_nb.merge.results.report import explanation_of
from smtp_nb.model.display import visible
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import RecipientResult

# Those who need a person first, those who were left out on purpose last. ACCEPTED are here those
# whose message came back.
ORDER = (
    "UNKNOWN", "REFUSED", "ACCEPTED", "INVALID", "DEFERRED", "NOT_SENT", "DUPLICATE", "SKIPPED",
)  # fmt: skip
# Bounces after which the recipient has no message, and all kinds in words.
RETURNED = (HARD, SOFT)
WORDS = {HARD: "bounced", SOFT: "bounced for now", COMPLAINT: "complained"}
# What is told of a recipient while a run goes on. NOT_SENT is not: the run may come back to it.
_TOLD = (Outcome.REFUSED, Outcome.UNKNOWN, Outcome.DEFERRED)


class Missed(NamedTuple):
    """A recipient who did not get the message, or may not have got it.

    Attributes:
        row: the position of the row in its frame; None if the row was removed since.
        why: the reply's code and what it means.
        reply: the server's words; empty if there are none.
    """

    row: int | None
    recipient: str
    outcome: str
    why: str
    reply: str = ""

    def __str__(self) -> str:
        where = "" if self.row is None else f"row {self.row}: "
        why = f"  {self.why}" if self.why else ""
        return visible(f"{where}{self.recipient}  {self.outcome}{why}")


def reason(code: int | None, enhanced_code: str, explanation: str) -> str:
    """`550 5.1.1: No such mailbox`, as far as it is known."""
    codes = f"{code} {enhanced_code}".strip() if code else ""
    return ": ".join(filter(None, (codes, explanation)))


def missed_in(row: int, results: tuple[RecipientResult, ...]) -> Iterator[Missed]:
    """Those of a message's recipients who did not get it."""
    for one in results:
        if one.outcome in _TOLD:
            explanation = explanation_of(one.outcome, one.code, one.enhanced_code, one.text)
            why = reason(one.code, one.enhanced_code, explanation)
            reply = one.text if one.code else ""
            yield Missed(row, one.address, str(one.outcome), why, reply)


def is_without(results: pd.DataFrame) -> pd.Series[bool]:
    """Which lines of results are about a recipient without the message."""
    return (results["outcome"] != Outcome.ACCEPTED) | results["bounce"].isin(RETURNED)


def missed_lines(without: pd.DataFrame) -> Iterator[Missed]:
    """Such lines, those who need a decision first."""
    ranks = [ORDER.index(outcome) for outcome in without["outcome"]]
    places = sorted(range(len(ranks)), key=ranks.__getitem__)
    yield from map(_of_line, without.iloc[places].itertuples(index=False))


def lines_of(results: pd.DataFrame) -> Iterator[Missed]:
    """Every line of results: first who did not get it, then the others, whose `why` is empty."""
    without = is_without(results)
    yield from missed_lines(results[without])
    yield from map(_of_line, results[~without].itertuples(index=False))


def _of_line(line: Any) -> Missed:  # pandas' named tuple
    row = None if pd.isna(line.row) else int(line.row)
    return Missed(row, line.recipient, line.outcome, _why(line), line.reply)


def _why(line: Any) -> str:
    if line.bounce in RETURNED:
        return f"{WORDS[line.bounce]} {line.bounce_code}".strip()
    if line.outcome == Outcome.ACCEPTED:
        return ""
    return reason(None if pd.isna(line.code) else line.code, line.enhanced_code, line.explanation)
