"""The rows of the frame now, beside what the journal knows of them."""

from __future__ import annotations

from collections.abc import Iterator

from smtp_nb.merge.journal.journal import JournalReader
from smtp_nb.merge.journal.schema import PlanEntry
from smtp_nb.merge.running.run import Campaign, adopted, plan_entries


def entries_now(campaign: Campaign, journal: JournalReader) -> Iterator[PlanEntry]:
    """This frame's rows, with what the last run said of those it left out."""
    numbers = {key: number for number, key in journal.keys().items()}
    said = {e.message: e for e in journal.plan() if e.outcome or e.explanation}
    for entry in plan_entries(adopted(campaign, journal).plan, numbers, {}):
        old = said.get(entry.message) if entry.message is not None else None
        if old is not None and entry.outcome is None:
            yield entry._replace(outcome=old.outcome, explanation=old.explanation)
        else:
            yield entry


def rows_of_messages(campaign: Campaign, journal: JournalReader) -> dict[int, int]:
    """The position of each message's row, by the number of the message."""
    plan = adopted(campaign, journal).plan
    places = {planned.key: planned.row for planned in reversed(plan.rows)}
    return {number: places[key] for number, key in journal.keys().items() if key in places}
