"""The most trusted source counts, and a saved conversation counts nothing."""

from __future__ import annotations

import pytest

from smtp_nb.classroom.exercises.exercise import Criterion
from smtp_nb.classroom.exercises.score import Score
from smtp_nb.classroom.exercises.words import word_for
from smtp_nb.classroom.judging.evidence import Evidence
from smtp_nb.classroom.judging.grade import Grade
from smtp_nb.classroom.judging.gradebook import grades_of
from smtp_nb.classroom.judging.provenance import Provenance
from smtp_nb.classroom.lessons import PLANS

FIRST = PLANS[1].exercises[0]


def evidence(source: Provenance, points: float, student: str = "ann", word: str = "") -> Evidence:
    score = Score(FIRST, [Criterion("all", points, True)])
    return Evidence(student, 1, source, {FIRST.key: score}, words={word} if word else ())


def first(*found: Evidence) -> Grade:
    return grades_of(found)[0]


@pytest.mark.parametrize(
    ("points", "counted", "source", "self_study", "note"),
    [
        ({Provenance.NOTEBOOK: 3}, 3, Provenance.NOTEBOOK, None, ""),
        (
            {Provenance.CLASS_LOG: 2, Provenance.NOTEBOOK: 4},
            2,
            Provenance.CLASS_LOG,
            None,
            "notebook",
        ),
        (
            {Provenance.CLASS_LOG: 0, Provenance.NOTEBOOK: 4},
            4,
            Provenance.NOTEBOOK,
            None,
            "class log shows 0",
        ),
        ({Provenance.TRAIL: 4}, 0, Provenance.TRAIL, 4, "self-study"),
        ({Provenance.TRAIL: 4, Provenance.NOTEBOOK: 1}, 1, Provenance.NOTEBOOK, 4, "self-study"),
        ({Provenance.TRAIL: 1, Provenance.NOTEBOOK: 1}, 1, Provenance.NOTEBOOK, 1, ""),
    ],
    ids=str,
)
def test_the_most_trusted_source_that_shows_points_counts(
    points: dict[Provenance, float],
    counted: float,
    source: Provenance,
    self_study: float | None,
    note: str,
) -> None:
    found = first(*(evidence(*one) for one in points.items()))
    assert (found.points, found.source, found.self_study) == (counted, source, self_study)
    assert note in found.note
    assert bool(found.note) is bool(note)


def test_of_two_notebooks_the_better_counts() -> None:
    assert first(evidence(Provenance.NOTEBOOK, 1), evidence(Provenance.NOTEBOOK, 3)).points == 3


def test_names_that_differ_in_case_are_one_student() -> None:
    found = grades_of(
        [evidence(Provenance.NOTEBOOK, 1, "Ann"), evidence(Provenance.CLASS_LOG, 2, "ann")]
    )
    assert [(one.student, one.points) for one in found] == [("Ann", 2), ("Ann", 0)]


def test_a_copied_word_is_named() -> None:
    ann = evidence(Provenance.NOTEBOOK, 1, word=word_for(1, "ben"))
    ben = evidence(Provenance.NOTEBOOK, 1, "ben", word_for(1, "ben"))
    copied, _, own, _ = grades_of([ann, ben])
    assert copied.note == "used ben's word"
    assert (copied.copied_from, own.copied_from) == (("ben",), ())


def test_no_student_gets_more_than_there_is() -> None:
    assert first(evidence(Provenance.NOTEBOOK, 99)).points == FIRST.points
