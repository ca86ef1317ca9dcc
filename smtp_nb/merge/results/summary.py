"""What became of a merge, in a few lines: counts, who did not get it and why, how to go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from time import strftime
from typing import Any, NamedTuple

import pandas as pd

from smtp_nb import ambient
from smtp_nb.merge.journal.schema import BOUNCES, COMPLAINT, HARD, RETRIED, SOFT
from smtp_nb.merge.results.report import NOT_TRIED, OUTCOME_COLOURS
from smtp_nb.model.display import masked, visible
from smtp_nb.model.known import known_attributes
from smtp_nb.model.outcome import Outcome

# Those who need a person first, those who were left out on purpose last. ACCEPTED are here those
# whose message came back.
_ORDER = (
    "UNKNOWN", "REFUSED", "ACCEPTED", "INVALID", "DEFERRED", "NOT_SENT", "DUPLICATE", "SKIPPED",
)  # fmt: skip
# So many recipients without their message are named.
_NAMED = 20
_BAR = 30  # characters
# Bounces after which the recipient has no message, and all kinds in words.
_RETURNED = (HARD, SOFT)
_WORD = {HARD: "bounced", SOFT: "bounced for now", COMPLAINT: "complained"}
_LEFT = ' style="text-align:left"'


class Missed(NamedTuple):
    """A recipient who did not get the message, or may not have got it."""

    row: int | None
    recipient: str
    outcome: str
    why: str

    def __str__(self) -> str:
        where = "" if self.row is None else f"row {self.row}: "
        why = f"  {self.why}" if self.why else ""
        return visible(f"{where}{self.recipient}  {self.outcome}{why}")


@known_attributes()
@dataclass(frozen=True)
class Summary:
    """How a campaign stands. Printing it shows whole addresses; what a cell shows masks them.

    Attributes:
        name: of the campaign.
        counts: how many recipients have which outcome.
        missed: who did not get it and why, those who need a decision first; bounded.
        missing: how many did not get it.
        advice: how to go on; empty if nothing is left to do.
        last: when something was last sent; None before the first time.
        bounced: how many of those whose message was accepted bounced since, hard or soft, or
            complained.
    """

    name: str
    counts: Mapping[str, int]
    missed: Sequence[Missed] = ()
    missing: int = 0
    advice: Sequence[str] = ()
    last: pd.Timestamp | None = None
    bounced: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many recipients there are."""
        return sum(self.counts.values())

    @property
    def headline(self) -> str:
        """The first line."""
        if not self.total:
            return f"{self.name}: no rows"
        if self.last is None:
            return f"{self.name}: nothing was sent yet; {self.total} recipients"
        when = strftime("%d %b %Y %H:%M", ambient.local(self.last.timestamp()))
        accepted = self.counts.get(Outcome.ACCEPTED, 0)
        have = accepted - sum(self.bounced.get(kind, 0) for kind in _RETURNED)
        back = ", ".join(f"{count} {_WORD[kind]}" for kind, count in self.bounced.items())
        return (
            f"{self.name}: {have} of {self.total} recipients have their message"
            f"{f' ({back})' if back else ''}; last sent {when}"
        )

    @property
    def _unnamed(self) -> str:
        more = self.missing - len(self.missed)
        return f"and {more} more" if more else ""

    def __str__(self) -> str:
        width = max((len(name) for name in self.counts), default=0)
        most = max(self.counts.values(), default=1)
        lines = [self.headline]
        for name, count in self.counts.items():
            lines.append(f"  {name:{width}}  {'█' * -(-_BAR * count // most)} {count}")
        if self.missed:
            lines.append(f"Did not get it ({self.missing}):")
            lines += [f"  {one}" for one in self.missed]
            lines += [f"  {self._unnamed}"] if self._unnamed else []
        return "\n".join([*lines, *(visible(line) for line in self.advice)])

    def __repr__(self) -> str:
        return masked(str(self))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # IPython's printer
        printer.text(repr(self))

    def _repr_html_(self) -> str:
        return (
            f"<p><strong>{_shown(self.headline)}</strong></p>{self._bar()}{self._table()}"
            + "".join(f"<p>{_shown(line)}</p>" for line in self.advice)
        )

    def _bar(self) -> str:
        if not self.total:
            return ""
        words = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        parts = "".join(
            f'<span style="flex:{count} 0 2px;background:{OUTCOME_COLOURS[Outcome(name)]}"></span>'
            for name, count in self.counts.items()
        )
        return (
            f'<div role="img" aria-label="{words}" style="display:flex;height:1em;max-width:40em;'
            f'border:1px solid #999">{parts}</div><p>{words}</p>'
        )

    def _table(self) -> str:
        if not self.missed:
            return ""
        heads = "".join(
            f'<th scope="col"{_LEFT}>{name}</th>' for name in ("row", "recipient", "outcome", "why")
        )
        lines = "".join(
            "<tr>" + "".join(f"<td{_LEFT}>{_shown(cell)}</td>" for cell in one) + "</tr>"
            for one in self.missed
        )
        rest = f"<p>{self._unnamed}</p>" if self._unnamed else ""
        caption = f"<caption{_LEFT}>Did not get it: {self.missing}</caption>"
        return (
            f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>{rest}"
        )


