"""Gradebooks: all evidence weighed, a row for each student and exercise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from smtp_nb.classroom.exercises.exercise import BY_HAND, Exercise
from smtp_nb.classroom.exercises.score import Score
from smtp_nb.classroom.exercises.words import word_for
from smtp_nb.classroom.judging.evidence import Evidence
from smtp_nb.classroom.judging.grade import Grade
from smtp_nb.classroom.judging.provenance import Provenance
from smtp_nb.classroom.lessons import PLANS

_TRUSTED = list(Provenance)


def grades_of(evidence: Iterable[Evidence], names: Iterable[str] = ()) -> list[Grade]:
    """Weigh the evidence.

    The most trusted source that shows any points counts; a saved conversation never does.

    Args:
        evidence: of all students; lesson 0 stands for "not found out".
        names: further names in use, by which copied words are told.

    Returns:
        Sorted by student, lesson and exercise.
    """
    everything = list(evidence)
    spelled: dict[str, str] = {}
    found: dict[tuple[str, int], list[Evidence]] = defaultdict(list)
    for one in everything:
        student = spelled.setdefault(one.student.casefold(), one.student)
        found[student, one.lesson].append(one)
    known = {*spelled.values(), *names}
    grades: list[Grade] = []
    for (student, number), kept in sorted(found.items(), key=lambda item: _order(*item[0])):
        kept.sort(key=lambda one: _TRUSTED.index(one.source))
        copied = _copied(student, number, kept, known)
        grades += [
            _grade(student, number, exercise, kept, copied) for exercise in PLANS[number].exercises
        ]
    return grades


def _order(student: str, number: int) -> tuple[str, str, int]:
    return student.casefold(), student, number


def _copied(
    student: str, lesson: int, evidence: Sequence[Evidence], known: Iterable[str]
) -> tuple[str, ...]:
    """Whose words were used beside the own one."""
    used = {word for one in evidence for word in one.words} - {word_for(lesson, student)}
    own = {name for one in evidence for name in one.names}
    used -= {word_for(lesson, name) for name in own}
    return tuple(sorted({name for name in known if word_for(lesson, name) in used}))


def _grade(
    student: str,
    number: int,
    exercise: Exercise,
    evidence: Sequence[Evidence],
    copied: tuple[str, ...],
) -> Grade:
    key = exercise.key
    candidates = [one for one in evidence if one.source.counts]
    shown = [one.scores[key] for one in evidence if not one.source.counts and key in one.scores]
    chosen = _chosen(key, candidates)
    score = chosen.scores.get(key) if chosen else None
    base = chosen or evidence[0]
    notes = [note for one in evidence for note in one.notes]
    if max(shown, default=0) > (score or 0):
        notes.append("a saved conversation is for self-study and counts nothing")
    elif base.source is Provenance.CLASS_LOG:
        notes += _blind_spots(exercise, score)
    notes += [
        f"the {one.source} shows {float(one.scores[key]):g}"
        for one in candidates
        if one is not chosen and score is not None and one.scores.get(key, score) != score
    ]
    score = Score(exercise, ()) if score is None else score
    return Grade(
        student, number, key, exercise.title, float(score), exercise.points, score.criteria,
        base.remarks, base.hints.get(key, 0), base.seconds, base.source,
        max(map(float, shown), default=None), tuple(dict.fromkeys(notes)), copied,
    )  # fmt: skip


def _blind_spots(exercise: Exercise, score: Score | None) -> list[str]:
    """What a class's server cannot know."""
    if score is None and exercise.takes:
        return [f"{exercise.takes} can only be judged in a notebook"]
    if score is not None and BY_HAND in score.failed:
        return ["a class log cannot tell who typed at another machine; grade the notebook"]
    return []


def _chosen(key: str, candidates: Sequence[Evidence]) -> Evidence | None:
    """What counts: the first source with points; of several of one kind the best."""
    judged = [one for one in candidates if key in one.scores]
    for source in _TRUSTED:
        mine = [one for one in judged if one.source is source]
        if mine and (best := max(mine, key=lambda one: one.scores[key])).scores[key] > 0:
            return best
    return next(iter(judged or candidates), None)
