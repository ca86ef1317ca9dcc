"""Answers to the exercises: right ones get every point, wrong ones fail where they are wrong.

Right answers are for teachers: `docs/teaching/answers/NN/right.py` solves all of lesson NN. Wrong
ones are `answers/NN/*.py`; the first line of each names the exercise and the criterion to fail.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import smtp_nb
from smtp_nb import SMTP, ambient
from smtp_nb.classroom import Lesson, Score
from smtp_nb.classroom.exercises.exercise import Exercise
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.lessons import PLANS
from smtp_nb.sandbox import SandboxServer

ROOT = Path(__file__).parents[2]
WRONG = sorted((Path(__file__).parent / "answers").glob("*/*.py"))
EVERY_PLAN = pytest.mark.parametrize("plan", PLANS.values(), ids=lambda plan: f"{plan.number:02}")
BY_HAND = "a conversation by hand"
HEAD = re.compile(r"# (\d+\.\d+): (.+)")


@pytest.fixture(autouse=True)
def own_machine_afterwards() -> Iterator[None]:
    yield
    lesson = smtp_nb.lesson(1)
    lesson.close()


class Copyist:
    """A lesson as a student sees it who has copied the answers of another one."""

    def __init__(self, lesson: Lesson, nonce: str) -> None:
        self.nonce, self._lesson = nonce, lesson

    def __getattr__(self, name: str) -> Any:  # of the lesson
        return getattr(self._lesson, name)


def right_answer(number: int) -> str:
    return (ROOT / f"docs/teaching/answers/{number:02}/right.py").read_text("utf-8")


def answered(text: str, lesson: Lesson | Copyist, path: str = "answer") -> dict[str, Any]:
    names: dict[str, Any] = {"lesson": lesson}
    exec(compile(text, path, "exec"), names)
    return names


def judged(lesson: Lesson, exercise: Exercise, names: dict[str, Any]) -> Score:
    return lesson.check(exercise.key, names.get(exercise.takes))


@EVERY_PLAN
def test_a_right_answer_gets_every_point(plan: Any, capsys: pytest.CaptureFixture[str]) -> None:
    lesson = smtp_nb.lesson(plan.number, student="ann")
    names = answered(right_answer(plan.number), lesson)
    for exercise in plan.exercises:
        score = judged(lesson, exercise, names)
        assert score.is_full, str(score)
    assert capsys.readouterr().err == ""


@EVERY_PLAN
def test_a_copied_answer_fails(plan: Any) -> None:
    """Functions too, whose docstring is the student's word."""
    nonce = smtp_nb.lesson(plan.number, student="ben").nonce
    lesson = smtp_nb.lesson(plan.number, student="ann")
    assert nonce != lesson.nonce
    names = answered(right_answer(plan.number), Copyist(lesson, nonce))
    for exercise in plan.exercises:
        score = judged(lesson, exercise, names)
        assert score < exercise.points, str(score)


@EVERY_PLAN
def test_no_answer_gets_no_points_and_reasons(
    plan: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = smtp_nb.lesson(plan.number, student="ann")
    for exercise in plan.exercises:
        score = lesson.check(exercise.key)
        assert score == 0
        assert any(one.seen for one in score.criteria if not one.is_met), str(score)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("path", WRONG, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_wrong_answer_fails_where_it_is_wrong(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = path.read_text("utf-8")
    head = HEAD.match(text)
    assert head is not None, "the first line names the exercise and the criterion"
    key, criterion = head.groups()
    lesson = smtp_nb.lesson(int(path.parent.name), student="ann")
    names = answered(text, lesson, str(path))
    score = judged(lesson, lesson.exercises[key], names)
    assert criterion in score.failed, str(score)
    assert not score.is_full
    assert capsys.readouterr().err == ""


@EVERY_PLAN
def test_each_exercise_has_four_wrong_answers(plan: Any) -> None:
    texts = [path.read_text("utf-8") for path in WRONG if int(path.parent.name) == plan.number]
    heads = [HEAD.match(text) for text in texts]
    counts = {
        exercise.key: sum(head is not None and head[1] == exercise.key for head in heads)
        for exercise in plan.exercises
    }
    assert all(count >= 4 for count in counts.values()), counts


def by_hand_exercises() -> Iterator[Exercise]:
    for plan in PLANS.values():
        for exercise in plan.exercises:
            if BY_HAND in Score(exercise, exercise.criteria(Seen(()))).failed:
                yield exercise


@pytest.mark.parametrize("exercise", list(by_hand_exercises()), ids=lambda exercise: exercise.key)
def test_a_library_is_not_a_hand(exercise: Exercise) -> None:
    ambient.replace(None)
    with SandboxServer(greeting="your word is maple-jasmine") as server:
        with smtplib.SMTP(server.host, server.port) as client:
            client.sendmail("ann@class.test", "teacher@class.test", "Subject: maple-jasmine\n\nx")
        with SMTP.from_url(server.url, from_="ann@class.test", subject="maple-jasmine") as smtp:
            smtp.send_to = "teacher@class.test"
            smtp.send()
        seen = Seen(tuple(server.sessions), "ann", "maple-jasmine")
        assert Score(exercise, exercise.criteria(seen)).failed == [BY_HAND]


@EVERY_PLAN
def test_hints_of_every_exercise_are_counted_and_none_holds_the_word(plan: Any) -> None:
    lesson = smtp_nb.lesson(plan.number, student="ann")
    for exercise in plan.exercises:
        assert len(exercise.hints) >= 2
        told = [lesson.hint(exercise.key) for _ in exercise.hints]
        assert lesson.hint(exercise.key).startswith("that was the last hint")
        assert lesson.hints_used[exercise.key] == len(set(told)) == len(exercise.hints)
        assert not any(lesson.nonce in text for text in told)
