"""Notebooks of the lessons: the same on every machine, ready for nbgrader, and unsolved."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

import notebook_build
from smtp_nb.classroom.lessons import PLANS

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks/lessons").glob("*.ipynb"))
EVERY = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
# What would differ from one machine to the next, or from one run to the next.
OURS_ALONE = re.compile(r"0x[0-9a-f]{6,}|/(?:home|work|tmp|usr|root)/|127\.0\.0\.1:\d|localhost:\d")
CHECK = re.compile(r"""(?:lesson\.check\(|^%smtp check )["']?(\d+\.\d+)""", re.MULTILINE)
MACHINES = (
    {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1", "LANG": "C.UTF-8", "PLACE": "lab-7"},
    {"TZ": "America/St_Johns", "PYTHONHASHSEED": "2", "COLUMNS": "60", "PLACE": "ann.home.test"},
)
# Python runs it in every process that has its folder on the path.
ANOTHER_NAME = "import os, socket; socket.gethostname = lambda: os.environ['PLACE']\n"


def outputs(notebook: NotebookNode) -> list[Any]:
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def build() -> Any:  # the script
    return notebook_build.loaded()


def chosen() -> Iterator[Any]:
    """Two lessons in every run, the others where there is time."""
    for index, path in enumerate(LESSONS):
        yield pytest.param(path, id=path.stem, marks=[] if index < 2 else [pytest.mark.long])


@pytest.mark.parametrize("path", list(chosen()))
def test_a_lesson_is_the_same_on_two_machines(path: Path, build: Any, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(ANOTHER_NAME)
    expected = outputs(nbformat.read(path, as_version=4))
    for machine in MACHINES:
        env = machine | {"PYTHONPATH": str(tmp_path)}
        shown = build.execute(path.relative_to(ROOT / "notebooks").as_posix(), env)
        assert outputs(shown) == expected


@EVERY
def test_nothing_of_one_machine_is_saved(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert "widgets" not in notebook.metadata
    assert notebook.metadata.kernelspec.name == "python3"
    text = json.dumps(outputs(notebook))
    assert OURS_ALONE.findall(text) == []
    assert "widget-view" not in text


@EVERY
def test_exercises_ship_unsolved_and_say_what_is_missing(path: Path) -> None:
    """Every exercise of the plan is checked; each check shows 0 and reasons, and nothing fails."""
    plan = PLANS[int(path.stem[:2])]
    notebook = nbformat.read(path, as_version=4)
    checked = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        assert [one for one in cell.outputs if one.output_type == "error"] == []
        assert [one for one in cell.outputs if one.get("name") == "stderr"] == []
        if found := CHECK.search(cell.source):
            (output,) = cell.outputs
            assert output.data["text/plain"] == "0"
            assert "✗ no" in output.data["text/html"]
            checked.append(found[1])
    assert checked == [exercise.key for exercise in plan.exercises]


@EVERY
def test_nbgrader_finds_what_to_grade(path: Path) -> None:
    """Schema 3, one graded cell for each exercise with its points, and places for answers."""
    plan = PLANS[int(path.stem[:2])]
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    marks = [cell.metadata.nbgrader for cell in cells]
    assert all(mark.schema_version == 3 and mark.task is False for mark in marks)
    names = [mark.grade_id for mark in marks]
    assert len(set(names)) == len(names)
    graded = {
        CHECK.search(cell.source)[1]: cell.metadata.nbgrader
        for cell in cells
        if cell.metadata.nbgrader.grade
    }
    assert {key: mark.points for key, mark in graded.items()} == {
        exercise.key: exercise.points for exercise in plan.exercises
    }
    for key, mark in graded.items():
        assert mark.grade_id == f"l{plan.number:02}-{key.replace('.', '-')}"
        assert (mark.locked, mark.solution, mark.cell_type) == (True, False, "code")
    answers = [mark for mark in marks if not mark.grade]
    assert answers
    assert all(mark.solution and not mark.locked for mark in answers)
    # `l06-6-2-answer`, and `l06-6-2-answer-resend` where one exercise has two places.
    assert {mark.grade_id.partition("-answer")[0] for mark in answers} == {
        mark.grade_id for mark in graded.values()
    }


@EVERY
def test_cells_have_names_that_stay(path: Path) -> None:
    number = path.stem[:2]
    ids = [cell.id for cell in nbformat.read(path, as_version=4).cells]
    assert all(re.fullmatch(rf"l{number}-[a-z0-9-]+", name) for name in ids), ids


def test_answers_are_not_in_the_wheel() -> None:
    """It holds the package alone, and the package holds no answers."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["smtp_nb"]
    assert [path for path in (ROOT / "smtp_nb").rglob("*answers*") if path.suffix != ".pyc"] == []


def test_every_lesson_has_its_four_parts() -> None:
    for path in LESSONS:
        plan = PLANS[int(path.stem[:2])]
        assert (ROOT / f"docs/teaching/{path.stem}.md").exists()
        assert (ROOT / f"docs/teaching/answers/{plan.number:02}/right.py").exists()
