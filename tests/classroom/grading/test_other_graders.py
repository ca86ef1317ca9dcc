"""nbgrader and otter-grader, each in an environment of its own, give the points that we give."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from pathlib import Path

import pytest

from classroom.grading.class_of_ten import Submission, begun, ten
from environments import environment
from smtp_nb.classroom.grading.otter import export_otter

NBGRADER = ("nbgrader==0.9.*",)
OTTER = ("otter-grader==7.*", "ipykernel")
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "smtp"
c.Execute.timeout = 15
c.OverwriteCells.add_missing_cells = True
"""
# What `otter run` does for one notebook, with a time limit for a cell, which otter leaves to the
# container in which it usually works.
RUN_OTTER = """\
import json, os, sys
from pathlib import Path

from nbconvert.preprocessors import ExecutePreprocessor
from otter.execute import grade_notebook

begin = ExecutePreprocessor.__init__
ExecutePreprocessor.__init__ = lambda self, **more: begin(
    self, timeout=15, interrupt_on_timeout=True, **more
)
place, found = Path(sys.argv[1]), {}
tests = sorted(map(str, (place / "tests").glob("*.py")))
for name in sys.argv[2:]:
    os.chdir(place / name)
    notebook = str(place / name / "by-hand.ipynb")
    graded = grade_notebook(
        notebook, tests_glob=tests, test_dir=str(place / "tests"), cwd=str(place / name)
    )
    found[name] = graded.total
(place / "found.json").write_text(json.dumps(found))
"""

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.fixture(scope="session")
def nbgrader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("nbgrader"), NBGRADER)


@pytest.fixture(scope="session")
def otter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("otter"), OTTER)


def lay(submission: Submission, place: Path) -> None:
    place.mkdir(parents=True)
    (place / "by-hand.ipynb").write_bytes(submission.notebook)
    for name, data in submission.beside:
        (place / name).write_bytes(data)


def run(programs: Path, place: Path, *arguments: str) -> None:
    """Run Python of an environment, its programs first in the path: kernels are among them."""
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "JUPYTER_PLATFORM_DIRS": "1"}
    subprocess.run([programs / "python", *arguments], cwd=place, env=env, capture_output=True)


def test_nbgrader_gives_the_same_points(nbgrader: Path, tmp_path: Path) -> None:
    submissions, course = ten(tmp_path), tmp_path / "course"
    lay(Submission("", (begun("student"), "# your answer"), (0, 0)), course / "source" / "lesson-1")
    for one in submissions:
        lay(one, course / "submitted" / one.name / "lesson-1")
    (course / "nbgrader_config.py").write_text(CONFIG)
    run(nbgrader, course, "-m", "nbgrader", "generate_assignment", "lesson-1")
    # An empty notebook has no place for the checks, so nbgrader leaves it without points.
    run(nbgrader, course, "-m", "nbgrader", "autograde", "lesson-1")
    run(nbgrader, course, "-m", "nbgrader", "export", "--to", "out.csv")
    with (course / "out.csv").open(encoding="utf-8", newline="") as file:
        found = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert found == {one.name: sum(one.points) for one in submissions}


def test_otter_gives_the_same_points(otter: Path, tmp_path: Path) -> None:
    """Without a lesson, as in an empty notebook, all its tests fail."""
    submissions, place = ten(tmp_path), tmp_path / "class"
    export_otter(place, 1)
    for one in submissions:
        lay(one, place / one.name)
    (place / "run.py").write_text(RUN_OTTER)
    run(otter, place, "run.py", str(place), *(one.name for one in submissions))
    found = json.loads((place / "found.json").read_text())
    assert found == {one.name: sum(one.points) for one in submissions}
