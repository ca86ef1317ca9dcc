"""The record of a campaign: its journal, read and decided upon between two runs."""

from __future__ import annotations

from functools import partial

import pandas as pd

from smtp_nb.merge.journal.journal import JournalReader
from smtp_nb.merge.journal.places import has_begun
from smtp_nb.merge.journal.resolve import resolve, targets_of
from smtp_nb.merge.planning.naming import meant
from smtp_nb.merge.planning.renderer import RowRenderer
from smtp_nb.merge.planning.standing import Standing, standing_of
from smtp_nb.merge.results import report
from smtp_nb.merge.results.bounces.gathering import gather, known
from smtp_nb.merge.results.bounces.sources import Reports
from smtp_nb.merge.running.entries import entries_now, rows_of_messages
from smtp_nb.merge.running.run import Campaign, adopted, plan_entries, waiting_in


def salt_of(campaign: Campaign) -> str:
    """What goes into the tokens of its rows; empty before the first run."""
    with JournalReader.open_or_empty(campaign.path) as journal:
        return journal.facts.get("salt", "")


def results_of(campaign: Campaign) -> pd.DataFrame:
    """Every row and recipient with what became of it."""
    index = campaign.rows.index
    if not has_begun(campaign.path):
        return report.results(plan_entries(campaign.plan, {}, {}), None, index)
    with JournalReader.open(campaign.path) as journal:
        return report.results(entries_now(campaign, journal), journal, index)


def standing_now(campaign: Campaign) -> Standing:
    """What a run would send, what was decided before, and what has changed since."""
    with JournalReader.open_or_empty(campaign.path) as journal:
        campaign = adopted(campaign, journal)
        salt = journal.facts.get("salt", "")
        renderer = RowRenderer(campaign.rows, campaign.compiled, salt, campaign.written)
        numbers = dict.fromkeys((p.key for p in campaign.plan.rows), 0)
        todos = waiting_in(campaign.plan, journal, numbers, None).todos
        waiting = [todo.planned.row for todo in todos]
        return standing_of(
            campaign.name, campaign.place, campaign.plan, journal, renderer, waiting,
            template=campaign.digest,
        )  # fmt: skip


def decide(campaign: Campaign, which: object, decision: str, has_key: bool, columns: int) -> int:
    """Resolve what `which` means: a key, an address, several, an outcome or a mask.

    Args:
        has_key: rows are known by a column rather than by their addresses.
        columns: by how many of them rows are grouped; a tuple of as many is one key.

    Returns:
        The number of recipients that were decided.

    Raises:
        InputError: nothing is left to decide, or the decision is unknown.
        CampaignBusy: the campaign is being sent.
    """
    with JournalReader.open_or_empty(campaign.path) as journal:
        now = adopted(campaign, journal)
    keys = {planned.row: planned.key for planned in now.plan.rows}
    name = partial(meant, now.plan, now.identity, has_key)
    if isinstance(which, tuple) and len(which) == columns > 1:
        targets = name(which)
    else:
        targets = targets_of(which, lambda: results_of(campaign), name, keys.__getitem__)
    return resolve(campaign.path, targets, decision)


def bounces_of(campaign: Campaign, source: Reports | None) -> pd.DataFrame:
    """The reports in `source`, joined to rows and kept; those kept before for None.

    Raises:
        InputError: the path does not exist, or `source` is something else.
        CampaignBusy: the campaign is being sent.
    """
    with JournalReader.open_or_empty(campaign.path) as journal:
        rows = rows_of_messages(campaign, journal)
        if source is None:
            return known(journal, rows)
    return gather(campaign.path, source, rows)
