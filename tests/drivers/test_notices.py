"""A wait that lasts is spoken of while it lasts, on real sockets."""

from __future__ import annotations

import os
import socket
import threading
from typing import Any

import pytest

from drivers.fronts import Front, letter
from drivers.peers import Line, Peer, greet, talk
from smtp_nb.flows import limits


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 0.01)


def test_a_wait_for_the_banner_is_spoken_of_while_it_lasts(front: Front) -> None:
    """The server is silent until it was said that it is."""

    def habit(line: Line) -> None:
        line.wait_until_told()
        greet(line)
        talk(line)

    said: list[str] = []

    with Peer(habit) as peer:

        def hear(event: Any) -> None:
            if event.is_waiting:
                said.append(event.connection_event)
                peer.told.set()

        smtp = front.make(**letter(peer.port))
        smtp.on_connection_status = hear
        assert front.run(smtp.send())
    assert said[0].startswith(f"waiting for the banner of 127.0.0.1 port {peer.port}, up to 300 s")


def test_a_wait_for_the_name_server_is_spoken_of_by_itself(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: told.wait(30) and [])
    said: list[str] = []

    def hear(event: Any) -> None:
        if event.is_waiting:
            said.append(event.connection_event)
            told.set()

    smtp = front.make(mail_server="mail.test")
    smtp.on_connection_status = hear
    assert not front.run(smtp.doctor(ports=()))
    assert said[0] == "waiting for the addresses of mail.test (DNS), up to 10 s"


def test_a_wait_for_a_reply_is_spoken_of_while_it_lasts(front: Front) -> None:
    def habit(line: Line) -> None:
        greet(line)
        line.hear()
        line.wait_until_told()
        line.say(b"250 noop")
        talk(line)

    trail: list[str] = []
    with Peer(habit) as peer:

        def hear(event: Any) -> None:
            trail.append(event.message)
            if event.message.startswith("waiting for the reply to NOOP"):
                peer.told.set()

        smtp = front.make(**letter(peer.port))
        smtp.on_pi_trail = hear
        with front.connected(smtp):
            assert front.run(smtp.send_command("NOOP")) == "250 noop"
    assert "waiting for the reply to NOOP, up to 60 s" in trail


def test_a_wait_for_a_stream_is_spoken_of_while_it_lasts(front: Front) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"Subject: x\r\n\r\n")

    def habit(line: Line) -> None:
        greet(line)
        talk(line)

    with Peer(habit) as peer:

        def hear(event: Any) -> None:
            if "the stream of the message" in event.message:
                os.write(writing, b"It came late.\r\n")
                os.close(writing)

        smtp = front.make(**letter(peer.port))
        smtp.on_pi_trail = hear
        with os.fdopen(reading, "rb", buffering=0) as stream:
            smtp.set_message_stream(stream)
            assert front.run(smtp.send())
