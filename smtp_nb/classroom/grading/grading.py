"""Grading: from what was handed in to a list of grades."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from smtp_nb.classroom.grading.allowance import Allowance
from smtp_nb.classroom.grading.class_logs import is_class_log, sessions_by_student
from smtp_nb.classroom.grading.names import is_same, name_in
from smtp_nb.classroom.grading.notebooks import StudentNotebook, read_notebook
from smtp_nb.classroom.grading.rerun import run_again
from smtp_nb.classroom.grading.submissions import (
    CONVERSATIONS,
    NOTEBOOK,
    HandedIn,
    beside,
    collect,
)
from smtp_nb.classroom.judging.evidence import Evidence, judged_by_lesson
from smtp_nb.classroom.judging.grade import Grade
from smtp_nb.classroom.judging.gradebook import grades_of
from smtp_nb.classroom.judging.provenance import Provenance
from smtp_nb.classroom.judging.verdict import used_words
from smtp_nb.classroom.lessons import PLANS, plan_of
from smtp_nb.errors import InputError
from smtp_nb.sandbox.session import Session

Paths = Sequence[str | os.PathLike[str]]
_EMPTY = StudentNotebook((), 0, "", "")


@dataclass(frozen=True, slots=True)
class _Paper:
    """A notebook that was handed in.

    Attributes:
        file: where it was.
        student: whose it is, as path, metadata or the notebook say.
        notebook: what is in it.
        trouble: why nothing is in it, else empty.
    """

    file: HandedIn
    student: str
    notebook: StudentNotebook
    trouble: str


def grade(paths: Paths, lesson: int = 0, allowance: Allowance | None = None) -> list[Grade]:
    """Grade what was handed in.

    Args:
        paths: folders, archives, notebooks, saved conversations, class logs.
        lesson: of this lesson alone; also for what does not say of which lesson it is.
        allowance: time and memory of a notebook.

    Returns:
        A row for each student and exercise. Whatever is wrong with a student's file is a note.

    Raises:
        InputError: there is nothing to grade, or the lesson is unknown.
    """
    if lesson:
        plan_of(lesson)
    files = collect(paths)
    papers = [_paper(file) for file in files if file.suffix == NOTEBOOK or file.trouble]
    records = [file for file in files if file.suffix in CONVERSATIONS and file.data]
    if not papers and not records:
        raise InputError(
            "found nothing to grade",
            remedy=f"Give notebooks ({NOTEBOOK}), saved conversations or class logs"
            f" ({' or '.join(CONVERSATIONS)}), or what holds them",
        )
    found = list(_notebooks(papers, files, allowance or Allowance()))
    found += _conversations(records, lesson or _usual(found))
    _settle(found, lesson or _usual(found))
    names = [paper.notebook.named for paper in papers if paper.notebook.named]
    kept = [one for one in found if not lesson or one.lesson == lesson]
    return grades_of(kept, names)


def _usual(found: Sequence[Evidence]) -> int:
    """The lesson of all that say of which one they are; 0 if there are several."""
    numbers = {one.lesson for one in found if one.lesson in PLANS}
    return numbers.pop() if len(numbers) == 1 else 0


def _settle(found: Sequence[Evidence], usual: int) -> None:
    """Find a lesson for what does not say of which one it is."""
    for one in found:
        one.lesson = one.lesson if one.lesson in PLANS else usual
        if not one.lesson:
            raise InputError(
                f"it is not known of which lesson {one.student}'s work is", remedy="Use --lesson"
            )


# -- notebooks ------------------------------------------------------------------------------------


def _paper(file: HandedIn) -> _Paper:
    notebook, trouble = _EMPTY, file.trouble
    if not trouble:
        try:
            notebook = read_notebook(file.data)
        except ValueError as error:
            trouble = str(error)
    student = name_in(file.parts) or notebook.author or notebook.named or _stem(file)
    return _Paper(file, student, notebook, trouble and f"{file.parts[-1]}: {trouble}")


def _notebooks(
    papers: Sequence[_Paper], files: Sequence[HandedIn], allowance: Allowance
) -> Iterator[Evidence]:
    private = sorted({str(file.path.resolve()) for file in files})

    def run(paper: _Paper) -> list[Evidence]:
        if paper.trouble:
            lost = Evidence(paper.student, paper.notebook.lesson, Provenance.NOTEBOOK)
            lost.notes.append(paper.trouble)
            return [lost]
        others = _names_of_others(paper, papers)
        found = run_again(
            paper.notebook, paper.student, others, beside(paper.file, files), private, allowance
        )
        return [_completed(one, paper, others) for one in found]

    # Half of the processors, so that a notebook's time is its own.
    with ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2)) as pool:
        for found in pool.map(run, papers):
            yield from found


def _names_of_others(paper: _Paper, papers: Sequence[_Paper]) -> list[str]:
    """The name in the notebook, if it is another student's."""
    named = paper.notebook.named
    if not named or is_same(named, paper.student):
        return []
    is_others = any(is_same(named, one.student) for one in papers if one is not paper)
    return [named.casefold()] if is_others else []


def _completed(found: Evidence, paper: _Paper, others: Sequence[str]) -> Evidence:
    """Add what the file itself says."""
    notebook = paper.notebook
    if not found.lesson:
        found.lesson = notebook.lesson
        found.notes.append("the notebook begins no lesson")
    if others:
        found.notes.append(f"the lesson is in {notebook.named}'s name; judged as {paper.student}'s")
    elif notebook.named:
        found.names = (notebook.named,)
    found.words = {*found.words, *used_words("\n".join(notebook.cells))}
    return found


# -- conversations --------------------------------------------------------------------------------


def _conversations(files: Sequence[HandedIn], usual: int) -> Iterator[Evidence]:
    spoken: dict[str, list[Session]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="smtp_nb-grade-") as place:
        for number, file in enumerate(files):
            # A file out of an archive has no path that could be opened.
            path = Path(place, f"{number}{file.suffix}")
            path.write_bytes(file.data)
            if is_class_log(file.data):
                for student, sessions in sessions_by_student(path, file.parts[-1]).items():
                    yield from judged_by_lesson(student, sessions, Provenance.CLASS_LOG, usual)
                continue
            own = name_in(file.parts)
            try:
                session = Session.load(path)
                spoken[own or session.student or _stem(file)].append(session)
            except InputError as error:
                lost = Evidence(own or _stem(file), usual, Provenance.TRAIL)
                lost.notes.append(str(error).replace(str(path), file.parts[-1])[:300])
                yield lost
    for student, sessions in spoken.items():
        yield from judged_by_lesson(student, sessions, Provenance.TRAIL, usual)


def _stem(file: HandedIn) -> str:
    return file.parts[-1].partition(".")[0]
