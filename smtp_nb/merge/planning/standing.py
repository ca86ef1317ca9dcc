"""State of a campaign before a run: messages to send, decided rows, changed rows.

It is what a run that sends nothing says, so that it never looks like one that did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import strftime

from smtp_nb import ambient
from smtp_nb.errors import InputError, TemplateChanged
from smtp_nb.merge.journal.journal import JournalReader
from smtp_nb.merge.journal.schema import RETRIED
from smtp_nb.merge.planning.plan import Plan, PlannedRow
from smtp_nb.merge.planning.renderer import RowRenderer
from smtp_nb.model.outcome import Outcome

# So many rows are named one by one.
_NAMED = 5
GO_ON = "go on"
# The fact of a journal that says which rows and template its last run began with.
LOOKED_AT = "looked at"


@dataclass(frozen=True, slots=True)
class Standing:
    """A campaign as its journal knows it, beside the rows and the template of now.

    Attributes:
        name: of the campaign.
        place: where its journal is; empty for one that lives with its sandbox.
        waiting: rows whose messages a run would send, by position.
        decided: rows that no run will send to again, by outcome.
        since: when the last of them was decided, in seconds since 1970.
        left_out: rows that cannot or must not be sent, by outcome.
        changed: rows that have their message and would get another one now, by position, each with
            its number in the journal and its new digest.
        is_template: True if it is the template that was changed.
        looked_at: one digest of all that was compared; empty if there is none.
    """

    name: str
    place: str = ""
    waiting: Sequence[int] = field(default=(), repr=False)
    decided: Mapping[str, int] = field(default_factory=dict)
    since: float = 0.0
    left_out: Mapping[str, int] = field(default_factory=dict)
    changed: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    is_template: bool = False
    looked_at: str = ""

    @property
    def to_send(self) -> int:
        """How many messages a run would send."""
        return len(self.waiting)

    @property
    def no_op(self) -> str:
        """Why a run would send nothing; empty if it would send something."""
        if self.to_send:
            return ""
        if not self.decided:
            return f"0 sent: no row is left to send to{_listed(self.left_out, ' (', ')')}"
        return f"0 sent: {self.history}; another name sends to them again{self._reopen}"

    @property
    def history(self) -> str:
        """What was decided, when and by whom; empty if nothing was."""
        total = sum(self.decided.values())
        if not total:
            return ""
        day = strftime("%d %b %Y %H:%M", ambient.local(self.since))
        kept = f"journal {self.place}" if self.place else "kept with its sandbox"
        return (
            f"{total} {'was' if total == 1 else 'were'} decided on {day} by campaign"
            f" {self.name!r} ({kept}; {_listed(self.decided)})"
        )

    @property
    def _reopen(self) -> str:
        if not self.decided.get(Outcome.REFUSED):
            return ""
        return ', and resolve("REFUSED", "resend") to those who were refused'

    @property
    def difference(self) -> str:
        """Which rows would get something else than they were sent; empty if none would."""
        if not self.changed:
            return ""
        rows = sorted(self.changed)
        named = ", ".join(map(str, rows[:_NAMED]))
        more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
        what = "the template was changed" if self.is_template else "their values were changed"
        who = f"row {named} has" if len(rows) == 1 else f"rows {named}{more} have"
        return f"{who} a message that differs from what they would get now: {what}"

    def check(self, may_differ: bool) -> None:
        """Raise if a recipient who has a message would get another one now.

        Raises:
            TemplateChanged: so it is, and that was not allowed; nothing was sent.
        """
        if self.changed and not may_differ:
            raise TemplateChanged(
                f"nothing was sent: in campaign {self.name!r} {self.difference}",
                remedy=f"Use run(changed={GO_ON!r}) to send only to those who have none yet, or"
                f" give the merge another name= to send to all",
            )


def _listed(counts: Mapping[str, int], before: str = "", after: str = "") -> str:
    text = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    return f"{before}{text}{after}" if text else ""


def standing_of(
    name: str,
    place: str,
    plan: Plan,
    journal: JournalReader,
    renderer: RowRenderer,
    waiting: Sequence[int],
    left_out: Iterable[str] = (),
    template: str = "",
) -> Standing:
    """Compare the rows of now with what the journal says.

    Args:
        template: the digest of the template.
        waiting: rows whose messages a run would send.
        left_out: outcomes of rows beyond the plan's own.
    """
    outcomes: dict[int, set[str]] = {}
    since = 0.0
    for message, outcome, at in journal.outcomes():
        outcomes.setdefault(message, set()).add(outcome or Outcome.UNKNOWN)
        since = max(since, at)
    numbers = {key: number for number, key in journal.keys().items()} if outcomes else {}
    facts = journal.facts
    same = facts.get("template", template) == template
    looked_at = renderer.digest_of_all(plan.rows)
    # Then the last run has compared the rows that were decided before it, and sent the others so.
    is_known = bool(looked_at) and facts.get(LOOKED_AT) == looked_at
    out = Counter(str(p.outcome) for p in plan.rows if p.outcome)
    return Standing(
        name=facts.get("name", name),
        place=place,
        waiting=waiting,
        decided=_decided(plan.sendable, numbers, outcomes),
        since=since,
        left_out=out + Counter(left_out),
        changed={} if is_known else _changed(plan.sendable, journal, renderer, same),
        is_template=not same,
        looked_at=looked_at,
    )


# A row's one word, of those of its recipients: the one that says most.
_BY_WEIGHT = (Outcome.UNKNOWN, Outcome.ACCEPTED, Outcome.REFUSED, Outcome.SKIPPED)


def _decided(
    rows: Iterable[PlannedRow], numbers: Mapping[str, int], outcomes: Mapping[int, set[str]]
) -> Counter[str]:
    found: Counter[str] = Counter()
    for planned in rows:
        mine = outcomes.get(numbers.get(planned.key, 0), set())
        if mine and not mine & RETRIED:
            found[next(str(o) for o in _BY_WEIGHT if o in mine)] += 1
    return found


def _changed(
    rows: Iterable[PlannedRow], journal: JournalReader, renderer: RowRenderer, same_template: bool
) -> dict[int, tuple[str, int]]:
    known = {decided.key: decided for decided in journal.decided()}
    mine: Sequence[PlannedRow] = [planned for planned in rows if planned.key in known]
    found = {}
    for filled in renderer.read(mine):
        decided, digest = known[filled.planned.key], ""
        # A file that is gone, a cell that is wrong now: there is nothing to compare with.
        with suppress(InputError):
            digest = renderer.digest(filled)
        differs = digest != decided.digest if decided.digest else not same_template
        if digest and differs:
            found[filled.planned.row] = (digest, decided.message)
    return found
