"""The most trusted source counts, and a saved conversation counts nothing."""

from __future__ import annotations

import pytest

from smtp_nb.classroom.exercises.exercise import Criterion
from smtp_nb.classroom.exercises.score import Score
from smtp_nb.classroom.exercises.words import word_for
from smtp_nb.classroom.grading.evidence import Evidence
from smtp_nb.classroom.grading.grade import Grade
from smtp_nb.classroom.grading.gradebook import grades_of
from smtp_nb.classroom.grading.source import Source
from smtp_nb.classroom.lessons import PLANS

FIRST = PLANS[1].exercises[0]


def evidence(source: Source, points: float, student: str = "ann", word: str = "") -> Evidence:
    score = Score(FIRST, [Criterion("all", points, True)])
    return Evidence(student, 1, source, {FIRST.key: score}, words={word} if word else ())


def first(*found: Evidence) -> Grade:
    return grades_of(found)[0]


@pytest.mark.parametrize(
    ("points", "counted", "source", "self_study", "note"),
    [
        ({Source.NOTEBOOK: 3}, 3, Source.NOTEBOOK, None, ""),
        ({Source.CLASS_LOG: 2, Source.NOTEBOOK: 4}, 2, Source.CLASS_LOG, None, "notebook"),
        ({Source.CLASS_LOG: 0, Source.NOTEBOOK: 4}, 4, Source.NOTEBOOK, None, "class log shows 0"),
        ({Source.TRAIL: 4}, 0, Source.TRAIL, 4, "self-study"),
        ({Source.TRAIL: 4, Source.NOTEBOOK: 1}, 1, Source.NOTEBOOK, 4, "self-study"),
        ({Source.TRAIL: 1, Source.NOTEBOOK: 1}, 1, Source.NOTEBOOK, 1, ""),
    ],
    ids=str,
)
def test_the_most_trusted_source_that_shows_points_counts(
    points: dict[Source, float],
    counted: float,
    source: Source,
    self_study: float | None,
    note: str,
) -> None:
    found = first(*(evidence(*one) for one in points.items()))
    assert (found.points, found.source, found.self_study) == (counted, source, self_study)
    assert note in found.note
    assert bool(found.note) is bool(note)


def test_of_two_notebooks_the_better_counts() -> None:
    assert first(evidence(Source.NOTEBOOK, 1), evidence(Source.NOTEBOOK, 3)).points == 3


def test_names_that_differ_in_case_are_one_student() -> None:
    found = grades_of([evidence(Source.NOTEBOOK, 1, "Ann"), evidence(Source.CLASS_LOG, 2, "ann")])
    assert [(one.student, one.points) for one in found] == [("Ann", 2), ("Ann", 0)]


def test_a_copied_word_is_named() -> None:
    ann = evidence(Source.NOTEBOOK, 1, word=word_for(1, "ben"))
    ben = evidence(Source.NOTEBOOK, 1, "ben", word_for(1, "ben"))
    copied, _, own, _ = grades_of([ann, ben])
    assert copied.note == "used ben's word"
    assert (copied.copied_from, own.copied_from) == (("ben",), ())


def test_no_student_gets_more_than_there_is() -> None:
    assert first(evidence(Source.NOTEBOOK, 99)).points == FIRST.points
