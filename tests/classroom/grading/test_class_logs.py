"""A class log is graded, each student of the roster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from smtp_nb.classroom import Classroom, Terminal
from smtp_nb.classroom.exercises.words import word_for
from smtp_nb.classroom.grading.grading import grade
from smtp_nb.classroom.judging.provenance import Provenance
from smtp_nb.errors import InputError


@pytest.fixture
def room() -> Iterator[Classroom]:
    """Ann delivers her message by hand; ben does nothing."""
    with Classroom(["ann", "ben"], code="maple-73", port=0) as running:
        with Terminal(running.server, name="ann") as talk:
            talk.dialogue(
                "EHLO ann.class.test\nMAIL FROM:<ann@class.test>\nRCPT TO:<teacher@class.test>\n"
                f"DATA\nSubject: {word_for(1, 'ann')}\n\nhi\n.\nQUIT\n"
            )
        yield running


def test_each_student_of_the_roster_is_graded(room: Classroom, tmp_path: Path) -> None:
    room.save(tmp_path / "monday.classlog", masked=False)
    ann, _, ben, _ = grade([tmp_path / "monday.classlog"], lesson=1)
    assert (ann.student, ann.points, ann.source) == ("ann", 4, Provenance.CLASS_LOG)
    assert (ben.student, ben.points, ben.source) == ("ben", 0, Provenance.CLASS_LOG)


def test_a_class_log_needs_to_be_told_its_lesson(room: Classroom, tmp_path: Path) -> None:
    room.save(tmp_path / "monday.classlog", masked=False)
    with pytest.raises(InputError, match="of which lesson") as caught:
        grade([tmp_path])
    assert caught.value.remedy == "Use --lesson"


def test_a_masked_log_is_refused_with_what_to_do(room: Classroom, tmp_path: Path) -> None:
    room.save(tmp_path / "monday.classlog")
    with pytest.raises(InputError, match="is a masked class log") as caught:
        grade([tmp_path], lesson=1)
    assert "masked=False" in caught.value.remedy
