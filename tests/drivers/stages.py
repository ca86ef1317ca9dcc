"""The moments at which a server, or the system, leaves a client waiting for ever."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest

from drivers.peers import Line, Peer, full_backlog, greet, talk, wait_for_attempt
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt

LONG_MESSAGE = b"Subject: long\r\n\r\n" + (b"x" * 78 + b"\r\n") * 150_000

# Gives the port, and what waits until the moment has come.
Moment = AbstractContextManager[tuple[int, Callable[[], object]]]


@dataclass(frozen=True)
class Stage:
    """A moment at which a server, or the system, leaves the client waiting for ever."""

    name: str
    silence: Callable[[], Moment]
    outcome: Outcome = Outcome.NOT_SENT
    properties: dict[str, Any] = field(default_factory=dict)


@contextlib.contextmanager
def silent_peer(habit: Callable[[Line], None]) -> Iterator[tuple[int, Callable[[], object]]]:
    with Peer(habit) as peer:
        yield peer.port, peer.stalled.wait


@contextlib.contextmanager
def _lost_syn() -> Iterator[tuple[int, Callable[[], object]]]:
    with full_backlog() as port:
        yield port, lambda: wait_for_attempt(port)


@contextlib.contextmanager
def _lost_question() -> Iterator[tuple[int, Callable[[], object]]]:
    """A name server that never answers; the system's resolver cannot be stopped."""
    asked, over = threading.Event(), threading.Event()

    def getaddrinfo(*_: object, **__: object) -> list[object]:
        asked.set()
        over.wait()
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        try:
            yield 25, asked.wait
        finally:
            over.set()


def silent_at(verb: bytes, *keywords: bytes) -> Callable[[], Moment]:
    def habit(line: Line) -> None:
        greet(line, *keywords)
        talk(line, {verb: None})

    return lambda: silent_peer(habit)


def _mute(line: Line) -> None:
    line.stall()


def _mute_after_banner(line: Line) -> None:
    line.say(b"220 peer.test ESMTP")
    line.hear()
    line.stall()


def _deaf_in_data(line: Line) -> None:
    greet(line)
    for answer in (b"250 ok", b"250 ok", b"354 go on"):
        line.hear()
        line.say(answer)
    line.stop_reading()


STAGES = (
    Stage("the name server", _lost_question, properties={"mail_server": "slow.test"}),
    Stage("connecting", _lost_syn),
    Stage("the banner", lambda: silent_peer(_mute)),
    Stage("TLS handshake", lambda: silent_peer(_mute), properties={"ssl_start_mode": "implicit"}),
    Stage("EHLO", lambda: silent_peer(_mute_after_banner)),
    Stage(
        "STARTTLS", silent_at(b"STARTTLS", b"STARTTLS"), properties={"ssl_start_mode": "explicit"}
    ),
    Stage(
        "AUTH",
        silent_at(b"AUTH", b"AUTH PLAIN"),
        properties={"user": "alice", "password": "wonderland"},
    ),
    Stage("MAIL", silent_at(b"MAIL")),
    Stage("a group", silent_at(b"RCPT", b"PIPELINING")),
    Stage("DATA", silent_at(b"DATA")),
    Stage(
        "writing to who does not read",
        lambda: silent_peer(_deaf_in_data),
        properties={"message": LONG_MESSAGE},
    ),
    Stage("the final reply", silent_at(b"."), Outcome.UNKNOWN),
)
by_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)


def receipt_of(error: BaseException | None) -> Receipt | None:
    """What is known of the message, on the error or on what caused it."""
    while error is not None:
        if (found := getattr(error, "receipt", None)) is not None:
            return found
        error = error.__cause__ or error.__context__
    return None


@contextlib.contextmanager
def when(reached: Callable[[], object], act: Callable[[], object]) -> Iterator[None]:
    """Do something from another thread as soon as a moment has come."""

    def wait_and_act() -> None:
        reached()
        act()

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    yield
    thread.join()
