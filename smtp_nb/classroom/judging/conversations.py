"""Conversations of a class as grades: live from its server, or read back from its log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from smtp_nb.classroom.judging.evidence import judged_by_lesson
from smtp_nb.classroom.judging.grade import Grade
from smtp_nb.classroom.judging.gradebook import grades_of
from smtp_nb.classroom.judging.provenance import Provenance
from smtp_nb.sandbox.session import Session


def grades_of_class(sessions: Mapping[str, Sequence[Session]], lesson: int) -> list[Grade]:
    """Grade one lesson by what a class's server saw of each student."""
    evidence = [
        one
        for student, spoken in sessions.items()
        for one in judged_by_lesson(student, spoken, Provenance.CLASS_LOG, lesson)
    ]
    return [one for one in grades_of(evidence) if one.lesson == lesson]
