"""The cells of a notebook, one after another, and the exercises at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from smtp_nb.classroom.exercises.exercise import Criterion, Exercise
from smtp_nb.classroom.exercises.score import Score
from smtp_nb.classroom.exercises.words import word_for
from smtp_nb.classroom.judging.verdict import hearsay, verdict
from smtp_nb.classroom.lesson import Lesson, current_lesson
from smtp_nb.errors import StateError
from smtp_nb.notebook.rerun.guard import guard, limit_memory
from smtp_nb.notebook.rerun.patience import PatienceOver, patience
from smtp_nb.notebook.rerun.reports import Reports

# Taken before a student's cell can replace them.
_CHECK = Lesson.check
_NOW = time.monotonic


class _QuietShell(InteractiveShell):
    """A shell that draws no tracebacks: they would not be seen, and drawing is slow."""

    def showtraceback(self, *args: object, **kwargs: object) -> None:
        pass

    def showsyntaxerror(self, *args: object, **kwargs: object) -> None:
        pass

    def ask_exit(self) -> None:
        """A cell that says `exit()` ends nothing."""


def execute(job: Mapping[str, Any], reports: Reports) -> None:
    """Run the cells and judge.

    Args:
        job: as JSON has it: `cells` (source of each), `skip` (steps to leave out), `student`,
            `others` (names that are others'), `folder`, `private`, `cell_s`, `notebook_s`,
            `memory_mb`.
    """
    shell = _shell()
    sys.path.append(job["folder"])
    limit_memory(job["memory_mb"])
    guard(job["folder"], job["private"])
    start = _NOW()
    begun = _run(shell, job, reports)
    seconds = _NOW() - start
    for number, lesson in sorted(begun.items()):
        _settle_owner(lesson, job)
        facts = {"number": number, "student": lesson.student, "seconds": round(seconds, 1)}
        reports.send("lesson", facts | hearsay(lesson.seen))
        _judge(lesson, shell.user_ns, job, reports)
    reports.send("end")


def _shell() -> InteractiveShell:
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.autoindent = False
    shell: InteractiveShell = _QuietShell.instance(config=config)
    return shell


def _run(shell: InteractiveShell, job: Mapping[str, Any], reports: Reports) -> dict[int, Lesson]:
    """Run the cells. Returns the lessons that were begun, the last one of each number."""
    begun: dict[int, Lesson] = {}
    until = _NOW() + job["notebook_s"]
    for number, source in enumerate(job["cells"], 1):
        step = f"code cell {number}"
        if step in job["skip"]:
            continue
        left = until - _NOW()
        if left <= 0:
            reports.send("trouble", [step, "the notebook's time is up; it was not run"])
            break
        reports.send("step", step)
        if trouble := _run_cell(shell, source, min(left, job["cell_s"])):
            reports.send("trouble", [step, trouble])
        with suppress(StateError):
            lesson = current_lesson()
            begun[lesson.number] = lesson
    return begun


def _run_cell(shell: InteractiveShell, source: str, seconds: float) -> str:
    """Run a cell. Returns what went wrong, in a line."""
    try:
        with patience(seconds):
            result = shell.run_cell(source, store_history=False)  # type: ignore[no-untyped-call]
        error = result.error_before_exec or result.error_in_exec
    except BaseException as caught:
        error = caught
    return _line(error) if error is not None else ""


def _line(error: BaseException) -> str:
    if isinstance(error, PatienceOver):
        return str(error)
    try:
        text = _place(error) if isinstance(error, SyntaxError) else str(error)
    except Exception:
        text = ""
    return " ".join(f"{type(error).__name__}: {text}".split())[:200]


def _place(error: SyntaxError) -> str:
    """Without the name that IPython gives to a cell."""
    return f"{error.msg}, line {error.lineno}"


def _settle_owner(lesson: Lesson, job: Mapping[str, Any]) -> None:
    """A lesson in another student's name is judged as this student's, by the word for it."""
    if lesson.student.casefold() in job["others"]:
        lesson.student = job["student"]
    lesson.nonce = word_for(lesson.number, lesson.student)


def _judge(
    lesson: Lesson, namespace: dict[str, Any], job: Mapping[str, Any], reports: Reports
) -> None:
    for exercise in lesson.exercises.values():
        step = f"exercise {exercise.key}"
        if step in job["skip"]:
            continue
        reports.send("step", step)
        score = _score(lesson, exercise, namespace.get(exercise.takes), job["cell_s"])
        hints = lesson.hints_used.get(exercise.key, 0)
        reports.send("exercise", verdict(score, hints))


def _score(lesson: Lesson, exercise: Exercise, answer: object, seconds: float) -> Score:
    try:
        with patience(seconds):
            return _CHECK(lesson, exercise.key, answer)
    except BaseException as error:  # the student's function is under way in it
        return Score(exercise, [Criterion("comes to its end", 0, False, _line(error))])
