"""Lesson 1: a conversation by hand."""

from __future__ import annotations

from collections.abc import Iterator

from smtp_nb.classroom.exercises.exercise import BY_HAND, Criterion, exercise
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.lessons.plan import LessonPlan
from smtp_nb.model.enums import TrailDirection
from smtp_nb.protocol.server.policy import EXTENSIONS, Service
from smtp_nb.protocol.server.server import ServerProtocol
from smtp_nb.sandbox.session import Session

NOBODY_TYPED = "nothing was typed yet"
NO_MESSAGE = "no message yet"
TEACHER = "teacher@class.test"
WANTED = (501, 503, 554)
OFFERED = ("SIZE", "8BITMIME", "ENHANCEDSTATUSCODES", "HELP")
"""Few, so that the reply to EHLO is short and the client has to take turns."""


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
        yield Criterion(BY_HAND, 4, False, NOBODY_TYPED)
        return
    arrived = [message for message in talk.messages if TEACHER in message.rcpt_tos]
    is_left = talk.waiting and not talk.waiting.startswith("nothing")
    waiting = f"the server was left waiting for {talk.waiting}" if is_left else "none came"
    yield Criterion(f"a message for {TEACHER}", 0.5, bool(arrived), waiting)
    subject = arrived[-1].subject if arrived else ""
    instead = f"the subject is {subject!r}" if arrived else NO_MESSAGE
    yield Criterion("its subject is your word", 0.5, subject == seen.nonce, instead)
    refused = [one for one in talk.exchanges if one.reply and one.reply.code >= 400]
    first = refused[0] if refused else None
    yield Criterion(
        "no command was refused",
        2,
        bool(arrived) and first is None,
        f"{first.command} got {first.reply.code}" if first and first.reply else NO_MESSAGE,
    )
    last = talk.exchanges[-1]
    said = last.command == "QUIT" and last.reply is not None and last.reply.code == 221
    yield Criterion(
        "you said good-bye",
        1,
        bool(arrived) and said,
        f"the last thing that you said is {last.command or 'nothing'}" if arrived else NO_MESSAGE,
    )


@exercise(
    "1.2",
    "introduce yourself with your word, and make the server say 501, 503 and 554",
    3,
    hints=(
        "501 is about how a command is written, 503 about when it comes",
        "554 is about a message without a recipient: look at what DATA needs",
        "your word is in the 220; a name such as apple-pear.test comes after EHLO",
    ),
)
def refusals(seen: Seen) -> Iterator[Criterion]:
    """Three refusals that the server gives by its rules, not because of an injected fault."""
    talks = seen.by_hand
    if not talks:
        yield Criterion(BY_HAND, 3, False, NOBODY_TYPED)
        return
    mine = [talk for talk in talks if seen.nonce in talk.hello.split(".")]
    if not mine:
        names = ", ".join(dict.fromkeys(talk.hello for talk in talks if talk.hello)) or "no name"
        yield Criterion("introduced with your word", 3, False, f"EHLO names {names}")
        return
    said = {code for talk in mine for code in _heard(talk)}
    by_rule = {code for talk in mine for code in _heard(talk) & _by_rule(talk)}
    for code in WANTED:
        instead = "not because of a rule: a fault was injected" if code in said else "not heard yet"
        yield Criterion(f"a {code}", 1, code in by_rule, instead)


def _heard(talk: Session) -> set[int]:
    return {one.reply.code for one in talk.exchanges if one.command and one.reply}


def _by_rule(talk: Session) -> set[int]:
    """What a server without faults replies to the same bytes."""
    machine = ServerProtocol(Service("sandbox.test", OFFERED), tls=False)
    for direction, data in talk.wire:
        if direction is TrailDirection.CLIENT:
            machine.receive_data(data)
    codes = set()
    while (request := machine.next_request()) is not None:
        codes.add(request.reply.code)
        machine.answer(None)
    return codes


PLAN = LessonPlan(
    1,
    "A conversation by hand",
    "You can talk to a mail server yourself, and know whose turn it is.",
    30,
    (deliver, refusals),
    {"latency": "20ms", "without": [name for name in EXTENSIONS if name not in OFFERED]},
)
