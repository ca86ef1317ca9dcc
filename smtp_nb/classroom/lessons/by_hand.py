"""Lesson 1: a conversation by hand."""

from __future__ import annotations

from collections.abc import Iterator

from smtp_nb.classroom.exercises.exercise import Criterion, exercise
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.lessons.plan import LessonPlan

TEACHER = "teacher@class.test"
WANTED = (501, 503, 554)


@exercise(
    "1.1",
    "deliver a message to the teacher by hand",
    4,
    hints=(
        "the server speaks first, and one of the words it says is meant for you",
        "EHLO, MAIL, RCPT, DATA: wait for the reply after each",
        "the content ends with a line that holds a dot and nothing else; then say QUIT",
    ),
)
def deliver(seen: Seen) -> Iterator[Criterion]:
    """A message for the teacher, typed in one conversation, with the word as its subject."""
    talk = next((one for one in reversed(seen.by_hand) if one.messages), None)
    talk = talk or next(reversed(seen.by_hand), None)
    if talk is None:
        yield Criterion("a conversation by hand", 4, False, "nothing was typed yet")
        return
    arrived = [message for message in talk.messages if TEACHER in message.rcpt_tos]
    waiting = f"the server waits for {talk.waiting}" if talk.waiting else "no message came"
    yield Criterion(f"a message for {TEACHER}", 1, bool(arrived), waiting)
    subject = arrived[-1].subject if arrived else ""
    yield Criterion(
        "its subject is your word", 1, subject == seen.nonce, f"the subject is {subject!r}"
    )
    refused = [one for one in talk.exchanges if one.reply and one.reply.code >= 400]
    first = refused[0] if refused else None
    yield Criterion(
        "no command was refused",
        1,
        bool(arrived) and first is None,
        f"{first.command} got {first.reply.code}" if first and first.reply else "",
    )
    last = talk.exchanges[-1]
    said = last.command == "QUIT" and last.reply is not None and last.reply.code == 221
    yield Criterion(
        "you said good-bye", 1, bool(arrived) and said, f"the last command: {last.command}"
    )


@exercise(
    "1.2",
    "make the server say 501, 503 and 554, each once",
    3,
    hints=(
        "501 is about how a command is written, 503 about when it comes",
        "554 is about a message without a recipient: look at what DATA needs",
    ),
)
def refusals(seen: Seen) -> Iterator[Criterion]:
    """Three refusals that the server gives by its rules, not because of an injected fault."""
    said = {
        one.reply.code
        for talk in seen.by_hand
        for one in talk.exchanges
        if one.command and one.reply
    }
    for code in WANTED:
        yield Criterion(f"a {code}", 1, code in said, "not heard yet")


PLAN = LessonPlan(
    1,
    "A conversation by hand",
    "You can talk to a mail server yourself, and know whose turn it is.",
    30,
    (deliver, refusals),
)
