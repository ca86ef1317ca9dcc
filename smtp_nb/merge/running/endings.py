"""Endings: when a run begins no further message, why, and when to go on.

A reply may be about more than its own message, and a quota or quiet hours may shut for longer than
anybody waits before a cell. Then the run ends and says when to go on; a run that was asked to waits
for that moment instead.
"""

from __future__ import annotations

from dataclasses import replace

from smtp_nb.merge.journal.journal import Journal
from smtp_nb.merge.running.deferrals import SAME_WORDS, Ending, judge, of_the_template
from smtp_nb.merge.running.moments import shown
from smtp_nb.merge.running.pace import Opening, Pace, Shut
from smtp_nb.merge.running.progress import RESUME, Meter
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt

# A shorter wait is waited for in every case.
SHORT_S = 300.0


class Endings:
    """What ends one run.

    Args:
        waits_for: what this run waits for, however long it takes.
        has_own_senders: rows say who sends them, so a refused sender is its row's trouble.
    """

    def __init__(
        self,
        journal: Journal,
        meter: Meter,
        pace: Pace,
        waits_for: frozenset[Shut],
        has_own_senders: bool,
    ) -> None:
        self._journal = journal
        self._meter = meter
        self._pace = pace
        self._waits_for = waits_for
        self._has_own_senders = has_own_senders
        self._refused = ("", 0)  # the words of the last refusal of a content, and how often
        self.found: Ending | None = None
        """Why no further message begins; None while the run goes on."""
        self.resume = RESUME
        """How to go on after the end."""

    def judged(self, receipt: Receipt) -> Receipt:
        """The receipt as it is kept; what was said about more than one message is noted."""
        if receipt.outcome is Outcome.ACCEPTED:
            self._refused = ("", 0)
            return receipt
        verdict = judge(receipt, has_own_senders=self._has_own_senders)
        ending = verdict.ending
        if verdict.refused_content:
            words, count = self._refused
            count = count + 1 if words == verdict.refused_content else 1
            self._refused = (verdict.refused_content, count)
            if count >= SAME_WORDS:
                ending = of_the_template(verdict.refused_content)
        elif receipt:
            self._refused = ("", 0)
        if ending and ending.after_s:
            self._until_later(ending)
        elif ending:
            self._end(ending)
        return verdict.receipt

    def _until_later(self, ending: Ending) -> None:
        """The server takes more of this account later."""
        if self.found is not None:
            return
        moment = self._pace.first_loud(self._pace.clocks.wall() + ending.after_s)
        ending = replace(ending, why=f"{ending.why} (from {shown(moment)} on)")
        if Shut.QUOTA in self._waits_for:
            self._pace.hold(moment, ending.what)
            self._journal.explain_rest(ending.why)  # should the wait be broken off
        else:
            self._end(ending, moment)

    def has_to_wait_too_long(self, opening: Opening, now: float) -> bool:
        """True if what is shut opens too late for this run to wait."""
        return (
            opening.shut is not None
            and opening.shut not in self._waits_for
            and opening.at - now > SHORT_S
        )

    def end_until(self, opening: Opening) -> None:
        """End the run because of what is shut until then."""
        moment = self._pace.clocks.wall_at(opening.at)
        self._end(Ending(f"not sent: {opening.why}; go on at {shown(moment)}"), moment)

    def _end(self, ending: Ending, moment: float | None = None) -> None:
        if self.found is not None:
            return
        self.found = ending
        if moment is not None:
            self.resume = f"run again from {shown(moment)} on"
        self._meter.say(f"the run ended early; {ending.why}")
        self._journal.explain_rest(ending.why)

    def raise_error(self) -> None:
        """Raise what the run has to end with, if there is anything.

        Raises:
            RefusedError: the server refused the sender or the session; nothing was decided.
        """
        if self.found is not None and self.found.error is not None:
            raise self.found.error
