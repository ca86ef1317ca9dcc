"""Quiz view: the page learns a reply only after its code was answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import smtp_nb
from smtp_nb.classroom import Quiz, Terminal
from smtp_nb.widgets import QuizView, quiz_view


@pytest.fixture
def quiz() -> Iterator[Quiz]:
    lesson = smtp_nb.lesson(1, student="ann")
    with Terminal(lesson.server) as terminal:
        terminal.dialogue("EHLO me.test\nMAIL FROM:<ann@school.test>")
    yield lesson.quiz(lesson.server.sessions[0], at=["EHLO", "MAIL"])
    lesson.close()


def taken(view: QuizView) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    view.send = sent.append
    return sent


def test_the_page_gets_one_question_after_the_other(quiz: Quiz) -> None:
    view = quiz_view(quiz)
    sent = taken(view)
    view._handle_custom_msg({"ready": True}, [])
    assert [one["text"] for one in sent[0]["questions"]] == ["What does the server reply to EHLO?"]
    assert sent[0]["questions"][0]["codes"] == ()
    assert "greets" not in str(sent) + str(view.get_state())
    view._handle_custom_msg({"answer": [1, 3]}, [])
    assert sent[1]["questions"][0]["right"] == (False, False)
    assert 250 in sent[1]["questions"][0]["codes"]
    assert "greets" not in str(sent)
    view._handle_custom_msg({"answer": [1, 250]}, [])
    assert "greets" in str(sent[2])
    assert len(sent[2]["questions"]) == 2
    assert (sent[2]["points"], sent[2]["total"]) == (1, 4)
    view.close()


@pytest.mark.parametrize(
    "content", [None, {"answer": [9, 2]}, {"answer": [1, 7]}, {"answer": "x"}, {}], ids=str
)
def test_a_page_that_answers_nonsense_changes_nothing(quiz: Quiz, content: object) -> None:
    view = quiz_view(quiz)
    sent = taken(view)
    view._handle_custom_msg(content, [])
    assert sent == []
    assert quiz.points == 0
    view.close()


def test_the_saved_form_has_the_answers_and_no_address(quiz: Quiz) -> None:
    view = quiz_view(quiz)
    quiz.answer(1, 3)
    text, html = view.static_forms()
    assert "you said 3: no, it begins with 2" in text
    quiz.answer(1, 250)
    assert "ann@" not in "".join(view.static_forms())
    assert "you said 3" in html
    view.close()
