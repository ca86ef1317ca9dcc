"""What a student's rule may return."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import smtp_nb
from smtp_nb.classroom import Lesson
from smtp_nb.classroom.exercises.tries import tries_of
from smtp_nb.classroom.lessons.refusals import GIVEN_UP_AFTER
from smtp_nb.errors import InputError


@pytest.fixture
def lesson() -> Iterator[Lesson]:
    lesson = smtp_nb.lesson(5, student="ann")
    yield lesson
    lesson.close()


@pytest.mark.parametrize("value", [True, "300", -1, float("nan"), [300]], ids=str)
def test_a_pause_is_a_number_of_seconds_or_none(lesson: Lesson, value: object) -> None:
    with pytest.raises(InputError, match="retry\\(\\) returned"):
        lesson.begin("5.1").send(lambda reply, tries: value, subject="x")


def test_a_rule_that_never_stops_is_stopped(lesson: Lesson) -> None:
    lesson.begin("5.1").send(lambda reply, tries: 0, subject="x")
    assert len(tries_of(lesson.server.sessions)) == 30 * GIVEN_UP_AFTER
