"""A class is graded from what its server saw: live, and from its log, with the same points."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from classroom.room.conftest import joined
from smtp_nb.classroom import Classroom, Terminal
from smtp_nb.classroom.__main__ import main
from smtp_nb.classroom.exercises.words import word_for
from smtp_nb.classroom.lessons import PLANS
from smtp_nb.errors import InputError

DELIVERY = (
    "EHLO {name}.class.test\nMAIL FROM:<{name}@class.test>\nRCPT TO:<teacher@class.test>\nDATA\n"
    "Subject: {word}\n\nhi\n.\n"
)
REFUSED = "EHLO {word}.test\nMAIL ann\nMAIL FROM:<a@class.test>\nDATA\nQUIT\n"


def type_in(room: Classroom, name: str, text: str, word: str = "") -> None:
    word = word or word_for(1, name)
    with Terminal(room.server, name=name) as talk:
        talk.dialogue(text.format(name=name, word=word))


@pytest.fixture(scope="module")
def room() -> Iterator[Classroom]:
    """Ann does all, in two halves; ben forgets QUIT; cy lets a program do it, dora copies from ann,
    and a stranger comes by."""
    with Classroom(["ann", "ben", "cy", "dora", "eve"], code="maple-73", port=0) as running:
        type_in(running, "ann", DELIVERY + "QUIT\n")
        running.reset()
        type_in(running, "ann", REFUSED)
        type_in(running, "ben", DELIVERY)
        type_in(running, "dora", DELIVERY + "QUIT\n", word_for(1, "ann"))
        cy = joined(running, "cy")
        cy.subject = word_for(1, "cy")
        cy.send()
        cy.disconnect()
        with Terminal(running.server) as stranger:
            stranger.dialogue("EHLO localhost\nMAIL FROM:<x@class.test>\nQUIT\n")
        yield running


def points_in(table: Path) -> dict[tuple[str, str], tuple[float, str, str]]:
    with table.open(encoding="utf-8-sig", newline="") as file:
        return {
            (row["student"], row["exercise"]): (float(row["points"]), row["failed"], row["note"])
            for row in csv.DictReader(file)
        }


@pytest.mark.parametrize("lesson", list(PLANS))
def test_the_room_gives_the_points_that_the_command_gives_for_its_log(
    room: Classroom, tmp_path: Path, lesson: int
) -> None:
    room.save(tmp_path / "a.classlog", masked=False)
    table = tmp_path / "grades.csv"
    assert main(["grade", str(tmp_path), "-o", str(table), "--lesson", str(lesson)]) == 0
    frame = room.grade(lesson)
    found = {
        (row["student"], row["exercise"]): (row["points"], row["failed"], row["note"])
        for row in frame.to_dict("records")
    }
    assert found == points_in(table)
    assert {key for _, key in found} == {one.key for one in PLANS[lesson].exercises}
    assert set(frame["source"]) == {"class log"}


def test_each_student_gets_what_the_server_saw(room: Classroom) -> None:
    frame = room.grade(1).pivot(index="student", columns="exercise", values="points")
    assert dict(frame["1.1"]) == {
        "ann": 4, "ben": 3, "cy": 0, "dora": 3.5, "eve": 0, "stranger 1": 0,
    }  # fmt: skip
    assert dict(frame["1.2"])["ann"] == 2
    notes = room.collect("1.1").set_index("student")["note"]
    assert notes["dora"] == "used ann's word"
    assert "cannot tell who typed at another machine" in notes["cy"]


def test_an_exercise_alone_is_a_row_for_each_student(room: Classroom) -> None:
    frame = room.collect("1.2")
    assert list(frame["student"]) == ["ann", "ben", "cy", "dora", "eve", "stranger 1"]
    assert set(frame["exercise"]) == {"1.2"}
    assert list(frame.columns[:6]) == ["student", "lesson", "exercise", "title", "points", "of"]


def test_what_does_not_exist_is_an_error_that_names_what_does(room: Classroom) -> None:
    with pytest.raises(InputError, match=r"exercise '1\.9' does not exist") as caught:
        room.collect("1.9")
    assert "1.1, 1.2" in caught.value.remedy
    with pytest.raises(InputError, match="lesson 13 does not exist"):
        room.grade(13)
