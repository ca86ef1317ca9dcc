"""Grades as rows: what stands in a table of them, in a file or in a frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from smtp_nb.classroom.exercises.exercise import Criterion
from smtp_nb.classroom.judging.grade import Grade
from smtp_nb.model.display import visible

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "student", "lesson", "exercise", "title", "points", "of", "failed", "remarks", "hints",
    "seconds", "source", "self_study", "note",
)  # fmt: skip


def row_of(grade: Grade) -> tuple[object, ...]:
    """The cells of a grade, one for each of `COLUMNS`."""
    return (
        grade.student, grade.lesson, grade.exercise, grade.title, float(grade.points),
        float(grade.of), "; ".join(map(failure, grade.failed)), counted(grade.remarks),
        grade.hints, float(grade.seconds), str(grade.source), grade.self_study, grade.note,
    )  # fmt: skip


def failure(criterion: Criterion) -> str:
    """A criterion that is not met, with what was seen instead."""
    seen = f" ({visible(criterion.seen)})" if criterion.seen else ""
    return f"{criterion.name}{seen}"


def counted(remarks: Mapping[str, int]) -> str:
    """Remarks in a line: `bare-lf 2, no-quit 1`."""
    return ", ".join(f"{key} {count}" for key, count in sorted(remarks.items()))


def grades_frame(grades: Iterable[Grade]) -> pd.DataFrame:
    """A DataFrame with a row for each grade, without `self_study`."""
    import pandas as pd

    frame = pd.DataFrame([row_of(grade) for grade in grades], columns=list(COLUMNS))
    return frame.drop(columns="self_study")
