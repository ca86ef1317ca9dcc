"""Feedback in plain words, and the class at a glance."""

from __future__ import annotations

import re
from pathlib import Path

from smtp_nb.classroom.grading.feedback import feedback_html, write_feedback
from smtp_nb.classroom.grading.plain_words import PLAIN_WORDS
from smtp_nb.classroom.grading.summary import summary_html, summary_text
from smtp_nb.classroom.judging.evidence import Evidence
from smtp_nb.classroom.judging.gradebook import grades_of
from smtp_nb.classroom.judging.provenance import Provenance
from smtp_nb.sandbox.session import Session


def evidence(student: str, **remarks: int) -> Evidence:
    named = {key.replace("_", "-"): count for key, count in remarks.items()}
    return Evidence(student, 1, Provenance.NOTEBOOK, remarks=named)


def test_every_remark_has_plain_words() -> None:
    told = re.search(r"The keys: `([^`]+)`", Session.remarks.__doc__ or "")
    assert told
    assert set(told[1].split()) == set(PLAIN_WORDS)


def test_feedback_tells_remarks_and_what_to_do() -> None:
    page = feedback_html(grades_of([evidence("ann", no_quit=1, bare_lf=2)]))
    assert "<li>you left without QUIT</li>" in page
    assert "lines in SMTP end with CR and LF (2 times)</li>" in page
    assert "Nothing of yours was found for this exercise." in page


def test_names_become_file_names_that_differ(tmp_path: Path) -> None:
    names = ("../ann", "ann", "Zoë <b>", "")
    grades = grades_of([evidence(name) for name in names])
    written = {path.name for path in write_feedback(grades, tmp_path / "f")}
    assert written == {"ann.html", "ann-2.html", "Zoë_b.html", "student.html"}
    page = (tmp_path / "f" / "Zoë_b.html").read_text(encoding="utf-8")
    assert "Feedback for Zoë &lt;b&gt;" in page


def test_the_heat_map_is_darker_the_more_often() -> None:
    grades = grades_of([evidence("ann", bare_lf=1), evidence("ben", bare_lf=4, no_quit=1)])
    page = summary_html(grades)
    assert '<td style="background:rgb(255,150,125)">4</td>' in page
    assert '<td style="background:rgb(255,255,255)"></td>' in page
    assert "remarks, by the number of students: bare-lf 2, no-quit 1" in summary_text(grades)
