"""What a lesson consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from smtp_nb.classroom.exercises.exercise import Exercise


def _nothing(word: str) -> Mapping[str, Any]:
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
        server: arguments of the lesson's `SandboxServer`, beside `inline` and `greeting`.
        material: what exercises work on, by name, for the student with this word.
    """

    number: int
    title: str
    goal: str
    minutes: int
    exercises: tuple[Exercise, ...]
    server: Mapping[str, Any] = field(default_factory=dict)
    material: Callable[[str], Mapping[str, Any]] = _nothing
