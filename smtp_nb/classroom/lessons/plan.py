"""What a lesson consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smtp_nb.classroom.exercises.exercise import Exercise

UNUSED = (
    "PIPELINING", "CHUNKING", "DSN", "ENHANCEDSTATUSCODES", "SMTPUTF8",
    "VRFY", "EXPN", "HELP", "SEND", "SOML", "SAML",
)  # fmt: skip
"""Extensions that a lesson about something else leaves out, so that EHLO's reply is short."""


@dataclass(frozen=True, slots=True)
class LessonPlan:
    """What a lesson consists of.

    Attributes:
        number: from 1.
        title: what it is about, in a few words.
        goal: what a student knows afterwards, in a sentence.
        minutes: how long it takes.
        exercises: in order.
        login: the password of a user whose name is the student's word; empty if nobody logs in.
        server: arguments of the lesson's `SandboxServer`, beside `inline` and `greeting`.
    """

    number: int
    title: str
    goal: str
    minutes: int
    exercises: tuple[Exercise, ...]
    server: Mapping[str, Any] = field(default_factory=dict)
    login: str = ""
