"""Quiz: the first answer counts, the same seed asks the same, and nothing tells the answer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

import smtp_nb
from smtp_nb.classroom import Lesson, Quiz, Terminal
from smtp_nb.classroom.quizzes.ideas import CLASSES, CODES, correction
from smtp_nb.errors import InputError
from smtp_nb.sandbox import SandboxServer
from smtp_nb.sandbox.session import Session

DIALOGUE = """EHLO me.test
MAIL FROM:<ann@school.test>
RCPT TO:<ben@school.test>
DATA
Subject: x

x
.
VRFY someone
QUIT"""


@pytest.fixture
def lesson() -> Iterator[Lesson]:
    lesson = smtp_nb.lesson(1, student="ann")
    yield lesson
    lesson.close()


@pytest.fixture
def session(lesson: Lesson) -> Session:
    with Terminal(lesson.server) as terminal:
        terminal.dialogue(DIALOGUE)
    return lesson.server.sessions[0]


def test_the_first_answer_counts(lesson: Lesson, session: Session) -> None:
    quiz = lesson.quiz(session, at=["DATA"])
    assert quiz.answer(1, 2).startswith("no, it begins with 3: 250 would say")
    assert quiz.answer(1, 3).startswith("right")
    assert quiz.answer(1, 354).startswith("right: 354 ")
    assert (quiz.points, quiz.total) == (1, 2)
    assert lesson.answers == {"quiz": {"1": [2, 354]}}


def test_a_code_answers_the_class_too(session: Session) -> None:
    quiz = Quiz(session, at=[0, "EHLO"])
    quiz.answer(1, 220)
    quiz.answer(2, 220)
    assert [quiz.is_right(1), quiz.is_right(2)] == [(True, True), (True, False)]
    assert quiz.points == 3
    assert "220 is the greeting" in str(quiz)


def test_answers_stand_when_the_cell_runs_again(lesson: Lesson, session: Session) -> None:
    lesson.quiz(session, at=["DATA"]).answer(1, 2)
    again = lesson.quiz(session, at=["DATA"])
    again.answer(1, 3)
    assert again.given(1) == (2, 0)
    assert lesson.quiz(session, at=["DATA"], name="other").given(1) == (0, 0)
    assert lesson.seen.answers["quiz"] == {"1": [2, 0]}


def test_what_is_asked_depends_on_the_seed_alone(session: Session) -> None:
    seeds = {str(Quiz(session, seed=seed)) for seed in range(12)}
    assert len(seeds) > 1
    assert str(Quiz(session, seed="ann")) == str(Quiz(session, seed="ann"))
    assert len(Quiz(session).questions) == 5
    assert [question.stage for question in Quiz(session, at=["quit", 1]).questions] == [
        "EHLO",
        "QUIT",
    ]


def test_it_is_the_same_in_another_process(session: Session) -> None:
    code = """if 1:
        import smtp_nb
        from smtp_nb.classroom import Quiz, Terminal
        lesson = smtp_nb.lesson(1, student="ann")
        with Terminal(lesson.server) as terminal:
            terminal.dialogue(%r)
        print([(q.stage, q.codes) for q in Quiz(terminal.session, seed="ann").questions])
    """
    run = [sys.executable, "-c", code % DIALOGUE]
    env = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    there = subprocess.run(run, env=env, capture_output=True, text=True, check=True).stdout
    here = [(question.stage, question.codes) for question in Quiz(session, seed="ann").questions]
    assert there.strip() == str(here)


@pytest.mark.parametrize("place", range(8))
def test_the_reply_is_not_shown_before_it_is_answered(session: Session, place: int) -> None:
    quiz = Quiz(session, at=[place])
    reply = session.exchanges[place].reply
    assert reply is not None
    for shown in (str(quiz), repr(quiz), quiz._repr_html_(), repr(quiz.questions[0])):
        assert reply.lines[0] not in shown
    assert str(reply.code) in map(str, quiz.questions[0].codes)
    assert {code // 100 for code in quiz.questions[0].codes} == {reply.code // 100}
    quiz.answer(1, reply.code)
    assert reply.lines[0] in str(quiz)
    assert quiz.points == 2


def test_only_what_was_answered_leads_on(session: Session) -> None:
    quiz = Quiz(session, at=["MAIL", "RCPT"])
    assert "1 more after this answer" in str(quiz)
    assert "RCPT" not in str(quiz) + quiz._repr_html_()
    quiz.answer(1, 250)
    assert "RCPT TO:<ben@" in str(quiz)
    assert "RCPT TO:<b…@" in repr(quiz)
    assert "ben@" not in repr(quiz) + quiz._repr_html_()


def test_a_login_is_asked_about_without_the_password() -> None:
    with SandboxServer(inline=True, auth={"ann": "geheim-7"}) as server:
        with Terminal(server) as terminal:
            terminal.dialogue("EHLO me\nAUTH LOGIN\nYW5u\nZ2VoZWltLTc=")
        quiz = Quiz(server.sessions[0], at=[2, 3, 4])
    for number, code in enumerate((334, 334, 235), 1):
        assert quiz.answer(number, code).startswith("right")
    assert "Z2Vo" not in str(quiz)
    assert "this part of the login" in str(quiz)


def test_what_cannot_be_asked_or_answered_is_an_error(session: Session) -> None:
    for at in (["EXPN"], [99], [-1]):
        with pytest.raises(InputError, match="no reply at"):
            Quiz(session, at=at)
    with pytest.raises(InputError, match="no reply to ask about"):
        Quiz(Session(1, "127.0.0.1:1", ()))
    quiz = Quiz(session)
    for number, choice in ((0, 2), (9, 2), (1, 1), (1, 6), (1, 199), (1, 600)):
        with pytest.raises(InputError):
            quiz.answer(number, choice)
    assert quiz.answers in ({}, {"1": [0, 0]})
    assert quiz.points == 0


@pytest.mark.parametrize("stage", ["", "EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT", "AUTH", "XYZ"])
def test_every_wrong_choice_is_corrected_in_words(stage: str) -> None:
    for choice in (*CLASSES, *(code for codes in CODES.values() for code in codes)):
        text = correction(stage, choice)
        assert text
        assert text[0] not in " ABCDEFGHIJKLMNOPQRSTUVWXYZ" or text.startswith(("DATA", "EHLO"))
        assert not text.endswith(".")
