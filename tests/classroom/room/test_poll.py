from __future__ import annotations

import pytest

from classroom.room.conftest import Dial, joined
from smtp_nb.classroom import Classroom, Quiz, Terminal
from smtp_nb.classroom.room.poll import BALLOT_BOX
from smtp_nb.errors import InputError
from smtp_nb.sandbox import SandboxServer


def vote(room: Classroom, name: str, *subjects: str) -> None:
    smtp = joined(room, name)
    for subject in subjects:
        smtp.send_to, smtp.subject = BALLOT_BOX, subject
        smtp.send()
    smtp.disconnect()


def test_votes_come_by_mail_and_the_last_one_counts(room: Classroom, dial: Dial) -> None:
    early = joined(room, "cy")
    early.send_to, early.subject = BALLOT_BOX, "1"
    early.send()
    poll = room.ask("Who speaks <first>?", ["the client", "the server"], "the server")
    assert room.poll is poll
    vote(room, "ann", "1", "The Server")
    vote(room, "ben müller", "2", "nonsense")
    line = dial(room)
    line.say("EHLO localhost", "MAIL FROM:<eve@class.test>", f"RCPT TO:<{BALLOT_BOX}>", "DATA")
    line.say("Subject: 1\r\n\r\n.")
    assert poll.votes == {
        "Ann": "the server",
        "Ben Müller": "the server",
        "stranger 1": "the client",
    }
    assert poll.counts == {"the client": 1, "the server": 2}
    early.disconnect()


def test_the_answer_is_kept_until_it_is_revealed(room: Classroom) -> None:
    poll = room.ask("Who speaks <first>?", ["the client", "the server"], "the server")
    assert "right" not in repr(poll)
    assert "✓" not in poll._repr_html_()
    assert poll.answer == ""
    assert poll.reveal().answer == "the server"
    assert "the server   0  ← right" in repr(poll)
    assert "&lt;first&gt;" in poll._repr_html_()


def test_the_class_votes_on_a_quiz_before_the_truth(room: Classroom) -> None:
    with SandboxServer(inline=True) as server, Terminal(server) as terminal:
        terminal.dialogue("EHLO me.test\nMAIL FROM:<a@x.test>\nDATA")
        quiz = Quiz(terminal.session, at=["MAIL", "DATA"])
    poll = room.ask(quiz)
    assert poll.question == "C: MAIL FROM:<a@x.test> - What does the server reply to MAIL?"
    assert poll.options == ("250", "354", "450", "503")
    vote(room, "ann", "354")
    vote(room, "cy", "250")
    assert poll.counts == {"250": 1, "354": 1, "450": 0, "503": 0}
    assert poll.answer == ""
    assert poll.reveal().answer == "250"
    assert "reply to DATA" in room.ask(quiz).question
    with pytest.raises(InputError, match="asked all of this quiz"):
        room.ask(quiz)
    assert quiz.points == 0


@pytest.mark.parametrize(
    ("options", "answer"), [(["one"], None), (["a", "A"], None), (["a", "b"], "c")]
)
def test_a_question_without_a_choice_is_refused(
    room: Classroom, options: list[str], answer: str | None
) -> None:
    with pytest.raises(InputError):
        room.ask("?", options, answer)
