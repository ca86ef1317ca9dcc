"""Results of a merge: one line per recipient, a summary per row, and a coloured view."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from sys import intern
from typing import TYPE_CHECKING

import pandas as pd
from pandas.api.types import pandas_dtype

from smtp_nb.merge.journal.journal import JournalReader
from smtp_nb.merge.journal.schema import (
    BOUNCES,
    HELD_BACK,
    RETRIED,
    PlanEntry,
    RecipientRecord,
)
from smtp_nb.merge.results.delivered import Delivered
from smtp_nb.model.display import visible, visible_lines
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.explain import explain
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import summary

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

COLUMNS = ["row", "recipient", "kind", "outcome", "code", "enhanced_code", "reply", "explanation",
           "queue_id", "message_id", "attempts", "sent_at", "seconds", "size", "bounce",
           "bounce_code"]  # fmt: skip
# Lines that are turned into columns at a time.
_STRETCH = 512
_KINDS = [kind.name for kind in RecipientType]
_TYPES = {"row": "Int64", "code": "Int64", "attempts": "int64", "seconds": "float64",
          "size": "Int64"}  # fmt: skip
# The columns that `table()` adds to the caller's frame, each with `mail_` in front.
SUMMARY = ["outcome", "explanation", "code", "reply", "message_id", "attempts", "sent_at",
           "bounce", "bounce_code"]  # fmt: skip

NOT_TRIED = "not tried yet"
SUPPRESSED = "the address is one of suppress="
HAD_IT_BEFORE = "an address that this row had before has the message, or may have it"
IN_DOUBT = (
    "no reply was received or recorded: it may have been delivered. Ask the recipient or check"
    " the server's log, then use resolve()"
)

OUTCOME_COLOURS = {
    Outcome.ACCEPTED: "#d9f2d9",
    Outcome.REFUSED: "#f8d7da",
    Outcome.INVALID: "#f8d7da",
    Outcome.UNKNOWN: "#ffd9b3",
    Outcome.DEFERRED: "#fff3cd",
    Outcome.NOT_SENT: "#fff3cd",
    Outcome.DUPLICATE: "#e2e3e5",
    Outcome.SKIPPED: "#e2e3e5",
}

# Outcomes of a recipient who certainly has no message.
_WITHOUT = RETRIED | {Outcome.REFUSED}

Line = tuple[object, ...]
# The gravest bounce of a recipient, and its code, by message and address.
Bounced = Mapping[tuple[int, str], tuple[str, str]]
_NO_BOUNCE = ("", "")


def results(
    entries: Iterable[PlanEntry],
    journal: JournalReader | None,
    index: pd.Index | None = None,
) -> pd.DataFrame:
    """One line for each row and recipient.

    Args:
        entries: the rows in order, with what is to be said of those that were not sent.
        journal: where the deliveries are; None before the first run.
        index: the frame's, in the order of `entries`; without it, messages whose row is gone are
            added at the end.
    """
    known, bounced = Delivered(journal), bounced_in(journal)
    places: list[int] = []

    def lines() -> Iterator[Line]:
        for place, entry in enumerate(entries):
            found = _of_row(entry, known, bounced)
            places.extend([place] * len(found))
            yield from found
        if index is None:
            for delivery in known.rest():
                yield _delivered(None, delivery, bounced)

    columns = _columns(lines())
    return framed(columns, None if index is None else index.take(places))


def _columns(lines: Iterator[Line]) -> list[list[object]]:
    """Lines by the column, some at a time, so that they are not held twice."""
    columns: list[list[object]] = [[] for _ in COLUMNS]
    while some := list(islice(lines, _STRETCH)):
        for column, values in zip(columns, zip(*some, strict=True), strict=True):
            column += values
    return columns


def bounced_in(journal: JournalReader | None) -> Bounced:
    """Who bounced or complained, as far as the journal knows."""
    found: dict[tuple[int, str], tuple[str, str]] = {}
    for kind in BOUNCES:
        for one in () if journal is None else journal.reports():
            if one.bounce == kind:
                found.setdefault((one.message, one.address), (kind, one.code))
    return found


def _of_row(entry: PlanEntry, known: Delivered, bounced: Bounced) -> list[Line]:
    deliveries = [] if entry.message is None else known.take(entry.message)
    # A row that cannot be sent any more says why, rather than what it is still waiting for.
    if entry.outcome == Outcome.INVALID and all(d.outcome in RETRIED for d in deliveries):
        deliveries = []
    if "\n" in entry.recipient:
        return _of_several(entry, deliveries, bounced)
    if not deliveries:
        return [_undelivered(entry)]
    if len(deliveries) > 1:
        deliveries = _of_now(entry, sorted(deliveries, key=_kind))
    return [_delivered(entry.row, delivery, bounced) for delivery in deliveries]


def _of_several(
    entry: PlanEntry, deliveries: list[RecipientRecord], bounced: Bounced
) -> list[Line]:
    """The lines of a row with several To addresses: each has one, tried or not."""
    names = entry.recipient.split("\n")[:-1]
    given = {d.recipient.lower(): d for d in deliveries if not d.kind}
    copies = sorted((d for d in deliveries if d.kind), key=_kind)
    former = [d for name, d in given.items()
              if d.outcome not in _WITHOUT and name not in map(str.lower, names)]  # fmt: skip
    lines = []
    for name in names:
        one = entry._replace(recipient=name.removeprefix(HELD_BACK))
        if name.startswith(HELD_BACK):
            one = one._replace(outcome=Outcome.SKIPPED, explanation=SUPPRESSED)
        elif former and name.lower() not in given:
            one = one._replace(outcome=Outcome.SKIPPED, explanation=HAD_IT_BEFORE)
        found = given.get(one.recipient.lower())
        lines.append(_undelivered(one) if found is None else _delivered(entry.row, found, bounced))
    return lines + [_delivered(entry.row, delivery, bounced) for delivery in [*former, *copies]]


def _of_now(entry: PlanEntry, deliveries: list[RecipientRecord]) -> list[RecipientRecord]:
    """Without the To addresses that the row had before it was corrected.

    Of several it is the one that has the message, or may have it, else the one in the row now. One
    that was given up may have it, but not beside another that does.
    """
    copies = [d for d in deliveries if d.kind]
    given = [d for d in deliveries if not d.kind]
    decided = [d for d in given if d.outcome not in _WITHOUT]
    current = entry.recipient.lower()
    return (
        [d for d in decided if d.outcome != Outcome.SKIPPED]
        or decided
        or [d for d in given if d.recipient.lower() == current]
        or given
    ) + copies


def _kind(delivery: RecipientRecord) -> int:
    return delivery.kind


def _undelivered(entry: PlanEntry) -> Line:
    outcome = entry.outcome or Outcome.NOT_SENT
    explanation = entry.explanation or (NOT_TRIED if not entry.outcome else "")
    return (entry.row, entry.recipient, "TO", str(outcome), None, "", "", explanation,
            "", "", 0, None, None, None, "", "")  # fmt: skip


def _delivered(row: int | None, d: RecipientRecord, bounced: Bounced) -> Line:
    (message, address, recipient, kind, attempts, message_id, at, outcome, code, enhanced_code,
     text, queue_id, seconds, size) = d  # fmt: skip
    # One text for all who have the same.
    outcome, enhanced_code = intern(outcome or str(Outcome.UNKNOWN)), intern(enhanced_code)
    # `print(frame)` writes the cell to a terminal, so it holds no control of a server's.
    reply = _reply(text) if code else ""
    bounce = bounced.get((message, address), _NO_BOUNCE) if bounced else _NO_BOUNCE
    return (row, recipient, _KINDS[kind], outcome, code or None, enhanced_code, reply,
            explanation_of(outcome, code, enhanced_code, text), queue_id, message_id, attempts, at,
            seconds, size, *bounce)  # fmt: skip


_reply = lru_cache(maxsize=1024)(visible_lines)


def explanation_of(outcome: str, code: int, enhanced_code: str, text: str) -> str:
    """What became of a recipient, in a sentence; empty for those who have their message."""
    return "" if outcome == Outcome.ACCEPTED else _explained(outcome, code, enhanced_code, text)


@lru_cache(maxsize=1024)
def _explained(outcome: str, code: int, enhanced_code: str, text: str) -> str:
    if code:
        return explain(f"{code} {enhanced_code} {text}").short
    return IN_DOUBT if outcome == Outcome.UNKNOWN else text


def framed(columns: Sequence[Sequence[object]], index: pd.Index | None) -> pd.DataFrame:
    """The columns of results, `sent_at` in seconds, as a frame with the types that they have.

    Lists are emptied one by one, so that a large campaign is not held twice.
    """
    found = {}
    for name, values in zip(COLUMNS, columns, strict=True):
        found[name] = _typed(name, pd.Series(values)).array
        if isinstance(values, list):
            values.clear()
    return pd.DataFrame(found, index=index, copy=False)


def _typed(name: str, values: pd.Series) -> pd.Series:
    if name == "sent_at":
        moments = (values.astype("float64") * 1000).round()
        return pd.to_datetime(moments, unit="ms", utc=True).astype("datetime64[ms, UTC]")
    if name == "row" and values.notna().all():
        return values.astype("int64")
    return values.astype(pandas_dtype(_TYPES[name])) if name in _TYPES else values


def table(
    frame: pd.DataFrame, found: pd.DataFrame, leaders: Sequence[int] | None = None
) -> pd.DataFrame:
    """The caller's frame with one summary a row: as many rows as before, in the same order.

    Args:
        found: the results for exactly this frame.
        leaders: for each row, the one whose results are its own; itself by default.
    """
    by_row: list[list[Line]] = [[] for _ in range(len(frame))]
    for row, *line in zip(found["row"], *(found[name] for name in SUMMARY), strict=True):
        by_row[row].append(tuple(line))
    places = range(len(frame)) if leaders is None else leaders
    lines = [_summary(by_row[place]) for place in places]
    added = pd.DataFrame(lines, columns=SUMMARY, index=frame.index)
    added = added.astype({"code": "Int64"})
    return frame.assign(**{f"mail_{name}": added[name] for name in SUMMARY})


def _summary(lines: list[Line]) -> Line:
    """The row's one word, and what is said about a recipient whom it is true of."""
    if len(lines) == 1:
        return lines[0]
    outcome = str(summary(Outcome(str(line[0])) for line in lines))
    # PARTIAL is the word for no single recipient: the first one without mail tells why. So does
    # one whose mail came back.
    wanted = [line for line in lines if line[0] == outcome or outcome == Outcome.PARTIAL]
    line = next((line for line in wanted if line[0] != Outcome.ACCEPTED or line[-2]), wanted[0])
    return (outcome, *line[1:])


def counts(found: pd.DataFrame) -> str:
    """`56 ACCEPTED, 1 REFUSED, …`: how many lines have which outcome."""
    ordered = Counter(found["outcome"]).most_common()
    return ", ".join(f"{count} {outcome}" for outcome, count in ordered) or "no rows"


def _visible(value: object) -> object:
    return visible(value) if isinstance(value, str) else value


def style(found: pd.DataFrame) -> Styler:
    """The results in colours, for the screen; values are escaped."""

    def colour(outcome: object) -> str:
        return f"background-color: {OUTCOME_COLOURS[Outcome(str(outcome))]}; color: #1a1a1a"

    # A row with copies has several lines, and pandas styles no index that repeats itself.
    shown = found.reset_index(names="index" if found.index.name is None else None)
    for name in shown.columns:  # servers' words may hold what a screen obeys
        shown[name] = shown[name].map(_visible)
    styled = shown.style.map(colour, subset=["outcome"]).format(escape="html")
    return styled.hide(axis="index")
