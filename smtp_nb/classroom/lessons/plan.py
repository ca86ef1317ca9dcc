"""What a lesson consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smtp_nb.classroom.exercises.exercise import Exercise
from smtp_nb.classroom.net import Net


@dataclass(frozen=True, slots=True)
class LessonPlan:
    """What a lesson consists of.

    Attributes:
        number: from 1.
        title: what it is about, in a few words.
        goal: what a student knows afterwards, in a sentence.
        minutes: how long it takes.
        exercises: in order.
        server: arguments of the lesson's `SandboxServer`, beside `inline` and `greeting`.
        net: makes the servers that relay to each other, for a student's word.
        cases: makes what there is to judge, for a student's word and those servers.
    """

    number: int
    title: str
    goal: str
    minutes: int
    exercises: tuple[Exercise, ...]
    server: Mapping[str, Any] = field(default_factory=dict)
    net: Callable[[str], Net] | None = None
    cases: Callable[[str, Net], Sequence[object]] | None = None
