"""A class of ten is graded: each gets what the work is worth, whatever else is in the notebook."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from classroom.grading.class_of_ten import begun, code_cell, notebook_of, solved
from classroom.grading.conftest import Graded
from smtp_nb.classroom.__main__ import main
from smtp_nb.classroom.exercises.words import word_for
from smtp_nb.classroom.grading.allowance import Allowance
from smtp_nb.classroom.grading.grading import grade
from smtp_nb.classroom.judging.rows import COLUMNS


@pytest.fixture(scope="session")
def rows(graded: Graded) -> dict[tuple[str, str], dict[str, str]]:
    """The rows of grades.csv, by student and exercise."""
    with (graded.place / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert tuple(found[0]) == COLUMNS
    return {(row["student"], row["exercise"]): row for row in found}


Rows = dict[tuple[str, str], dict[str, str]]


def test_each_gets_what_the_work_is_worth(graded: Graded, rows: Rows) -> None:
    wanted = {
        (one.name, key): points
        for one in graded.submissions
        for key, points in zip(("1.1", "1.2"), one.points, strict=True)
    }
    assert {place: float(row["points"]) for place, row in rows.items()} == wanted


def test_the_row_says_what_failed_and_from_where_the_points_are(rows: Rows) -> None:
    row = rows["ann", "1.2"]
    assert (row["of"], row["failed"]) == ("3", "a 554 (not heard yet)")
    assert row["source"] == "notebook run again"


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("dora", "code cell 2: no end after 10 s"),
        ("eve", "a saved conversation is for self-study and counts nothing"),
        ("gil", "used ben's word"),
        ("hana", "code cell 2: SyntaxError: invalid syntax, line 1"),
        ("ida", "the notebook begins no lesson"),
    ],
)
def test_what_the_teacher_should_know_is_noted(rows: Rows, name: str, note: str) -> None:
    assert rows[name, "1.1"]["note"] == note


def test_noise_and_what_an_import_writes_are_no_fault(graded: Graded, rows: Rows) -> None:
    for name in ("ben", "cy", "finn", "jo"):
        assert rows[name, "1.1"]["note"] == ""
    assert not list(graded.place.rglob("left.txt"))
    assert not list(graded.place.rglob("writer.py"))


def test_a_forged_conversation_is_shown_and_counts_nothing(rows: Rows) -> None:
    assert (rows["eve", "1.1"]["points"], rows["eve", "1.1"]["self_study"]) == ("0", "4")
    assert rows["ann", "1.1"]["self_study"] == ""


def test_totals_have_a_row_for_each_student(graded: Graded) -> None:
    text = (graded.place / "totals.csv").read_text(encoding="utf-8-sig")
    first, second, *_ = text.splitlines()
    assert first == "student,1.1,1.2,total,of"
    assert second == "ann,4,2,6,7"


def test_the_summary_says_how_the_class_did_and_whom_to_trust(graded: Graded) -> None:
    assert "10 students" in graded.said
    assert "1.1         3.15   4     7     2  a conversation by hand" in graded.said
    assert "gil: used ben's word" in graded.said
    assert "Trust: a class log" in graded.said
    page = (graded.place / "grades.html").read_text(encoding="utf-8")
    assert "<td>3.15</td>" in page
    assert "used ben&#x27;s word" in page


def test_feedback_holds_nothing_of_another_student(graded: Graded) -> None:
    names = [one.name for one in graded.submissions]
    for name in names:
        page = (graded.place / "feedback" / f"{name}.html").read_text(encoding="utf-8")
        assert f"Feedback for {name}" in page
        for other in names:
            assert other == name or f"{other}'s" not in page, (name, other)
            assert other == name or f">{other}<" not in page
        assert "http" not in page
    gil = (graded.place / "feedback" / "gil.html").read_text(encoding="utf-8")
    assert "you used another student&#x27;s word" in gil


# -- one at a time --------------------------------------------------------------------------------


def handed_in(folder: Path, name: str, *cells: str) -> Path:
    place = folder / name / "lesson-1"
    place.mkdir(parents=True)
    numbered = [code_cell(f"c{number}", source) for number, source in enumerate(cells)]
    (place / "by-hand.ipynb").write_bytes(notebook_of(numbered))
    return folder


def test_a_lesson_in_anothers_name_is_judged_by_the_own_word(tmp_path: Path) -> None:
    """The whole notebook is ben's, his name included."""
    for name in ("ann", "ben"):
        handed_in(tmp_path, name, begun("ben"), solved("ben"))
    ann, _, ben, _ = grade([tmp_path], allowance=Allowance(10))
    assert (ann.points, ben.points) == (3.5, 4)
    assert ann.copied_from == ("ben",)
    assert "the lesson is in ben's name; judged as ann's" in ann.note
    assert ben.note == ""


def test_a_name_written_otherwise_is_no_copy(tmp_path: Path) -> None:
    folder = handed_in(tmp_path, "Ann Smith", begun("ann"), solved("ann"))
    first, _ = grade([folder], allowance=Allowance(10))
    assert (first.student, first.points, first.note) == ("Ann Smith", 4, "")


def test_hints_are_counted_and_remarks_are_kept(tmp_path: Path) -> None:
    leave = solved("ann").replace("\nQUIT", "") + "\ntalk.close()"
    folder = handed_in(tmp_path, "ann", begun("ann"), "lesson.hint('1.1')", leave)
    first, second = grade([folder], allowance=Allowance(10))
    assert (first.hints, second.hints) == (1, 0)
    assert first.remarks == {"no-quit": 1}
    assert [one.name for one in first.failed] == ["you said good-bye"]


# -- faults of the command ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["grade", "nowhere", "-o", "x.csv"], "'nowhere' does not exist"),
        (["grade", ".", "-o", "x.csv"], "found nothing to grade"),
        (["grade", ".", "-o", "x.csv", "--lesson", "99"], "lesson 99 does not exist"),
        (["grade", ".", "-o", "x.csv", "--timeout", "0"], "a cell cannot have 0 s"),
        (["grade", ".", "-o", "x.csv", "--memory", "1"], "a notebook cannot have 1 MB"),
        (["export", "otter", ".", "--lesson", "99"], "lesson 99 does not exist"),
    ],
)
def test_a_fault_of_its_own_is_exit_code_two(
    arguments: list[str],
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert text in capsys.readouterr().err
    assert os.listdir(tmp_path) == []


def test_a_broken_notebook_is_a_note_and_no_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ann.ipynb").write_bytes(b"{")
    (tmp_path / "ben.zip").write_bytes(b"PK but no more")
    out = tmp_path / "grades.csv"
    assert main(["grade", str(tmp_path), "-o", str(out), "--lesson", "1"]) == 0
    said = capsys.readouterr().out
    assert "ann: ann.ipynb: it is not a notebook (format 4)" in said
    assert "ben: ben.zip: the archive is broken: BadZipFile" in said


def test_the_command_says_how_it_is_used() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "smtp_nb.classroom", "grade", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    for option in ("--lesson", "--feedback", "--timeout", "--memory", "--totals"):
        assert option in run.stdout


def test_words_are_told_apart() -> None:
    """What the tests above rest upon."""
    assert len({word_for(1, name) for name in ("ann", "ben", "gil")}) == 3
