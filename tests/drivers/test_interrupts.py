"""Ctrl-C and `interrupt()`: whatever is under way ends at once, and every outcome is known."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest

from drivers.fronts import Front, letter
from drivers.peers import Line, Peer, full_backlog, greet, talk, wait_for_attempt
from smtp_nb import SMTP
from smtp_nb.errors import Interrupted
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt

CREDENTIALS = {"user": "alice", "password": "wonderland"}
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
def _peer(habit: Callable[[Line], None]) -> Iterator[tuple[int, Callable[[], object]]]:
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


def _silent_at(verb: bytes, *keywords: bytes) -> Callable[[], Moment]:
    def habit(line: Line) -> None:
        greet(line, *keywords)
        talk(line, {verb: None})

    return lambda: _peer(habit)


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
    Stage("the banner", lambda: _peer(_mute)),
    Stage("TLS handshake", lambda: _peer(_mute), properties={"ssl_start_mode": "implicit"}),
    Stage("EHLO", lambda: _peer(_mute_after_banner)),
    Stage(
        "STARTTLS", _silent_at(b"STARTTLS", b"STARTTLS"), properties={"ssl_start_mode": "explicit"}
    ),
    Stage("AUTH", _silent_at(b"AUTH", b"AUTH PLAIN"), properties=CREDENTIALS),
    Stage("MAIL", _silent_at(b"MAIL")),
    Stage("a group", _silent_at(b"RCPT", b"PIPELINING")),
    Stage("DATA", _silent_at(b"DATA")),
    Stage(
        "writing to who does not read",
        lambda: _peer(_deaf_in_data),
        properties={"message": LONG_MESSAGE},
    ),
    Stage("the final reply", _silent_at(b"."), Outcome.UNKNOWN),
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


def press_ctrl_c(front: Front) -> None:
    """Send SIGINT from a thread. asyncio takes no notice of one that comes just before it waits."""
    if front.loop is None:
        os.kill(os.getpid(), signal.SIGINT)
    else:
        front.loop.call_soon_threadsafe(signal.raise_signal, signal.SIGINT)


def assert_ended_at(stage: Stage, smtp: Any, error: BaseException) -> None:
    receipt = receipt_of(error)
    assert receipt is not None
    assert receipt.outcome == stage.outcome
    assert not smtp.connected
    assert smtp.idle


@by_stage
def test_interrupt_from_a_thread_ends_any_wait(front: Front, stage: Stage) -> None:
    with stage.silence() as (port, reached):
        smtp = front.make(**letter(port, **stage.properties))
        with when(reached, smtp.interrupt), pytest.raises(Interrupted) as caught:
            front.run(smtp.send())
    assert caught.value.code == 301
    assert_ended_at(stage, smtp, caught.value)


@by_stage
def test_ctrl_c_ends_any_wait_of_a_send_at_once(front: Front, stage: Stage) -> None:
    with stage.silence() as (port, reached):
        smtp = front.make(**letter(port, **stage.properties))
        with when(reached, lambda: press_ctrl_c(front)), pytest.raises(KeyboardInterrupt) as caught:
            front.run(smtp.send())
    assert_ended_at(stage, smtp, caught.value)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_that_reaches_another_thread_first_ends_the_wait() -> None:
    with _silent_at(b".")() as (port, reached):
        smtp = SMTP(**letter(port))

        def press() -> None:
            main = threading.main_thread().ident or 0
            while "select" not in sys._current_frames()[main].f_code.co_name:
                threading.Event().wait(0.001)
            # As with one that comes between the last look and the wait: it ends no system call.
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)

        with when(reached, press), pytest.raises(KeyboardInterrupt):
            smtp.send()
    assert not smtp.connected
