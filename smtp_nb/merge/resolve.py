"""What the user decides about a message of which nobody knows whether it left."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from smtp_nb.errors import InputError
from smtp_nb.merge.journal import Journal
from smtp_nb.merge.lock import CampaignLock
from smtp_nb.merge.rescue import is_begun
from smtp_nb.model.outcome import Outcome

# The decisions: what an UNKNOWN recipient becomes, and what is said of it from then on.
DECISIONS = {
    "resend": (Outcome.NOT_SENT, "to be sent again, as you decided"),
    "accepted": (Outcome.ACCEPTED, "it has arrived, as you found out"),
    "give up": (Outcome.SKIPPED, "given up, as you decided"),
}


def resolve(path: Path, key: str, decision: str) -> int:
    """Decide about all recipients of one message who are UNKNOWN; how many that were.

    Recipients of the same message whose outcome is known keep it.

    Raises:
        InputError: nothing is UNKNOWN under that key, or it is no such decision.
        CampaignBusy: the campaign is being sent, so nothing is known yet.
    """
    if decision not in DECISIONS:
        raise InputError(
            f"{decision!r} is no decision", remedy=f"Use one of {', '.join(DECISIONS)}"
        )
    count = _decide(path, key, decision) if is_begun(path) else 0
    if not count:
        raise InputError(f"nothing is UNKNOWN under {key!r}", remedy="Look at results")
    return count


def _decide(path: Path, key: str, decision: str) -> int:
    with ExitStack() as held:
        held.callback(CampaignLock(path).release)
        journal = held.enter_context(Journal(path))
        journal.doubt()
        return journal.resolve(key, *DECISIONS[decision])
