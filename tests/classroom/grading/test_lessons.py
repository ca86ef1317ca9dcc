"""Every lesson is graded as it is handed in: its right answers get every point in a rerun."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from classroom.worked import LESSONS, worked
from smtp_nb.classroom.grading.allowance import Allowance
from smtp_nb.classroom.grading.grading import grade
from smtp_nb.classroom.lessons import PLANS

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_with_right_answers_gets_every_point(path: Path, tmp_path: Path) -> None:
    (tmp_path / "ann").mkdir()
    nbformat.write(worked(path), tmp_path / "ann" / path.name)
    grades = grade([tmp_path], allowance=Allowance(60))
    plan = PLANS[int(path.stem[:2])]
    assert [(one.exercise, one.points, one.note) for one in grades] == [
        (one.key, one.points, "") for one in plan.exercises
    ]
