"""Manual decisions about messages that are in doubt or were refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any

import pandas as pd

from smtp_nb.errors import InputError
from smtp_nb.merge.journal.journal import Journal
from smtp_nb.merge.journal.places import has_begun, locked
from smtp_nb.merge.journal.schema import RESOLVABLE, Target
from smtp_nb.merge.journal.url import Place
from smtp_nb.model.address import parse_mailbox
from smtp_nb.model.outcome import Outcome

# The decisions: what a recipient becomes, and what is said of it from then on.
DECISIONS = {
    "resend": (Outcome.NOT_SENT, "to be sent again, as you decided"),
    "accepted": (Outcome.ACCEPTED, "recorded as arrived, as you decided"),
    "give up": (Outcome.SKIPPED, "given up, as you decided"),
}
_WORDS = " or ".join(RESOLVABLE)


def resolve(place: Place, targets: Sequence[Target], decision: str) -> int:
    """Decide about recipients who are UNKNOWN or REFUSED; how many that were.

    All others keep their outcome.

    Raises:
        InputError: no recipient is undecided, or there is no such decision.
        CampaignBusy: the campaign is being sent, so nothing is known yet.
    """
    if decision not in DECISIONS:
        raise InputError(
            f"{decision!r} is not a decision", remedy=f"Use one of {', '.join(DECISIONS)}"
        )
    count = _decide(place, targets, decision) if has_begun(place) else 0
    if not count:
        about = ", ".join(repr(t.key) for t in targets if t.key)
        under = f" under {about}" if about else ""
        raise InputError(f"nothing is {_WORDS}{under}", remedy="Look at results")
    return count


def _decide(place: Place, targets: Sequence[Target], decision: str) -> int:
    with ExitStack() as held:
        held.callback(locked(place).release)
        journal = held.enter_context(Journal(place))
        journal.doubt()
        return sum(journal.resolve(target, *DECISIONS[decision]) for target in targets)


# -- who is meant -----------------------------------------------------------------------------


def targets_of(
    which: object,
    results: Callable[[], pd.DataFrame],
    meant: Callable[[object], list[Target]],
    key_at: Callable[[int], str],
) -> list[Target]:
    """Whom a key, several keys, the name of an outcome or a mask over the results means.

    Args:
        results: gives them, for a mask.
        meant: gives whom the user calls so, by key or address.
        key_at: gives it from the row's position.

    Raises:
        InputError: it is none of these, or a recipient is meant who has the message.
    """
    if isinstance(which, str) and which in Outcome.__members__:
        return [_of_outcome(which)]
    if isinstance(which, str) or not isinstance(which, Iterable):
        return meant(which)
    many: list[Any] = list(which)
    if many and all(pd.api.types.is_bool(entry) for entry in many):
        return _of_mask(which, many, results(), key_at)
    return [target for one in many for target in meant(one)]


def _of_outcome(name: str) -> Target:
    if name not in RESOLVABLE:
        raise InputError(
            f"nothing that is {name} can be decided", remedy=f"Give {_WORDS}, a key, or a mask"
        )
    return Target(outcome=name)


def _of_mask(
    which: object, mask: list[bool], results: pd.DataFrame, key_at: Callable[[int], str]
) -> list[Target]:
    same = not isinstance(which, pd.Series) or which.index.equals(results.index)
    if len(mask) != len(results) or not same:
        raise InputError(
            f"the mask has {len(mask)} entries and the results {len(results)} lines",
            remedy='Make it from the results: results["outcome"] == "REFUSED"',
        )
    chosen = results[mask]
    if had := sum(chosen["outcome"] == Outcome.ACCEPTED):
        raise InputError(
            f"{had} of the lines that the mask selects are ACCEPTED, which is final",
            remedy='Leave them out: mask & (results["outcome"] != "ACCEPTED")',
        )
    found = chosen[chosen["outcome"].isin(RESOLVABLE)]
    lines = zip(found["row"], found["recipient"], found["outcome"], strict=True)
    return [Target(key_at(row), parse_mailbox(to).key, outcome) for row, to, outcome in lines]
