"""A lesson: a sandbox of its own, a word for each student, scores that are numbers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

import smtp_nb
from smtp_nb import SMTP, ambient
from smtp_nb.classroom import Lesson, Terminal, check, hint
from smtp_nb.errors import InputError, StateError
from smtp_nb.sandbox import Session


@pytest.fixture
def lesson() -> Iterator[Lesson]:
    lesson = smtp_nb.lesson(1, student="ann")
    yield lesson
    lesson.close()


def test_a_word_depends_on_lesson_and_student(lesson: Lesson) -> None:
    with SMTP.from_url(lesson.url) as smtp:
        smtp.send_command("NOOP")
    assert lesson.nonce in str(lesson.server.sessions[0])
    assert smtp_nb.lesson(1, student="Ann ").nonce == lesson.nonce
    assert smtp_nb.lesson(1, student="ben").nonce != lesson.nonce


def test_a_lesson_is_the_same_on_every_machine(lesson: Lesson) -> None:
    assert ambient.host_name() == ambient.HOST_NAME
    begun = ambient.now()
    with SMTP.from_url(lesson.url, from_="a@a.test", send_to="b@b.test") as smtp:
        first = smtp.send().message_id
    lesson = smtp_nb.lesson(1, student="ann")
    assert ambient.now() == begun
    with SMTP.from_url(lesson.url, from_="a@a.test", send_to="b@b.test") as smtp:
        assert smtp.send().message_id == first
    lesson.close()
    assert ambient.host_name() == socket.gethostname()


def test_a_score_is_a_number_that_shows_a_card(lesson: Lesson) -> None:
    score = lesson.check("1.1")
    assert (score, repr(score), score.points) == (0, "0", 4)
    assert "nothing was typed yet" in str(score)
    assert "nothing was typed yet" in score._repr_html_()
    assert check("1.1") == score


def test_what_a_client_sends_is_not_by_hand(lesson: Lesson) -> None:
    with SMTP.from_url(lesson.url, from_="ann@class.test", subject=lesson.nonce) as smtp:
        smtp.send_to = "teacher@class.test"
        smtp.send()
    assert lesson.check("1.1").failed == ["a conversation by hand"]


def test_a_conversation_from_a_file_does_not_count(lesson: Lesson, tmp_path: Path) -> None:
    with Terminal(lesson.server, name="ann") as talk:
        talk.dialogue(f"EHLO {lesson.nonce}.test\nMAIL ann\nQUIT")
    assert lesson.check("1.2") == 1
    lesson.server.sessions[0].save(tmp_path / "talk.jsonl")
    again = smtp_nb.lesson(1, student="ann")
    again.server.sessions.append(Session.load(tmp_path / "talk.jsonl"))
    assert again.server.sessions[0].is_restored
    assert again.check("1.2") == 0
    again.close()


def test_hints_are_counted_and_end(lesson: Lesson) -> None:
    given = [hint("1.1") for _ in range(4)]
    assert len(set(given)) == 4
    assert lesson.hints_used == {"1.1": 3}


def test_what_is_not_there_is_an_error_that_says_what_is(lesson: Lesson) -> None:
    with pytest.raises(InputError, match=r"no exercise '9\.9'") as caught:
        lesson.check("9.9")
    assert "1.1" in caught.value.remedy
    with pytest.raises(InputError, match="lesson 99 does not exist"):
        smtp_nb.lesson(99)
    with pytest.raises(InputError, match="student's name"):
        smtp_nb.lesson(1, student=" ")
    lesson.close()
    with pytest.raises(StateError, match="no lesson has begun"):
        check("1.1")


@pytest.mark.parametrize("greeting", ["", "two\r\nlines", "grüße", "x" * 401])
def test_a_greeting_that_no_reply_can_carry_is_refused(greeting: str) -> None:
    with pytest.raises(InputError, match="greeting="):
        smtp_nb.sandbox.SandboxServer(greeting=greeting)


def test_what_came_before_an_exercise_was_begun_again_does_not_count() -> None:
    lesson = smtp_nb.lesson(6, student="ann")
    try:
        for knows_the_inbox in (False, True):
            outbox = lesson.begin("6.2").send(subject=lesson.nonce)
            (*_, newest) = lesson.server.sessions
            arrived = {who for one in lesson.server.messages for who in one.rcpt_tos
                       if one.session > newest.number - len(outbox.receipts)}  # fmt: skip
            for recipient in list(outbox.receipts):
                if not (knows_the_inbox and recipient in arrived):
                    outbox.resend(recipient)
            assert lesson.check("6.2").is_full is knows_the_inbox
        with pytest.raises(InputError, match="no message was sent to"):
            outbox.resend("x@x.test")
    finally:
        lesson.close()


def test_only_an_exercise_with_something_to_prepare_can_be_begun(lesson: Lesson) -> None:
    with pytest.raises(InputError, match=r"exercise 1\.1 needs no preparation"):
        lesson.begin("1.1")
    with pytest.raises(InputError, match=r"no exercise '9\.9'"):
        lesson.begin("9.9")
