"""Tests for otter-grader 7, made from the exercises of this package.

A case of otter's passes or fails as a whole and has its points fixed beforehand, so an exercise of
four points is eight cases of half a point each, and the sum is what `check` says.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from smtp_nb.classroom.exercises.exercise import Exercise
from smtp_nb.classroom.grading.tables import write_text
from smtp_nb.classroom.lesson import Lesson, current_lesson
from smtp_nb.classroom.lessons import PLANS, plan_of

_HEAD = """# {key} {title}. Made by smtp_nb; the exercise itself is in the package.

from otter.test_files import test_case

from smtp_nb.classroom.grading.otter import require

OK_FORMAT = False

name = "{name}"
points = None
"""
_CASE = """

@test_case(name="{key}: {title}, points {low:g} to {high:g}", points={worth:g}, hidden=False)
def case_{number}(env):
    require("{key}", {high:g}, env)
"""


def export_otter(folder: str | os.PathLike[str], lesson: int = 0) -> list[Path]:
    """Write `tests/q1_1.py` and so on below a folder.

    Args:
        lesson: of this lesson alone.

    Returns:
        The paths of the files.

    Raises:
        InputError: a file cannot be written, or the lesson is unknown.
    """
    if lesson:
        plan_of(lesson)
    written = []
    for plan in PLANS.values():
        for exercise in plan.exercises if lesson in (0, plan.number) else ():
            path = Path(folder, "tests", f"{_name(exercise)}.py")
            write_text(path, _test_file(exercise))
            written.append(path)
    return written


STEP = 0.5
"""What one case is worth: no criterion is worth less."""


def _name(exercise: Exercise) -> str:
    return "q" + exercise.key.replace(".", "_")


def _test_file(exercise: Exercise) -> str:
    title = exercise.title.replace("\\", "").replace('"', "'")
    text = _HEAD.format(key=exercise.key, title=title, name=_name(exercise))
    low, number = 0.0, 0
    while low < exercise.points:
        high, number = min(low + STEP, exercise.points), number + 1
        text += _CASE.format(
            key=exercise.key, title=title, low=low, high=high, worth=high - low, number=number
        )
        low = high
    return text


def require(key: str, points: float, env: Mapping[str, object]) -> None:
    """Fail a case of otter's unless an exercise has so many points.

    Args:
        env: the notebook's variables: its `lesson`, and the function that the exercise asks for.

    Raises:
        AssertionError: it has fewer; the text is the score's.
    """
    named = env.get("lesson")
    lesson = named if isinstance(named, Lesson) else current_lesson()
    takes = lesson.exercises[key].takes if key in lesson.exercises else ""
    score = Lesson.check(lesson, key, env.get(takes))
    if score < points:
        raise AssertionError(str(score))
