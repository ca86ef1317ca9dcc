"""The exercises as tests for otter-grader."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import smtp_nb
from classroom.grading.class_of_ten import solved
from smtp_nb.classroom import Lesson
from smtp_nb.classroom.__main__ import main
from smtp_nb.classroom.grading.otter import export_otter, require
from smtp_nb.classroom.lessons import PLANS


@pytest.fixture
def lesson() -> Iterator[Lesson]:
    lesson = smtp_nb.lesson(1, student="ann")
    yield lesson
    lesson.close()


class _Case:
    """Stands for `otter.test_files.test_case`: keeps what it decorates and its points."""

    def __init__(self, name: str, points: float, hidden: bool) -> None:
        self.name, self.points, self.hidden = name, points, hidden

    def __call__(self, judge: Callable[[Any], None]) -> _Case:
        self.judge = judge
        return self

    def passes(self, env: dict[str, object]) -> bool:
        try:
            self.judge(env)
        except AssertionError:
            return False
        return True


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[_Case]]:
    """Read an exported file as otter does."""
    files = ModuleType("otter.test_files")
    files.test_case = _Case
    monkeypatch.setitem(sys.modules, "otter", ModuleType("otter"))
    monkeypatch.setitem(sys.modules, "otter.test_files", files)
    export_otter(tmp_path)

    def read(name: str) -> list[_Case]:
        env: dict[str, object] = {}
        exec((tmp_path / "tests" / f"{name}.py").read_text(encoding="utf-8"), env)
        assert (env["OK_FORMAT"], env["name"]) == (False, name)
        return [one for one in env.values() if isinstance(one, _Case)]

    return read


def test_every_exercise_has_a_file_worth_its_points(cases: Callable[[str], list[_Case]]) -> None:
    for plan in PLANS.values():
        for exercise in plan.exercises:
            found = cases("q" + exercise.key.replace(".", "_"))
            assert sum(case.points for case in found) == exercise.points


def test_otter_gives_the_points_that_check_gives(
    lesson: Lesson, cases: Callable[[str], list[_Case]]
) -> None:
    env: dict[str, object] = {"lesson": lesson}
    for source, points in (("", 0), (solved("ann", "wrong"), 3.5), (solved("ann"), 4)):
        exec(source, env)
        reached = sum(case.points for case in cases("q1_1") if case.passes(env))
        assert reached == lesson.check("1.1") == points


def test_a_case_that_fails_says_what_was_seen(lesson: Lesson) -> None:
    with pytest.raises(AssertionError, match="nothing was typed yet"):
        require("1.1", 1, {})


def test_a_lesson_that_was_replaced_makes_no_difference(lesson: Lesson) -> None:
    with pytest.raises(AssertionError):
        require("1.1", 1, {"lesson": "all points, please"})


def test_the_command_names_what_it_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "otter", str(tmp_path), "--lesson", "1"]) == 0
    wanted = [str(tmp_path / "tests" / f"q1_{number}.py") for number in (1, 2)]
    assert capsys.readouterr().out.splitlines() == wanted
