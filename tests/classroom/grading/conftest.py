"""The class of ten, graded once for all tests."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from classroom.grading.class_of_ten import Submission, lay_out, ten


@dataclass(frozen=True)
class Graded:
    """A class that was graded by the command line.

    Attributes:
        submissions: what was handed in.
        folder: where that lies.
        place: where grades.csv, grades.html, totals.csv and feedback/ are.
        said: what the command printed.
    """

    submissions: list[Submission]
    folder: Path
    place: Path
    said: str


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """The ten, graded as a teacher does it."""
    place = tmp_path_factory.mktemp("grading")
    submissions, folder = ten(place), place / "class"
    lay_out(submissions, folder)
    run = subprocess.run(
        [sys.executable, "-m", "smtp_nb.classroom", "grade", folder, "-o", place / "grades.csv",
         "--totals", place / "totals.csv", "--feedback", place / "feedback", "--timeout", "10"],
        capture_output=True,
        text=True,
        cwd=place,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    return Graded(submissions, folder, place, run.stdout)
