"""CSV that a spreadsheet takes as text."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from smtp_nb.classroom.exercises.exercise import Criterion
from smtp_nb.classroom.grading.tables import grades_csv, totals_csv, write_text
from smtp_nb.classroom.judging.evidence import Evidence
from smtp_nb.classroom.judging.gradebook import grades_of
from smtp_nb.classroom.judging.provenance import Provenance
from smtp_nb.classroom.judging.rows import COLUMNS
from smtp_nb.errors import InputError


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@x", "＝1", "'x"])
def test_no_cell_becomes_a_formula(name: str) -> None:
    (grade, *_) = grades_of([Evidence(name, 1, Provenance.NOTEBOOK)])
    for text in (grades_csv([grade]), totals_csv([grade])):
        assert list(csv.reader(text.splitlines()))[1][0] == f"'{name}"


def test_what_a_student_wrote_stays_on_its_line() -> None:
    (grade, *_) = grades_of([Evidence("ann", 1, Provenance.NOTEBOOK)])
    wrong = Criterion("subject", 1, False, "two\r\nlines\x1b[31m")
    text = grades_csv([replace(grade, criteria=(wrong,))])
    assert len(text.splitlines()) == 2
    row = dict(zip(COLUMNS, list(csv.reader(text.splitlines()))[1], strict=True))
    assert row["failed"].startswith("subject (two")
    assert "\x1b" not in text


def test_what_cannot_be_written_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_text(tmp_path / "file" / "x.csv", "")
