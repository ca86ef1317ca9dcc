"""Evidence: what one source shows of one student in one lesson."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from smtp_nb.classroom.exercises.score import Score
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.exercises.words import word_for
from smtp_nb.classroom.judging.provenance import Provenance
from smtp_nb.classroom.judging.verdict import hearsay
from smtp_nb.classroom.lessons import PLANS
from smtp_nb.classroom.lessons.plan import LessonPlan
from smtp_nb.model.enums import TrailDirection
from smtp_nb.sandbox.session import Session

_GREETING = re.compile(r"smtp_nb lesson (\d+)")


@dataclass(slots=True)
class Evidence:
    """What one source shows of one student in one lesson.

    Attributes:
        student: whose it is.
        lesson: the lesson's number; 0 if it could not be found out.
        source: where it comes from.
        scores: by exercise.
        hints: how many were asked for, by exercise.
        remarks: how often each remark was made.
        words: words of students that were used, the own one among them.
        names: further names of the student's own, as the notebook has it.
        seconds: how long the notebook ran, or the conversations lasted.
        notes: what the teacher should know.
    """

    student: str
    lesson: int
    source: Provenance
    scores: dict[str, Score] = field(default_factory=dict)
    hints: dict[str, int] = field(default_factory=dict)
    remarks: Mapping[str, int] = field(default_factory=dict)
    words: Collection[str] = ()
    names: tuple[str, ...] = ()
    seconds: float = 0
    notes: list[str] = field(default_factory=list)


def lesson_of(session: Session) -> int:
    """The lesson whose server greeted; 0 if none did."""
    for event in session:
        if event.direction is TrailDirection.SERVER:
            found = _GREETING.search(event.message)
            return int(found[1]) if found and int(found[1]) in PLANS else 0
    return 0


def judged(
    student: str, plan: LessonPlan, source: Provenance, sessions: Sequence[Session]
) -> Evidence:
    """Judge conversations. Exercises that want a function of the student's cannot be judged so."""
    seen = Seen(tuple(sessions), student, word_for(plan.number, student))
    seconds = sum(max((event.seconds for event in talk), default=0.0) for talk in sessions)
    found = Evidence(student, plan.number, source, seconds=round(seconds, 1), **hearsay(seen))
    for exercise in plan.exercises:
        if not exercise.takes:
            found.scores[exercise.key] = Score(exercise, exercise.criteria(seen))
    return found


def judged_by_lesson(
    student: str, sessions: Sequence[Session], source: Provenance, usual: int
) -> Iterator[Evidence]:
    """Judge a student's conversations, those of each lesson together.

    Args:
        usual: the lesson of conversations that do not say of which one they are; 0 if unknown.
    """
    lessons: dict[int, list[Session]] = {}
    for session in sessions:
        lessons.setdefault(lesson_of(session) or usual, []).append(session)
    for number, spoken in (lessons or {usual: []}).items():
        plan = PLANS.get(number)
        yield judged(student, plan, source, spoken) if plan else Evidence(student, 0, source)
