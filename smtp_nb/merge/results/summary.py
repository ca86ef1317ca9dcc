"""What became of a merge, in a few lines: counts, who did not get it and why, how to go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from time import strftime
from typing import Any

import pandas as pd

from smtp_nb import ambient
from smtp_nb.merge.journal.schema import BOUNCES, RETRIED
from smtp_nb.merge.results.missed import (
    ORDER,
    RETURNED,
    WORDS,
    Missed,
    is_without,
    missed_lines,
)
from smtp_nb.merge.results.page import page
from smtp_nb.merge.results.report import NOT_TRIED
from smtp_nb.merge.results.throughput import Throughput, throughput_of
from smtp_nb.model.display import masked, visible
from smtp_nb.model.known import known_attributes
from smtp_nb.model.outcome import Outcome

# So many recipients without their message are named.
_NAMED = 20
_BAR = 30  # characters


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
        results: the frame that it sums up, as `MailMerge.results` has it; None if there is none.
    """

    name: str
    counts: Mapping[str, int]
    missed: Sequence[Missed] = ()
    missing: int = 0
    advice: Sequence[str] = ()
    last: pd.Timestamp | None = None
    bounced: Mapping[str, int] = field(default_factory=dict)
    results: pd.DataFrame | None = field(default=None, repr=False, compare=False)

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
            return f"{self.name}: nothing was sent yet; {self.total:,} recipients"
        when = strftime("%d %b %Y %H:%M", ambient.local(self.last.timestamp()))
        accepted = self.counts.get(Outcome.ACCEPTED, 0)
        have = accepted - sum(self.bounced.get(kind, 0) for kind in RETURNED)
        back = ", ".join(f"{count} {WORDS[kind]}" for kind, count in self.bounced.items())
        return (
            f"{self.name}: {have:,} of {self.total:,} recipients have their message"
            f"{f' ({back})' if back else ''}; last sent {when}"
        )

    @property
    def throughput(self) -> Throughput:
        """Messages per second of the last run, from the times in the results."""
        if self.results is None:
            return Throughput()
        sent = self.results.dropna(subset=["sent_at"]).drop_duplicates("message_id")["sent_at"]
        return throughput_of(sent.astype("int64").to_numpy() / 1000)

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
        return self.forms()[1]

    def forms(self, *, show_addresses: bool = False) -> tuple[str, str]:
        """Text and HTML for a cell, addresses masked unless it says otherwise."""
        return (str(self) if show_addresses else repr(self)), page(self, show_addresses)


def summary_of(name: str, results: pd.DataFrame) -> Summary:
    """The summary of a campaign's results."""
    found = Counter(results["outcome"])
    order = dict.fromkeys((str(Outcome.ACCEPTED), *ORDER))
    counts = {outcome: found[outcome] for outcome in order if found[outcome]}
    back = Counter(results.loc[results["outcome"] == Outcome.ACCEPTED, "bounce"])
    without = results[is_without(results)]
    last = results["sent_at"].max()
    return Summary(
        name=name,
        counts=counts,
        missed=tuple(islice(missed_lines(without), _NAMED)),
        missing=len(without),
        advice=tuple(_advice(without)),
        last=None if pd.isna(last) else last,
        bounced={kind: back[kind] for kind in BOUNCES if back[kind]},
        results=results,
    )


def _advice(without: pd.DataFrame) -> list[str]:
    """How to go on, the doubt first."""
    counts, said = Counter(without["outcome"]), []
    if doubt := counts[Outcome.UNKNOWN]:
        verb = "gets" if doubt == 1 else "get"
        said.append(
            f"{doubt:,} may have it or not, and {verb} nothing until resolve() decides"
            ' ("resend", "accepted" or "give up")'
        )
    if refused := counts[Outcome.REFUSED]:
        verb, them = ("was", "it") if refused == 1 else ("were", "them")
        said.append(f'{refused:,} {verb} refused; resolve("REFUSED", "resend") tries {them} again')
    if waiting := sum(counts[outcome] for outcome in RETRIED):
        rest = without[without["outcome"].isin(RETRIED)]["explanation"]
        reasons = Counter(text for text in rest if text and text != NOT_TRIED).most_common(1)
        why = f" ({reasons[0][0]})" if reasons else ""
        verb, them = ("waits", "it") if waiting == 1 else ("wait", "them")
        said.append(f"{waiting:,} {verb}{why}; run() sends to {them}")
    if invalid := counts[Outcome.INVALID]:
        they = "it is" if invalid == 1 else "they are"
        said.append(f"{invalid:,} cannot be sent to as {they}; see check()")
    return said