_show: Callable[[Summary], object] | None = None


def show_summaries_with(show: Callable[[Summary], object] | None) -> None:
    """Let a notebook show the summary of each run that ends."""
    global _show
    _show = show


def show_summary(summary: Summary) -> None:
    """Show how a run ended, where somebody said how that is done."""
    if _show is not None:
        _show(summary)


def _shown(value: object) -> str:
    return "" if value is None else escape(visible(masked(str(value))))


def summary_of(name: str, results: pd.DataFrame) -> Summary:
    """The summary of a campaign's results."""
    found = Counter(results["outcome"])
    order = dict.fromkeys((str(Outcome.ACCEPTED), *_ORDER))
    counts = {outcome: found[outcome] for outcome in order if found[outcome]}
    accepted = results["outcome"] == Outcome.ACCEPTED
    back = Counter(results.loc[accepted, "bounce"])
    without = results[~accepted | results["bounce"].isin(_RETURNED)]
    lines = without.iloc[_places(without)[:_NAMED]]
    last = results["sent_at"].max()
    return Summary(
        name=name,
        counts=counts,
        missed=tuple(map(_missed, lines.itertuples(index=False))),
        missing=len(without),
        advice=tuple(_advice(without)),
        last=None if pd.isna(last) else last,
        bounced={kind: back[kind] for kind in BOUNCES if back[kind]},
    )


def _places(without: pd.DataFrame) -> list[int]:
    ranks = [_ORDER.index(outcome) for outcome in without["outcome"]]
    return sorted(range(len(ranks)), key=ranks.__getitem__)


def _missed(line: Any) -> Missed:  # pandas' named tuple
    row = None if pd.isna(line.row) else int(line.row)
    if line.bounce:
        return Missed(row, line.recipient, line.outcome, f"{_WORD[line.bounce]} {line.bounce_code}")
    code = "" if pd.isna(line.code) else f"{line.code} {line.enhanced_code}".strip()
    why = ": ".join(filter(None, (code, line.explanation)))
    return Missed(row, line.recipient, line.outcome, why)


def _advice(without: pd.DataFrame) -> list[str]:
    """How to go on, the doubt first."""
    counts, said = Counter(without["outcome"]), []
    if doubt := counts[Outcome.UNKNOWN]:
        said.append(
            f"{doubt} may have it or not, and get nothing until resolve() decides"
            ' ("resend", "accepted" or "give up")'
        )
    if refused := counts[Outcome.REFUSED]:
        said.append(f'{refused} were refused; resolve("REFUSED", "resend") tries them again')
    if waiting := sum(counts[outcome] for outcome in RETRIED):
        rest = without[without["outcome"].isin(RETRIED)]["explanation"]
        reasons = Counter(text for text in rest if text and text != NOT_TRIED).most_common(1)
        why = f" ({reasons[0][0]})" if reasons else ""
        said.append(f"{waiting} wait{why}; run() sends to them")
    if invalid := counts[Outcome.INVALID]:
        said.append(f"{invalid} cannot be sent to as they are; see check()")
    return said
