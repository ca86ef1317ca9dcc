"""Suppression lists: `suppress=`.

Addresses, a CSV file in which they stand anywhere, the journal of another campaign, of which all
are meant whose fate was decided there: who has its message, may have it, or was refused; or a frame
of bounces, of which those are meant whose mail came back for good, or who complained.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import pandas as pd

from smtp_nb.errors import InputError
from smtp_nb.merge.journal.journal import JournalReader
from smtp_nb.merge.journal.schema import NEVER_AGAIN, RETRIED
from smtp_nb.merge.planning.plan import Plan
from smtp_nb.merge.rows.drawable import is_foreign_frame
from smtp_nb.merge.rows.frames import as_pandas
from smtp_nb.merge.rows.printed import is_nothing
from smtp_nb.model.address import parse_mailbox, trimmed
from smtp_nb.model.display import kind_of
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.regular import open_regular

Entry = str | os.PathLike[str] | pd.DataFrame
Suppressed = Entry | Iterable[Entry]
EXPLANATION = "the address is in suppress="
_JOURNALS = (".sqlite", ".db")


def suppressed(given: Suppressed | None) -> frozenset[str]:
    """The normalised addresses that get nothing.

    Raises:
        InputError: an entry is neither an address, a file nor a frame of bounces.
        JournalError: a file is not a journal.
    """
    if given is None:
        return frozenset()
    is_one = isinstance(given, str | os.PathLike | pd.DataFrame) or is_foreign_frame(given)
    if not is_one and not isinstance(given, Iterable):
        raise _no_entry(given)
    entries: Iterable[Any] = [given] if is_one else given  # type: ignore[assignment]  # as asked
    return frozenset(key for entry in entries if not is_nothing(entry) for key in _keys(entry))


def leave_out(plan: Plan, keys: frozenset[str]) -> Plan:
    """The plan, in which these addresses are SKIPPED."""
    if not keys:
        return plan
    for place, planned in enumerate(plan.rows):
        if planned.outcome is not None:
            continue
        held = tuple(box for box in planned.mailboxes if box.key in keys)
        rest = [box for box in planned.mailboxes if box.key not in keys]
        if rest and held:
            plan.rows[place] = planned._replace(
                mailbox=rest[0], others=tuple(rest[1:]), held_back=held
            )
        elif held:
            plan.rows[place] = planned._replace(outcome=Outcome.SKIPPED, explanation=EXPLANATION)
    return plan


def _keys(entry: Any) -> Iterator[str]:
    if is_foreign_frame(entry):
        entry = as_pandas(entry)
    if isinstance(entry, pd.DataFrame):
        yield from _of_bounces(entry)
        return
    if not isinstance(entry, str | os.PathLike):
        raise _no_entry(entry)
    path = Path(entry)
    if isinstance(entry, str) and "@" in entry and path.suffix.lower() not in (".csv", *_JOURNALS):
        yield parse_mailbox(trimmed(entry)).key
    elif path.suffix.lower() in _JOURNALS:
        with JournalReader.open(path) as journal:
            yield from (d.address for d in journal.deliveries() if d.outcome not in RETRIED)
            yield from (r.address for r in journal.reports() if r.bounce in NEVER_AGAIN)
    else:
        yield from _of_csv(path)


def _no_entry(given: object) -> InputError:
    return InputError(
        f"suppress= does not take {kind_of(given)}",
        remedy="Give addresses, a CSV file, a journal, or a frame of bounces",
    )


def _of_bounces(frame: pd.DataFrame) -> Iterator[str]:
    """Hard bounces and complaints, of `bounces()`, `results` or `load()`.

    A report that was joined to no recipient proves nothing about the address that it names.
    """
    if not {"recipient", "bounce"} <= set(frame.columns):
        raise InputError(
            "suppress= is a frame without the columns recipient and bounce",
            remedy='Give its column of addresses, as suppress=df["email"], or a frame of bounces',
        )
    remarks = frame["remark"] if "remark" in frame.columns else [""] * len(frame)
    for recipient, bounce, remark in zip(frame["recipient"], frame["bounce"], remarks, strict=True):
        if bounce in NEVER_AGAIN and not remark:
            yield parse_mailbox(recipient).key


def _of_csv(path: Path) -> Iterator[str]:
    try:
        with TextIOWrapper(open_regular(path), encoding="utf-8-sig", newline="") as file:
            for line in csv.reader(file):
                yield from _of_cells(line)
    except OSError as error:
        raise InputError(
            f"suppress= names {os.fspath(path)!r}, which is not an address and cannot be read as a"
            f" file: {error.strerror or error}",
            remedy="Give addresses, a CSV file or a journal",
        ) from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} is not a CSV file: {error}", remedy="Save it as CSV in UTF-8"
        ) from error


def _of_cells(cells: Iterable[str]) -> Iterator[str]:
    for cell in cells:
        for text in cell.split(";"):
            if "@" in text:
                try:
                    yield parse_mailbox(trimmed(text)).key
                except InputError:
                    continue  # another column's text
