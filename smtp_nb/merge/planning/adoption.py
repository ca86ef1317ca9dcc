"""Rows with several To addresses and no key: known by any of their addresses.

The key under which such a row enters the journal is its first address. When that one is corrected,
the row is found again by the others, so that they do not get the message a second time.
"""

from __future__ import annotations

from dataclasses import replace

from smtp_nb.merge.journal.journal import JournalReader
from smtp_nb.merge.planning.plan import Plan, PlannedRow
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.outcome import Outcome

# The identity of campaigns whose rows are known so.
ADDRESSES = "addresses"
EXPLANATION = (
    "its recipients belonged to other rows in earlier runs. Give the rows as they were, or another"
    " name="
)


def adopt(plan: Plan, journal: JournalReader) -> Plan:
    """The plan, each row under the key by which the journal knows one of its addresses."""
    owners = {
        address: key
        for key, tried in journal.tried().items()
        for address, (kind, _) in tried.recipients.items()
        if kind == RecipientType.TO
    }
    taken: set[str] = set()
    rows = [_adopted(planned, owners, taken) for planned in plan.rows]
    return replace(plan, rows=rows)


def _adopted(planned: PlannedRow, owners: dict[str, str], taken: set[str]) -> PlannedRow:
    if planned.outcome in (Outcome.INVALID, Outcome.DUPLICATE):
        return planned
    boxes = (*planned.mailboxes, *planned.held_back)
    found = {owners[box.key] for box in boxes if box.key in owners} or {planned.key}
    key = min(found)
    if len(found) > 1 or key in taken:
        return planned._replace(outcome=Outcome.INVALID, explanation=EXPLANATION)
    taken.add(key)
    return planned._replace(key=key)
