"""`%smtp lessons`, `lesson`, `check` and `hint`, as a student uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...conftest import Kernel

SAID = "EHLO me\nMAIL FROM:<a@b.test>\nRCPT TO:<teacher@class.test>\nDATA\nSubject: x\n\n.\nQUIT"


@pytest.fixture
def learning(kernel: Kernel) -> Iterator[Kernel]:
    assert kernel.run("%smtp lesson 1 --student ann").status == "ok"
    yield kernel
    kernel.run("lesson.close()")


def test_lessons_lists_what_there_is(kernel: Kernel) -> None:
    shown = kernel.run("%smtp lessons").text
    assert "1 A conversation by hand" in shown
    assert "30 minutes" in shown


def test_talk_leads_to_the_lesson_and_check_judges_what_was_said(learning: Kernel) -> None:
    assert learning.value("lesson.number, lesson.student") == "(1, 'ann')"
    assert "nothing was typed yet" in str(learning.run("%smtp check 1.1").outputs)
    learning.run(f"%%smtp talk --name ann\n{SAID}")
    assert learning.run("score = %smtp check 1.1").status == "ok"
    assert learning.value("float(score), score.failed") == "(3.5, ['its subject is your word'])"


def test_hints_come_one_by_one(learning: Kernel) -> None:
    assert "hint 1 of 3" in learning.run("%smtp hint 1.1").text
    assert "hint 2 of 3" in learning.run("%smtp hint 1.1").text
    assert learning.value("lesson.hints_used") == "{'1.1': 2}"


def test_a_sandbox_that_was_started_goes_before_the_lessons(learning: Kernel) -> None:
    learning.run("%smtp server start")
    learning.run("%%smtp talk\nEHLO me\nQUIT")
    assert learning.value("len(lesson.server.sessions)") == "0"
    learning.run("%smtp server stop")
    learning.run("%%smtp talk\nEHLO me\nQUIT")
    assert learning.value("len(lesson.server.sessions)") == "1"


def test_what_is_not_there_is_said(kernel: Kernel) -> None:
    assert "no lesson has begun" in kernel.run("%smtp check 1.1").error["evalue"]
    assert "NUMBER takes one of 1" in kernel.run("%smtp lesson 99").text
    kernel.run("%smtp lesson 1")
    assert "no exercise '9.9'" in kernel.run("%smtp check 9.9").error["evalue"]
    assert "'nothing' is not defined" in kernel.run("%smtp check 1.1 nothing").text
    kernel.run("lesson.close()")
