"""A whole class: thirty students who joined, and three strangers at the same address."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from smtp_nb import SMTP
from smtp_nb.classroom import Classroom
from smtp_nb.classroom.room.join_code import JoinCode, parse
from smtp_nb.classroom.room.joining import meet
from smtp_nb.errors import SMTPError

WATCHDOG_S = 20.0
NAMES = tuple(f"Kim {number}" for number in range(1, 31))


class Telnet:
    """A line by hand: octets out, whole replies in."""

    def __init__(self, code: JoinCode) -> None:
        self._socket = socket.create_connection((code.host, code.port), WATCHDOG_S)
        self._file = self._socket.makefile("rb")
        self.greeting = self.reply()

    def reply(self) -> str:
        """The last line of the next reply; empty at the end."""
        while (line := self._file.readline().decode())[3:4] == "-":
            pass
        return line.rstrip()

    def say(self, *lines: str) -> str:
        """Send lines in turn; the reply to the last one."""
        told = ""
        for line in lines:
            self.send(f"{line}\r\n")
            told = self.reply()
        return told

    def send(self, text: str) -> None:
        self._socket.sendall(text.encode())

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def code_of(room: Classroom) -> JoinCode:
    return parse(room.join_line.removeprefix("%smtp join "))


def joined(room: Classroom, name: str) -> SMTP:
    """A student who has joined."""
    smtp = meet(code_of(room), name)
    smtp.from_, smtp.send_to = "kim@class.test", "teacher@class.test"
    smtp.subject, smtp.message_text = f"From {name}", "Hello"
    smtp.connect()
    return smtp


Dial = Callable[[Classroom], Telnet]


@pytest.fixture
def dial() -> Iterator[Dial]:
    """Dials the server of a class by hand."""
    with ExitStack() as stack:

        def connect(room: Classroom) -> Telnet:
            line = Telnet(code_of(room))
            stack.callback(line.close)
            return line

        yield connect


@pytest.fixture
def room() -> Iterator[Classroom]:
    with Classroom(["Ann", "Ben Müller", "Cy"], code="maple-73", port=0) as running:
        yield running


@pytest.fixture(scope="session")
def crowd() -> Iterator[tuple[Classroom, list[SMTP]]]:
    """Thirty students, joined over TLS at a second address of loopback."""
    with Classroom(NAMES, code="maple-73", host="127.0.0.2", port=0) as running:
        students = [joined(running, name) for name in NAMES]
        yield running, students
        for smtp in students:
            with suppress(SMTPError):
                smtp.disconnect()
