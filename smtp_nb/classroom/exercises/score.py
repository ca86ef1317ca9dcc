"""A score: a number for the grader, a card for the student."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Self

from smtp_nb.classroom.exercises.exercise import Criterion, Exercise
from smtp_nb.model.display import visible
from smtp_nb.model.known import known_attributes

_LEFT = ' style="text-align:left"'  # nbconvert aligns all cells to the right


@known_attributes()
class Score(float):
    """The points of an exercise, with the criteria that made them.

    As a number it is the points, so graders of notebooks take it as it is. `print` shows which
    criteria are met, and what was seen instead of those that are not.

    Attributes:
        key: the exercise, such as "1.1".
        title: what was to do.
        points: what could be reached.
        criteria: each with its points.
    """

    key: str
    title: str
    points: float
    criteria: tuple[Criterion, ...]

    def __new__(cls, exercise: Exercise, criteria: Sequence[Criterion]) -> Self:
        reached = sum(criterion.points for criterion in criteria if criterion.is_met)
        score = super().__new__(cls, min(reached, exercise.points))
        score.key, score.title, score.points = exercise.key, exercise.title, exercise.points
        score.criteria = tuple(criteria)
        return score

    @property
    def is_full(self) -> bool:
        """True if everything was done."""
        return self == self.points and all(criterion.is_met for criterion in self.criteria)

    @property
    def failed(self) -> list[str]:
        """The names of the criteria that are not met."""
        return [criterion.name for criterion in self.criteria if not criterion.is_met]

    def __repr__(self) -> str:
        return f"{float(self):g}"

    def __str__(self) -> str:
        lines = [f"{self.key} {self.title}: {float(self):g} of {self.points:g} points"]
        for one in self.criteria:
            mark = "yes" if one.is_met else "no "
            lines.append(f"  {mark} {one.name} ({one.points:g})" + _instead(one))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td{_LEFT}>{'✓ yes' if one.is_met else '✗ no'}</td><td{_LEFT}>{escape(one.name)}"
            f"{escape(_instead(one))}</td>"
            f'<td style="text-align:right">{one.points if one.is_met else 0:g} of {one.points:g}'
            "</td></tr>"
            for one in self.criteria
        )
        head = f"{self.key} {self.title}: {float(self):g} of {self.points:g} points"
        return (
            # No caption: it would be as narrow as the table, and a long title a column of words.
            f"<p><b>{escape(head)}</b></p>"
            f'<table style="text-align:left"><tbody>{rows}</tbody></table>'
        )


def _instead(criterion: Criterion) -> str:
    return f": {visible(criterion.seen)}" if criterion.seen and not criterion.is_met else ""
