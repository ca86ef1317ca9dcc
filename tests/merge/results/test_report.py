from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from smtp_nb.merge.journal.journal import Journal
from smtp_nb.merge.journal.schema import Attempt, PlanEntry, Result
from smtp_nb.merge.results import report

COLUMNS = [
    "row", "recipient", "kind", "outcome", "code", "enhanced_code", "reply", "explanation",
    "queue_id", "message_id", "attempts", "sent_at", "seconds", "size", "bounce", "bounce_code",
]  # fmt: skip


@pytest.fixture
def journal() -> Journal:
    """Three messages: accepted with a refused copy, unknown, and one whose row is gone."""
    journal = Journal(None)
    journal.register(["a", "b", "c"])
    for number, address, kind in ((1, "a@x.test", 0), (1, "boss@x.test", 1), (2, "b@x.test", 0),
                                  (3, "c@x.test", 0)):  # fmt: skip
        journal.record_attempts([Attempt(number, address, address, kind, f"<{number}@x.test>")])
    refused = "No such mailbox"
    journal.settle([
        Result("ACCEPTED", 250, "2.0.0", "Ok", "q1", 0.5, 700, 1, "a@x.test"),
        Result("REFUSED", 550, "5.1.1", refused, "", 0.5, 700, 1, "boss@x.test"),
        Result("ACCEPTED", 250, "2.0.0", "Ok", "q3", 0.5, 700, 3, "c@x.test"),
    ])  # fmt: skip
    return journal


ENTRIES = [
    PlanEntry(0, None, "broken", "INVALID", "no address"),
    PlanEntry(1, 2, "b@x.test", None, ""),
    PlanEntry(2, 1, "a@x.test", None, ""),
    PlanEntry(3, None, "a@x.test", "DUPLICATE", "the same recipient as row 2"),
    PlanEntry(4, 9, "new@x.test", None, ""),
]
INDEX = pd.Index(["v", "w", "x", "y", "z"], name="who")


def test_there_is_one_line_for_each_row_and_recipient(journal: Journal) -> None:
    found = report.results(ENTRIES, journal, INDEX)
    assert list(found.columns) == COLUMNS
    assert list(found.index) == ["v", "w", "x", "x", "y", "z"]
    assert found.index.name == "who"
    assert list(found["row"]) == [0, 1, 2, 2, 3, 4]
    assert list(found["kind"]) == ["TO", "TO", "TO", "CC", "TO", "TO"]
    assert list(found["outcome"]) == [
        "INVALID", "UNKNOWN", "ACCEPTED", "REFUSED", "DUPLICATE", "NOT_SENT"
    ]  # fmt: skip
    assert list(found["attempts"]) == [0, 1, 1, 1, 0, 0]


def test_everything_but_success_is_explained(journal: Journal) -> None:
    found = report.results(ENTRIES, journal, INDEX)
    assert [bool(text) for text in found["explanation"]] == [True, True, False, True, True, True]
    assert "may have been delivered" in found["explanation"].iloc[1]
    assert "mailbox" in found["explanation"].iloc[3]
    assert found["reply"].iloc[3] == "No such mailbox"


def test_the_types_of_the_columns_do_not_depend_on_the_rows(journal: Journal) -> None:
    full = report.results(ENTRIES, journal, INDEX)
    empty = report.results([], None, INDEX[:0])
    assert list(empty.columns) == COLUMNS
    numbers = ["row", "code", "attempts", "sent_at", "seconds", "size"]
    assert full[numbers].dtypes.to_dict() == empty[numbers].dtypes.to_dict()
    assert str(full["sent_at"].dtype).endswith("UTC]")


def test_without_a_frame_removed_rows_follow_at_the_end(journal: Journal) -> None:
    found = report.results(ENTRIES, journal)
    assert list(found["recipient"])[-1] == "c@x.test"
    assert pd.isna(found["row"].iloc[-1])


@pytest.mark.parametrize("index", [INDEX, pd.Index([7, 7, 7, 8, 8])])
def test_the_table_has_exactly_the_rows_of_the_frame(journal: Journal, index: pd.Index) -> None:
    frame = pd.DataFrame({"email": list("abcde")}, index=index)
    table = report.table(frame, report.results(ENTRIES, journal, index))
    assert table.index.equals(index)
    assert list(table.columns[:1]) == ["email"]
    assert all(name.startswith("mail_") for name in table.columns[1:])
    assert list(table["mail_outcome"]) == [
        "INVALID", "UNKNOWN", "PARTIAL", "DUPLICATE", "NOT_SENT"
    ]  # fmt: skip
    assert table["mail_code"].iloc[2] == 550


def test_a_table_of_a_table_stays_one(journal: Journal) -> None:
    frame = pd.DataFrame({"email": list("abcde")}, index=INDEX)
    found = report.results(ENTRIES, journal, INDEX)
    table = report.table(frame, found)
    assert report.table(table, found).equals(table)


def test_colours_show_outcomes_and_escape_what_servers_say(journal: Journal) -> None:
    found = report.results(ENTRIES, journal, INDEX)
    found["reply"] = "<script>"
    html = report.style(found).to_html()
    assert "background-color" in html
    assert "<script>" not in html


def test_a_row_that_became_invalid_says_why(journal: Journal) -> None:
    journal.settle([Result("DEFERRED", 450, "", "later", "", 0.1, 1, 2, "b@x.test")])
    entry = PlanEntry(1, 2, "b@x.test", "INVALID", "the cell is empty")
    found = report.results([entry], journal, INDEX[:1])
    assert list(found["outcome"]) == ["INVALID"]


def test_counts_name_every_outcome(journal: Journal, tmp_path: Path) -> None:
    counts = report.counts(report.results(ENTRIES, journal, INDEX))
    assert counts == "1 INVALID, 1 UNKNOWN, 1 ACCEPTED, 1 REFUSED, 1 DUPLICATE, 1 NOT_SENT"
