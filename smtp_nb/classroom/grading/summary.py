"""The class at a glance: means of exercises, and who stumbles over what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from statistics import mean

from smtp_nb.classroom.grading.pages import page, table
from smtp_nb.classroom.grading.tables import by_student
from smtp_nb.classroom.judging.grade import Grade
from smtp_nb.classroom.judging.provenance import TRUST


@dataclass(frozen=True, slots=True)
class ExerciseSummary:
    """How a class did in an exercise.

    Attributes:
        key: of the exercise.
        title: what was to do.
        of: what could be reached.
        mean: of all students' points.
        full: how many reached everything.
        none: how many reached nothing.
        students: how many there are.
        missed: the criterion that most students missed, empty if none did.
    """

    key: str
    title: str
    of: float
    mean: float
    full: int
    none: int
    students: int
    missed: str


def exercise_summaries(grades: Sequence[Grade]) -> list[ExerciseSummary]:
    """Each exercise, in the order in which they come."""
    found: dict[tuple[int, str], list[Grade]] = {}
    for one in grades:
        found.setdefault((one.lesson, one.exercise), []).append(one)
    return [_summary(found[place]) for place in sorted(found)]


def _summary(grades: Sequence[Grade]) -> ExerciseSummary:
    first = grades[0]
    missed = Counter(criterion.name for one in grades for criterion in one.failed)
    return ExerciseSummary(
        first.exercise,
        first.title,
        first.of,
        mean(one.points for one in grades),
        sum(one.points == one.of for one in grades),
        sum(one.points == 0 for one in grades),
        len(grades),
        missed.most_common(1)[0][0] if missed else "",
    )


def remarks_of(grades: Sequence[Grade]) -> dict[str, Counter[str]]:
    """How often each remark was made to each student, all lessons together."""
    found = {}
    for student, mine in by_student(grades).items():
        lessons = {one.lesson: one.remarks for one in mine}
        found[student] = sum((Counter(remarks) for remarks in lessons.values()), Counter[str]())
    return found


def noted(grades: Sequence[Grade]) -> list[tuple[str, str]]:
    """Student and note, each once."""
    return list(dict.fromkeys((one.student, one.note) for one in grades if one.note))


def summary_text(grades: Sequence[Grade]) -> str:
    """The class in plain text."""
    remarks = remarks_of(grades)
    lines = [f"{len(remarks)} students", "", "exercise    mean  of  full  none  most often missed"]
    lines += [
        f"{one.key:<10} {one.mean:>5.2f} {one.of:>3g} {one.full:>5} {one.none:>5}  {one.missed}"
        for one in exercise_summaries(grades)
    ]
    made = Counter(key for counts in remarks.values() for key in counts)
    if made:
        told = ", ".join(f"{key} {count}" for key, count in made.most_common())
        lines += ["", f"remarks, by the number of students: {told}"]
    if notes := noted(grades):
        lines += ["", "notes:", *(f"  {student}: {note}" for student, note in notes)]
    return "\n".join([*lines, "", TRUST])


def summary_html(grades: Sequence[Grade]) -> str:
    """The class as a page, for the teacher alone."""
    exercises = table(
        ("exercise", "mean", "of", "full", "none", "most often missed"),
        [
            (f"{one.key} {one.title}", f"{one.mean:.2f}", f"{one.of:g}", one.full, one.none,
             one.missed)
            for one in exercise_summaries(grades)
        ],
    )  # fmt: skip
    notes = table(("student", "note"), noted(grades)) if noted(grades) else "<p>None.</p>"
    body = (
        f"<p>{len(by_student(grades))} students. For the teacher alone: it names students.</p>"
        f"<h2>Exercises</h2>{exercises}<h2>Points</h2>{_points(grades)}"
        f"<h2>Remarks</h2><p>How often the server had to remark upon something.</p>"
        f"{_heat_map(grades)}<h2>Notes</h2>{notes}<p>{escape(TRUST)}</p>"
    )
    return page("The class at a glance", body)


def _points(grades: Sequence[Grade]) -> str:
    keys = [one.key for one in exercise_summaries(grades)]
    rows = []
    for student, mine in by_student(grades).items():
        points = {one.exercise: one for one in mine}
        cells = [f"{points[key].points:g}" if key in points else "" for key in keys]
        rows.append((student, *cells, f"{sum(one.points for one in mine):g}"))
    return table(("student", *keys, "total"), rows)


def _heat_map(grades: Sequence[Grade]) -> str:
    """Students down, remarks across; the more often, the darker."""
    remarks = remarks_of(grades)
    keys = sorted({key for counts in remarks.values() for key in counts})
    if not keys:
        return "<p>None was made.</p>"
    most = max(count for counts in remarks.values() for count in counts.values())
    rows = "".join(
        f'<tr><th scope="row">{escape(student)}</th>'
        + "".join(_heat(counts[key], most) for key in keys)
        + "</tr>"
        for student, counts in remarks.items()
    )
    stumbled = [sum(counts[key] > 0 for counts in remarks.values()) for key in keys]
    totals = "".join(f"<td>{count}</td>" for count in stumbled)
    head = "".join(f'<th scope="col">{escape(key)}</th>' for key in keys)
    return (
        f'<table class="heat"><thead><tr><th scope="col">student</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody>"
        f'<tfoot><tr><th scope="row">students</th>{totals}</tr></tfoot></table>'
    )


def _heat(count: int, most: int) -> str:
    # From white to a red on which black is still read (contrast 6:1).
    share = count / most
    colour = f"rgb(255,{255 - round(105 * share)},{255 - round(130 * share)})"
    return f'<td style="background:{colour}">{count or ""}</td>'
