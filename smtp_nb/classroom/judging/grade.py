"""Grades: what a student reached in an exercise, and how that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from smtp_nb.classroom.exercises.exercise import Criterion
from smtp_nb.classroom.judging.provenance import Provenance


@dataclass(frozen=True, slots=True)
class Grade:
    """A student's row for an exercise.

    Attributes:
        student: whose it is.
        lesson: the lesson's number.
        exercise: the key, such as "1.1".
        title: what was to do.
        points: what was reached.
        of: what could be reached.
        criteria: what was asked for, with what was seen.
        remarks: how often the server remarked upon something in this lesson.
        hints: how many were asked for.
        seconds: how long the notebook ran, or the conversations lasted.
        source: where the points come from.
        self_study: the points that a saved conversation shows, which do not count; None without
            one.
        notes: what the teacher should know.
        copied_from: the other students whose word was used.
    """

    student: str
    lesson: int
    exercise: str
    title: str
    points: float
    of: float
    criteria: tuple[Criterion, ...]
    remarks: Mapping[str, int]
    hints: int
    seconds: float
    source: Provenance
    self_study: float | None
    notes: tuple[str, ...]
    copied_from: tuple[str, ...]

    @property
    def failed(self) -> list[Criterion]:
        """What was not met."""
        return [criterion for criterion in self.criteria if not criterion.is_met]

    @property
    def note(self) -> str:
        """All notes in a line, for the teacher alone: they name other students."""
        copied = [f"used {name}'s word" for name in self.copied_from]
        return "; ".join([*copied, *self.notes])
