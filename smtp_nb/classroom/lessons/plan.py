"""What a lesson consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from smtp_nb.classroom.exercises.exercise import Exercise
from smtp_nb.classroom.net import Net
from smtp_nb.sandbox.server import SandboxServer

# Takes the lesson's server and the student's word. What it returns is the exercise's own affair.
Stage = Callable[[SandboxServer, str], Any]
ASIDE = (
    "PIPELINING", "CHUNKING", "VRFY", "EXPN", "HELP", "SEND", "SOML", "SAML", "DSN", "SMTPUTF8",
)  # fmt: skip
"""Keywords that a server leaves out so that conversations are short, and go one step at a time."""

UNUSED = (*ASIDE, "ENHANCEDSTATUSCODES")
"""Extensions that a lesson about something else leaves out, so that EHLO's reply is short."""


def _nothing(word: str, net: Net | None) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class LessonPlan:
    """What a lesson consists of.

    Attributes:
        number: from 1.
        title: what it is about, in a few words.
        goal: what a student knows afterwards, in a sentence.
        minutes: how long it takes.
        exercises: in order.
        stages: what prepares the server for an exercise, and returns what the student works with,
            by the exercise's key; `Lesson.begin` calls it.
        login: the password of a user whose name is the student's word; empty without a login.
        server: arguments of the lesson's `SandboxServer`, beside `inline` and `greeting`.
        net: makes the servers that relay to each other, for a student's word.
        material: what exercises work on, by name, for the student with this word and those servers.
    """

    number: int
    title: str
    goal: str
    minutes: int
    exercises: tuple[Exercise, ...]
    server: Mapping[str, Any] = field(default_factory=dict)
    stages: Mapping[str, Stage] = field(default_factory=dict)
    login: str = ""
    net: Callable[[str], Net] | None = None
    material: Callable[[str, Net | None], Mapping[str, Any]] = _nothing
