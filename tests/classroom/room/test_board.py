from __future__ import annotations

import pytest

from classroom.room.conftest import Dial
from smtp_nb.classroom import Classroom
from smtp_nb.classroom.room.board import Place, Tile, discretion

HELLO, MAIL, RCPT = "EHLO localhost", "MAIL FROM:<eve@class.test>", "RCPT TO:<ann@class.test>"


def tile(room: Classroom) -> Tile:
    return next(one for one in room.tiles() if one.name == "stranger 1")


@pytest.mark.parametrize(
    ("said", "unended", "place", "is_stuck"),
    [
        ((HELLO, MAIL), "", Place.ENVELOPE, False),
        ((HELLO, MAIL, "RCPT TO: x"), "", Place.REFUSED, True),
        ((HELLO, MAIL), "RCPT", Place.MIDWAY, True),
        ((HELLO, MAIL, RCPT, "DATA"), "", Place.CONTENT, False),
        ((HELLO, MAIL, RCPT, "DATA"), "Hello", Place.CONTENT, False),
        ((HELLO, MAIL, RCPT, "DATA", "."), "", Place.DELIVERED, False),
        ((HELLO, MAIL, "RSET"), "", Place.GREETED, False),
        ((HELLO, MAIL, "NOOP"), "", Place.GREETED, False),
        ((HELLO, MAIL, "QUIT"), "", Place.LEFT, False),
    ],
    ids=lambda value: str(value[-1]) if isinstance(value, tuple) else "",
)
def test_a_tile_says_where_a_conversation_stands(
    room: Classroom, dial: Dial, said: tuple[str, ...], unended: str, place: Place, is_stuck: bool
) -> None:
    line = dial(room)
    line.say(*said)
    if unended:
        before = room.server.sessions[0].wire
        line.send(unended)
        while room.server.sessions[0].wire == before:
            pass
    found = tile(room)
    assert (found.place, found.is_stuck) == (place, is_stuck)


def test_those_who_are_stuck_come_first_and_those_who_are_absent_last(
    room: Classroom, dial: Dial
) -> None:
    dial(room).say("EHLO ann.class.test", MAIL)
    dial(room).say("EHLO cy.class.test", "MAIL FROM: cy")
    assert [one.name for one in room.tiles()] == ["Cy", "Ann", "Ben Müller"]


def test_who_leaves_in_the_middle_broke_off(room: Classroom, dial: Dial) -> None:
    line = dial(room)
    line.say(HELLO, MAIL)
    line.close()
    while room.server.sessions[0].is_open:
        pass
    assert tile(room).place is Place.BROKEN
    assert tile(room).remarks == (("no-quit", 1),)


def test_every_place_has_a_word_and_a_sign_of_its_own() -> None:
    assert len({place.word for place in Place}) == len({place.sign for place in Place}) == 12


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("EHLO ann.class.test", "EHLO student 1.class.test"),
        ("MAIL FROM:<ann@class.test>", "MAIL FROM:<student 1…@class.test>"),
        ("Annika and ANN", "Annika and student 1"),
    ],
)
def test_names_and_addresses_are_taken_out(text: str, shown: str) -> None:
    assert discretion({"ann": "student 1"})(text) == shown
