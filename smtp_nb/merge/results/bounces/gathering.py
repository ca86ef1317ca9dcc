"""Reports gathered for a campaign: read, joined, kept in its journal, and shown as a frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import NamedTuple

import pandas as pd

from smtp_nb.merge.journal.journal import Journal, JournalReader
from smtp_nb.merge.journal.places import locked
from smtp_nb.merge.journal.schema import ReportRecord
from smtp_nb.merge.journal.url import Place
from smtp_nb.merge.results.bounces.joining import SentMessages
from smtp_nb.merge.results.bounces.reading import read_report
from smtp_nb.merge.results.bounces.report import Report
from smtp_nb.merge.results.bounces.sources import MessageRead, Reports, messages_in
from smtp_nb.model.display import visible

NOT_OURS = "about no message of this campaign"
UNCLEAR = "the message had several recipients, and the report names none of them"


class Line(NamedTuple):
    """One line of the frame: a report on one recipient, or a message that is none."""

    row: int | None
    recipient: str
    action: str
    bounce: str
    code: str
    text: str
    joined_by: str
    source: str
    remark: str


class Gathered(NamedTuple):
    """A line, and what is kept of it; None for what concerns no recipient of the campaign."""

    line: Line
    record: ReportRecord | None = None


def gather(path: Place, source: Reports, rows: Mapping[int, int]) -> pd.DataFrame:
    """Read reports, and keep those about the campaign of this journal.

    Args:
        rows: the position of the row of each message's number.

    Raises:
        InputError: the source cannot be read.
        CampaignBusy: the campaign is being sent, and there is something to keep.
    """
    found = messages_in(source)
    with JournalReader.open_or_empty(path) as journal:
        sent = SentMessages(journal.deliveries())
    gathered = [one for message in found for one in _of_message(message, sent, rows)]
    keep(path, [one.record for one in gathered if one.record is not None])
    return _framed([one.line for one in gathered])


def known(journal: JournalReader, rows: Mapping[int, int]) -> pd.DataFrame:
    """What the journal has kept, in the same columns."""
    names = {(d.message, d.address): d.recipient for d in journal.deliveries()}
    return _framed([
        Line(rows.get(r.message), names.get((r.message, r.address), r.address), r.action, r.bounce,
             r.code, r.text, r.joined_by, r.source, "")
        for r in journal.reports()
    ])  # fmt: skip


def keep(path: Place, records: list[ReportRecord]) -> None:
    """Write reports into the journal; those that it has already change nothing."""
    if records:
        with ExitStack() as held:
            held.callback(locked(path).release)
            held.enter_context(Journal(path)).keep_reports(records)


def _of_message(
    found: MessageRead, sent: SentMessages, rows: Mapping[int, int]
) -> Iterator[Gathered]:
    source = visible(found.source)
    report = Report(remark=found.trouble) if found.trouble else read_report(found.content)
    if not report.statements:
        yield Gathered(Line(None, "", "", "", "", "", "", source, visible(report.remark)))
        return
    message, joined_by = sent.find(report.clues) or (None, "")
    for one in report.statements:
        said = (one.action, one.bounce, one.code, one.text, joined_by, source)
        named = one.addresses[0] if one.addresses else ""
        if message is None:
            yield Gathered(Line(None, named, *said, NOT_OURS))
        elif (record := sent.recipient(message, one)) is None:
            yield Gathered(Line(rows.get(message), named, *said, UNCLEAR))
        else:
            line = Line(rows.get(message), record.recipient, *said, "")
            yield Gathered(line, ReportRecord(message, record.address, *said))


def _framed(lines: list[Line]) -> pd.DataFrame:
    columns = list(zip(*lines, strict=True)) or [()] * len(Line._fields)
    frame = pd.DataFrame(dict(zip(Line._fields, columns, strict=True)))
    kinds = {name: "object" for name in Line._fields if name != "row"}
    return frame.astype({"row": "Int64", **kinds})
