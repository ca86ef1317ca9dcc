"""The wall of a class without a browser: what a page is told, how often, and what it may ask."""

from __future__ import annotations

import csv
import io
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from smtp_nb.classroom import Classroom
from smtp_nb.classroom.room.downloads import csv_of
from smtp_nb.widgets import WallView
from smtp_nb.widgets.latest_value import LatestMade
from smtp_nb.widgets.teaching.wall import PAUSE_S


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def room() -> Iterator[Classroom]:
    with Classroom(["Ann", "Ben"], code="maple-73", port=0) as running:
        yield running


@pytest.fixture
def wall(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> Iterator[WallView]:
    view = WallView(room)
    view.told = []  # type: ignore[attr-defined]  # for the test
    monkeypatch.setattr(view, "send", lambda message: view.told.append(message))  # type: ignore[attr-defined]
    yield view
    view.close()


def ask(wall: WallView, **content: Any) -> None:
    wall._listen(wall, content, [])


def speak(room: Classroom, *lines: bytes) -> socket.socket:
    line = socket.create_connection((room.server.host, room.server.port), 20)
    line.recv(999)
    for said in lines:
        line.sendall(said + b"\r\n")
        line.recv(999)
    return line


def test_four_messages_a_second_leave_at_most_whatever_happens() -> None:
    clock, made = Clock(), []
    feed = LatestMade(lambda: made.append(1) or {}, PAUSE_S, clock)  # type: ignore[func-returns-value]
    assert feed.wait_s() is None
    for step in range(2000):
        clock.now = step / 1000
        feed.touch()
        feed.next_message()
    assert len(made) == 8
    assert feed.wait_s() == pytest.approx(PAUSE_S - (clock.now - 1.75))


def test_a_wall_of_sixty_is_one_message() -> None:
    with Classroom(60, port=0) as crowd:
        view = WallView(crowd)
        message = view._message()
        assert len(message["tiles"]) == 60
        view.close()


def test_the_teacher_tells_all_something_from_the_wall(room: Classroom, wall: WallView) -> None:
    line = speak(room, b"EHLO ann.class.test")
    ask(wall, tell="five minutes left")
    assert wall.told[-1]["text"] == "1 session will hear it with the next reply"  # type: ignore[attr-defined]
    line.sendall(b"NOOP\r\n")
    assert b"(the teacher: five minutes left)" in line.recv(999)
    ask(wall, tell="Fünf Minuten")
    assert "does not fit into a reply" in wall.told[-1]["text"]  # type: ignore[attr-defined]
    line.close()


def test_the_wall_and_the_log_are_files_to_take_home(room: Classroom, wall: WallView) -> None:
    line = speak(room, b"EHLO ann.class.test", b"MAIL FROM: ann@class.test", b"=1+1")
    ask(wall, file="csv")
    file = wall.told[-1]  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(file["text"])))
    assert file["name"] == "maple-73.csv"
    assert {row["student"]: row["state"] for row in rows} == {
        "Ann": "refused",
        "Ben": "not here yet",
    }
    assert "ann@" not in file["text"]
    ask(wall, press="projector")
    ask(wall, file="csv")
    assert "Ann" not in wall.told[-1]["text"]  # type: ignore[attr-defined]
    ask(wall, file="log")
    head, *_ = wall.told[-1]["text"].splitlines()  # type: ignore[attr-defined]
    assert json.loads(head)["class"] == "maple-73"
    assert "ann@" not in wall.told[-1]["text"]  # type: ignore[attr-defined]
    line.close()


@pytest.mark.parametrize("name", ["=1+1", "+a", "-a", "@a", "'quoted'"])
def test_no_cell_is_a_formula(name: str) -> None:
    with Classroom([name, "Ben"], port=0) as strange:
        text = csv_of(strange, is_masked=False)
    assert all(not row[0].startswith(("=", "+", "-", "@")) for row in csv.reader(io.StringIO(text)))


def test_a_page_learns_who_is_there_and_reads_the_open_trail(
    room: Classroom, wall: WallView
) -> None:
    line = speak(room, b"EHLO ann.class.test", b"MAIL FROM: ann@class.test")
    ask(wall, open="Ann")
    message = wall._message()
    assert [tile["key"] for tile in message["tiles"]] == ["Ann", "Ben"]
    assert message["opened"] == "Ann"
    assert "MAIL FROM: ann@class.test" in str(wall._trail.trail)
    line.sendall(b"NOOP\r\n")
    line.recv(999)
    wall._message()
    assert str(wall._trail.trail).count("NOOP") == 1
    assert str(wall._trail.trail).count("MAIL") == 1
    ask(wall, open=None)
    assert wall._message()["opened"] == ""
    line.close()


def test_the_projector_names_nobody(room: Classroom, wall: WallView) -> None:
    line = speak(room, b"EHLO ann.class.test", b"MAIL FROM:<ann@class.test>")
    room.fault("greylist", student="Ann")
    ask(wall, press="projector")
    ask(wall, open="student 1")
    message = {key: value for key, value in wall._message().items() if key != "join"}
    assert message["opened"] == "student 1"
    assert "ann" not in str(message).lower()
    assert "ann" not in str(wall._trail.trail).lower()
    ask(wall, press="projector")
    assert "Ann" in str(wall._message())
    line.close()


def test_switches_do_what_they_say(room: Classroom, wall: WallView) -> None:
    ask(wall, fault="421", student="Ben")
    (fault,) = room.faults
    assert (fault.name, fault.user) == ("421", "ben")
    ask(wall, press="heal")
    assert not room.faults
    ask(wall, press="pause")
    assert room.is_paused
    ask(wall, press="resume")
    assert not room.is_paused
    line = speak(room, b"EHLO ann.class.test")
    ask(wall, press="reset")
    assert line.recv(3) == b"421"
    assert not room.server.sessions
    line.close()


@pytest.mark.parametrize(
    "content",
    [None, "x", {}, {"press": "stop"}, {"press": 3}, {"open": 7}, {"open": ["x"]},
     {"fault": "nothing"}, {"fault": None, "student": {}}],
    ids=str,
)  # fmt: skip
def test_what_no_page_of_ours_sends_changes_nothing(
    room: Classroom, wall: WallView, content: object
) -> None:
    wall._listen(wall, content, [])
    assert not room.faults
    assert room.server.is_running


def test_an_error_is_told_to_the_page(room: Classroom, wall: WallView) -> None:
    ask(wall, fault="greylst")
    (said,) = [one for one in wall.told if one["kind"] == "said"]  # type: ignore[attr-defined]
    assert "Did you mean 'greylist'" in said["text"]


def test_what_is_saved_names_nobody_and_holds_no_code(room: Classroom, wall: WallView) -> None:
    line = speak(room, b"EHLO ann.class.test", b"MAIL FROM:<ann@class.test>")
    text, html = wall.static_forms()
    for form in (text, html):
        assert "student 1" in form
        assert "ann" not in form.lower()
        assert room.join_line.partition("@")[0] not in form
    assert "<script" not in html
    assert not wall.is_final
    line.close()
    room.stop()
    assert wall.is_final
    assert "stopped" in wall.static_forms()[0]
