"""A class of thirty and three strangers, over TLS at a second address of loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from classroom.room.conftest import NAMES, Dial, Telnet, code_of, joined
from smtp_nb import SMTP, Outcome
from smtp_nb.classroom import Classroom, StrangerLimits
from smtp_nb.errors import DeferredError, InputError, SMTPError, StateError
from smtp_nb.sandbox.door import HELD, PAUSED, RESUMED

Crowd = tuple[Classroom, list[SMTP]]
ENVELOPE = ("EHLO localhost", "MAIL FROM:<eve@class.test>", "RCPT TO:<ann@class.test>", "DATA")


def everywhere(students: list[SMTP], act: Callable[[SMTP], object]) -> list[object]:
    with ThreadPoolExecutor(len(students)) as pool:
        return list(pool.map(act, students))


def send(smtp: SMTP) -> str:
    try:
        return str(smtp.send().outcome)
    except DeferredError as error:
        return str(error.reply.code if error.reply else error)


def test_thirty_joined_students_and_three_strangers_have_trails_of_their_own(
    crowd: Crowd, dial: Dial
) -> None:
    room, students = crowd
    assert everywhere(students, send) == ["ACCEPTED"] * 30
    strangers = [dial(room) for _ in range(3)]
    for line in strangers:
        line.say(*ENVELOPE)
    for name in NAMES:
        seen = room[name]
        assert seen.messages[-1].subject == f"From {name}"
        assert {session.user for session in seen.sessions} == {name.lower()}
        assert seen.session.tls is not None
        assert "From" not in str(seen.trail)
    titles = {tile.name for tile in room.tiles()}
    assert titles == {*NAMES, "stranger 1", "stranger 2", "stranger 3"}
    assert room["stranger 2"].session.exchanges[-1].command == "DATA"


def test_a_fault_strikes_all_thirty_or_one(crowd: Crowd) -> None:
    room, students = crowd
    fault = room.fault("greylist")
    assert everywhere(students, send) == ["450"] * 30
    assert fault.hits == 30
    room.heal()
    room.fault("reply", student="kim 7", stage="END", code=452)
    found = everywhere(students, send)
    assert [name for name, one in zip(NAMES, found, strict=True) if one == "452"] == ["Kim 7"]
    room.heal()
    with pytest.raises(InputError, match="no student is called"):
        room.fault("greylist", student="nobody")


def test_a_fault_for_all_strikes_while_thirty_are_inside_data() -> None:
    with Classroom(NAMES, host="127.0.0.2", port=0) as room:
        lines = [Telnet(code_of(room)) for _ in NAMES]
        for line, name in zip(lines, NAMES, strict=True):
            hello = f"EHLO {name.lower().replace(' ', '-')}.class.test"
            assert line.say(hello, *ENVELOPE[1:])[:3] == "354"
            line.send("Subject: x\r\n\r\nHello\r\n")
        room.fault("421", stage="END")
        for line in lines:
            line.send(".\r\n")
        assert [line.reply()[:3] for line in lines] == ["421"] * 30
        for line in lines:
            line.close()
        assert all(not room[name].messages for name in NAMES)


def test_a_tarpitted_student_delays_nobody_else(crowd: Crowd) -> None:
    room, students = crowd
    room.fault("slow", student="Kim 1", delay=600)
    slow = threading.Thread(
        target=_ignore, args=(lambda: students[0].send_command("NOOP"),), daemon=True
    )
    slow.start()
    assert everywhere(students[1:], send) == ["ACCEPTED"] * 29
    assert slow.is_alive()
    room.heal()
    students[0].interrupt()
    slow.join()
    students[0].connect()


def _ignore(act: Callable[[], object]) -> None:
    with suppress(SMTPError):
        act()


def test_a_message_of_the_teacher_comes_with_everybodys_next_reply(
    room: Classroom, dial: Dial
) -> None:
    ann, line = joined(room, "Ann"), dial(room)
    line.say("EHLO localhost")
    assert room.broadcast("five minutes left") == 2
    assert "(the teacher: five minutes left)" in ann.send_command("NOOP")
    assert "the teacher: five minutes left" in str(room["Ann"].trail)
    assert line.say("NOOP").endswith("(the teacher: five minutes left)")
    assert "teacher" not in line.say("NOOP")
    later = dial(room)
    assert "teacher" not in later.say("EHLO localhost")
    assert send(ann) == "ACCEPTED"
    for wrong in ("", "Fünf", "a\r\n250 b", "x" * 201):
        with pytest.raises(InputError, match="does not fit into a reply"):
            room.broadcast(wrong)
    ann.disconnect()


def test_a_pause_holds_replies_and_says_so_and_loses_nothing(room: Classroom, dial: Dial) -> None:
    ann, line = joined(room, "Ann"), dial(room)
    line.say("EHLO localhost")
    room.fault("slow", student="ben müller")
    room.pause()
    line.send("NOOP\r\n")
    late = dial_without_greeting(room)
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send, ann)
        assert room["Ann"].session.waiting == HELD
        assert PAUSED in str(room["Ann"].trail)
        assert "paused" in repr(room)
        assert {tile.place.word for tile in room.tiles() if tile.is_open} == {"held"}
        assert not room["Ann"].messages
        assert not sending.done()
        room.resume()
        assert sending.result() == "ACCEPTED"
    ann.disconnect()
    assert line.reply()[:3] == "250"
    assert late.recv(3) == b"220"
    late.close()
    assert RESUMED in str(room["Ann"].trail)


def dial_without_greeting(room: Classroom) -> socket.socket:
    code = code_of(room)
    return socket.create_connection((code.host, code.port), 20)


def test_reset_leaves_no_fault_no_pause_and_no_open_session(room: Classroom, dial: Dial) -> None:
    ann, line = joined(room, "Ann"), dial(room)
    send(ann)
    line.say(*ENVELOPE[:2])
    room.fault("421")
    room.pause()
    room.reset()
    assert not room.faults
    assert not room.is_paused
    assert line.reply()[:3] == "421"
    _ignore(ann.disconnect)
    assert not room.server.sessions
    assert [tile.place.word for tile in room.tiles()] == ["not here yet"] * 3
    assert len(room["Ann"].messages) == 1  # the log is kept
    room.reset(keep_log=False)
    assert not room["Ann"].sessions
    ann = joined(room, "Ann")
    assert send(ann) == "ACCEPTED"
    ann.disconnect()


def test_a_stranger_is_adopted_and_faults_then_know_the_student(
    room: Classroom, dial: Dial
) -> None:
    line = dial(room)
    line.say(*ENVELOPE[:2])
    room.adopt("stranger 1", "ann")
    assert room["ann"].session.is_open
    room.fault("refuse", student="Ann")
    assert line.say("RCPT TO:<ben@class.test>")[:3] == "550"
    for stranger, student in (("stranger 9", "ann"), ("stranger 1", "ann"), ("stranger 1", "x")):
        with pytest.raises(InputError):
            room.adopt(stranger, student)


def test_a_name_in_ehlo_is_an_identity_on_this_machine(room: Classroom, dial: Dial) -> None:
    line = dial(room)
    assert line.say("EHLO ann.class.test", "MAIL FROM:<ann@class.test>")[:3] == "250"
    assert room["ann"].session.exchanges[-1].command == "MAIL"
    assert not room["cy"].sessions
    with pytest.raises(StateError, match="has not connected yet"):
        _ = room["cy"].session


def test_a_stranger_has_limits_and_relays_nothing(dial: Dial) -> None:
    limits = StrangerLimits(connections=2, sessions=3, octets=100)
    with Classroom(["ann"], port=0, limits=limits) as room:
        first = dial(room)
        assert first.say(*ENVELOPE)[:3] == "354"
        first.send("x" * 200 + "\r\n.\r\n")
        assert first.reply()[:3] == "552"
        assert first.say("MAIL FROM:<eve@class.test> SIZE=101")[:3] == "552"
        second, third = dial(room), dial(room)
        assert second.say(*ENVELOPE[:2])[:3] == "250"
        assert third.say(*ENVELOPE[:2])[:3] == "421"
        assert not room.server.messages


def test_another_machine_gets_220_and_530_until_it_joins(dial: Dial) -> None:
    with Classroom(["Ann"], host="lan", port=0) as room:
        line = dial(room)
        assert line.greeting[:3] == "220"
        assert line.say("MAIL FROM:<eve@class.test>")[:3] == "530"
        for said in ("NOOP", "VRFY ann", "HELO ann.class.test", "HELP", "RSET", "nonsense"):
            assert line.say(said)[:3] == "530", said
        assert line.say("EHLO ann.class.test")[:3] == "250"
        assert line.say("MAIL FROM:<eve@class.test>")[:3] == "530"
        assert not room["ann"].sessions
        ann = joined(room, "ann")
        assert send(ann) == str(Outcome.ACCEPTED)
        ann.disconnect()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "*", "school.test"])
def test_a_host_is_one_address(host: str) -> None:
    with pytest.raises(InputError, match="not one address"):
        Classroom(["ann"], host=host)


def test_a_projected_trail_names_nobody(room: Classroom) -> None:
    ann = joined(room, "Ann")
    ann.from_ = "ann@class.test"
    send(ann)
    shown = str(room.show("ann"))
    assert "ann" not in shown.lower()
    assert "student 1.class.test" in shown
    assert "MAIL FROM:<ann@class.test>" in str(room.show("ann", masked=False))
    text, html = str(room._repr_html_()), repr(room)
    assert "Ann" not in text + html
    ann.disconnect()


def test_a_measure_of_each_student_is_a_frame(room: Classroom, dial: Dial) -> None:
    dial(room).say("EHLO ann.class.test", *ENVELOPE[1:3])
    frame = room.collect(lambda seen: {"messages": len(seen.messages), "any": bool(seen.sessions)})
    assert frame.to_dict("list") == {
        "student": ["Ann", "Ben Müller", "Cy"],
        "messages": [0, 0, 0],
        "any": [True, False, False],
    }
