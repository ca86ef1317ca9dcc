"""Ctrl-C and `interrupt()`: whatever is under way ends at once, and every outcome is known."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from drivers.fronts import Front, letter
from drivers.jobs import COPIES, Stream
from drivers.peers import (
    Line,
    Peer,
    free_port,
    full_backlog,
    greet,
    open_files,
    talk,
    wait_for_attempt,
    wait_until,
)
from smtp_nb import SMTP, PITrailEvent
from smtp_nb.errors import ConnectFailed, Interrupted, SMTPTimeout
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt
from smtp_nb.sandbox import SandboxServer

CREDENTIALS = {"alice": "wonderland"}
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
    Stage(
        "AUTH",
        _silent_at(b"AUTH", b"AUTH PLAIN"),
        properties={"user": "alice", "password": "wonderland"},
    ),
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


@by_stage
def test_a_time_out_ends_any_wait(front: Front, stage: Stage) -> None:
    with stage.silence() as (port, _):
        smtp = front.make(**letter(port, **stage.properties), timeout=0.05)
        with pytest.raises(SMTPTimeout) as caught:
            front.run(smtp.send())
    assert caught.value.code == 201
    assert_ended_at(stage, smtp, caught.value)


@pytest.mark.parametrize("without", [[], ["CHUNKING"]], ids=["CHUNKING", "DATA"])
def test_interrupts_at_random_moments_lose_nothing(front: Front, without: list[str]) -> None:
    chance, pause, streams = random.Random(4), threading.Event(), []
    with SandboxServer(without=without) as server:
        smtp = front.SMTP.from_url(server.url)
        for number in range(25):
            streams.append(Stream(1_000_000, f"s{number}-"))
            moment = chance.uniform(0, 0.01)

            def wait(begun: Stream = streams[-1], seconds: float = moment) -> None:
                wait_until(lambda: bool(begun.taken))
                pause.wait(seconds)

            with when(wait, smtp.interrupt), pytest.raises(Interrupted):
                front.run(smtp.deliver(streams[-1]))
            assert not smtp.connected
    copies = Counter(message.subject for message in server.messages)
    for stream in streams:
        stream.assert_complete()
        assert all(copies[tag] in COPIES[outcome] for tag, outcome in stream.outcomes.items())


def test_a_stream_that_finds_no_server_takes_no_job(front: Front) -> None:
    smtp, stream = front.make(mail_server="127.0.0.1", mail_port=free_port()), Stream(5)
    with pytest.raises(ConnectFailed):
        front.run(smtp.deliver(stream))
    assert stream.taken == []


def test_ctrl_c_that_reaches_another_thread_first_ends_the_wait() -> None:
    woken = threading.Event()
    with _silent_at(b".")() as (port, reached):
        smtp = SMTP(**letter(port))

        def press() -> None:
            main = threading.main_thread().ident or 0
            while "select" not in sys._current_frames()[main].f_code.co_name:
                threading.Event().wait(0.001)
            # As with one that comes between the last look and the wait: it ends no system call.
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
            if not woken.wait(10):
                os.kill(os.getpid(), signal.SIGINT)

        with when(reached, press):
            with pytest.raises(KeyboardInterrupt):
                smtp.send()
            is_in_time = not woken.is_set()
            woken.set()
    assert is_in_time
    assert not smtp.connected


# -- streams ----------------------------------------------------------------------------------


def press_at(number: int, presses: int = 1) -> Callable[[int], None]:
    """Press Ctrl-C when so many jobs were taken."""

    def before(taken: int) -> None:
        if taken >= number:
            for _ in range(presses):
                signal.raise_signal(signal.SIGINT)

    return before


def test_the_first_ctrl_c_of_a_stream_only_stops_the_supply() -> None:
    with SandboxServer() as server:
        smtp = SMTP.from_url(server.url)
        stream = Stream(1000, before=press_at(7))
        with pytest.raises(KeyboardInterrupt):
            smtp.deliver(stream)
        assert 7 <= len(stream.taken) < 1000
        stream.assert_complete()
        assert set(stream.outcomes.values()) == {Outcome.ACCEPTED}
        assert [message.subject for message in server.messages] == stream.taken
        assert "QUIT" in str(server.sessions[0])
    assert not smtp.connected


def test_the_first_ctrl_c_of_a_stream_leaves_a_connection_of_the_users_open() -> None:
    with SandboxServer() as server, SMTP.from_url(server.url) as smtp:
        with pytest.raises(KeyboardInterrupt):
            smtp.deliver(Stream(1000, before=press_at(3)))
        assert smtp.connected
        smtp.deliver(Stream(2, "again"))
        assert [m.subject for m in server.messages][-2:] == ["again0", "again1"]


def test_the_second_ctrl_c_of_a_stream_drops_the_line() -> None:
    with _silent_at(b".")() as (port, reached):
        smtp, stream = SMTP(**letter(port)), Stream(5)

        def press_twice() -> None:
            reached()
            press_ctrl_c_once()
            assert not ended.wait(0.05)
            press_ctrl_c_once()

        def press_ctrl_c_once() -> None:
            os.kill(os.getpid(), signal.SIGINT)

        ended = threading.Event()
        with when(reached, press_twice):
            with pytest.raises(KeyboardInterrupt) as caught:
                smtp.deliver(stream)
            ended.set()
    assert isinstance(caught.value.__cause__, Interrupted)
    stream.assert_complete()
    assert stream.outcomes == {"n0": Outcome.UNKNOWN}
    assert not smtp.connected


def test_a_further_ctrl_c_breaks_off_a_source_that_hangs() -> None:
    def hang(taken: int) -> None:
        while taken:
            signal.raise_signal(signal.SIGINT)

    with SandboxServer() as server:
        smtp, stream = SMTP.from_url(server.url), Stream(1000, before=hang)
        with pytest.raises(KeyboardInterrupt):
            smtp.deliver(stream)
        stream.assert_complete()
    assert stream.outcomes == {"n0": Outcome.ACCEPTED}
    assert not smtp.connected


def test_a_further_ctrl_c_breaks_off_a_handler_that_hangs() -> None:
    def hang(event: PITrailEvent) -> None:
        while event.message.startswith("MAIL"):
            signal.raise_signal(signal.SIGINT)

    with SandboxServer(without=["CHUNKING"]) as server:
        smtp = SMTP(**letter(server.port))
        smtp.on_pi_trail += hang
        with pytest.raises(KeyboardInterrupt) as caught:
            smtp.send()
    assert (known := receipt_of(caught.value)) is not None
    assert known.outcome is Outcome.NOT_SENT
    assert server.messages == []


def test_what_a_source_raises_ends_the_stream_in_good_order(front: Front) -> None:
    def fail(taken: int) -> None:
        if taken:
            raise ZeroDivisionError

    with SandboxServer() as server:
        smtp, stream = front.SMTP.from_url(server.url), Stream(9, before=fail)
        with pytest.raises(ZeroDivisionError):
            front.run(smtp.deliver(stream))
        stream.assert_complete()
        assert "QUIT" in str(server.sessions[0])
    assert not smtp.connected


# -- handlers and calls around it ---------------------------------------------------------------


def test_a_handler_of_the_users_is_called_once_and_stays() -> None:
    calls = []

    def handler(number: int, frame: object) -> None:
        calls.append(number)

    with SandboxServer() as server, sigint_handler(handler):
        smtp = SMTP.from_url(server.url)
        smtp.deliver(stream := Stream(1000, before=press_at(7)))
        assert signal.getsignal(signal.SIGINT) is handler
    assert calls == [signal.SIGINT]
    assert len(stream.taken) < 1000
    stream.assert_complete()


@contextlib.contextmanager
def sigint_handler(handler: Any) -> Iterator[None]:
    old = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, old)


def test_an_ignored_sigint_stays_ignored() -> None:
    with SandboxServer() as server, sigint_handler(signal.SIG_IGN):
        smtp = SMTP.from_url(server.url)
        smtp.deliver(stream := Stream(20, before=press_at(7)))
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert len(stream.given) == 20


def test_a_thread_leaves_sigint_alone() -> None:
    seen = []
    with SandboxServer() as server:
        smtp = SMTP(**letter(server.port))
        smtp.on_pi_trail += lambda event: seen.append(signal.getsignal(signal.SIGINT))
        thread = threading.Thread(target=smtp.send)
        thread.start()
        thread.join()
        assert len(server.messages) == 1
    assert set(seen) == {signal.default_int_handler}


def test_signals_of_an_event_loop_around_us_reach_it() -> None:
    async def main() -> None:
        heard = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, heard.set)
        smtp.send()
        async with asyncio.timeout(30):
            await heard.wait()

    with SandboxServer() as server:
        smtp = SMTP(**letter(server.port))
        smtp.on_start_transfer += lambda event: signal.raise_signal(signal.SIGUSR1)
        asyncio.run(main())
        assert len(server.messages) == 1


def test_interrupt_outside_a_call_has_no_effect(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        smtp.interrupt()
        front.run(smtp.send())
        smtp.interrupt()
        front.run(smtp.connect())
        smtp.interrupt()
        front.run(smtp.send())
        smtp.interrupt()
        front.run(smtp.disconnect())
        assert len(server.messages) == 2


def test_interrupt_from_an_event_handler(front: Front) -> None:
    with SandboxServer(without=["CHUNKING"]) as server:
        smtp = front.make(**letter(server.port))
        smtp.on_pi_trail += lambda event: event.message.startswith("MAIL") and smtp.interrupt()
        with pytest.raises(Interrupted) as caught:
            front.run(smtp.send())
        assert caught.value.receipt.outcome is Outcome.NOT_SENT
    assert server.messages == []


def test_interrupt_from_a_signal_handler() -> None:
    old = signal.signal(signal.SIGUSR1, lambda number, frame: smtp.interrupt())
    try:
        with _silent_at(b".")() as (port, reached):
            smtp = SMTP(**letter(port))
            press = when(reached, lambda: os.kill(os.getpid(), signal.SIGUSR1))
            with press, pytest.raises(Interrupted) as caught:
                smtp.send()
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert caught.value.receipt is not None
    assert caught.value.receipt.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("word", ["EHLO", "MAIL", "250 2.0.0 Ok", "QUIT", "Remote host disconn"])
def test_sys_exit_in_a_handler_ends_the_call_in_good_order(front: Front, word: str) -> None:
    def leave(event: PITrailEvent) -> None:
        if event.message.startswith(word):
            sys.exit(3)

    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        smtp.on_pi_trail += leave
        with pytest.raises(SystemExit) as caught:
            front.run(smtp.send())
        smtp.on_pi_trail = None
        assert caught.value.code == 3
        assert not smtp.connected
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED


def test_a_message_that_was_done_with_keeps_its_receipt() -> None:
    with SandboxServer() as server:
        smtp = SMTP(**letter(server.port))
        smtp.on_connection_status += lambda event: (
            signal.raise_signal(signal.SIGINT)
            if event.connection_event == "Remote host disconnected"
            else None
        )
        with pytest.raises(KeyboardInterrupt) as caught:
            smtp.send()
    assert (known := receipt_of(caught.value)) is not None
    assert known.outcome is Outcome.ACCEPTED
    assert len(server.messages) == 1


def press_at_line(call: Callable[[], object], number: int) -> bool:
    """Make a call and press Ctrl-C before the so many-th line of ours; False if there are fewer."""
    left = number

    def trace(frame: FrameType, kind: str, argument: object) -> Any:
        nonlocal left
        if not frame.f_globals.get("__name__", "").startswith("smtp_nb."):
            return None
        if kind == "line":
            left -= 1
            if left == 0:
                sys.settrace(None)
                signal.raise_signal(signal.SIGINT)
        return trace

    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(None)
    return left <= 0


def test_ctrl_c_before_any_line_of_ours_leaves_no_mess() -> None:
    number, stride = 1, 7
    with SandboxServer() as server:
        files = open_files()
        while True:
            smtp, copies = SMTP(**letter(server.port)), len(server.messages)
            try:
                if not press_at_line(smtp.send, number):
                    break
                raise AssertionError(f"Ctrl-C was lost before line {number}")
            except KeyboardInterrupt as stop:
                known = receipt_of(stop)
            assert smtp.idle
            assert not smtp.connected
            wait_until(lambda: open_files() == files)
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
            if known is not None:
                assert len(server.messages) - copies in COPIES[known.outcome]
            smtp.send()
            number += stride
    assert number > 10 * stride


# -- from another process ---------------------------------------------------------------------


class Sender:
    """A child process that sends until it is interrupted, run after run."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "drivers.sender"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )

    def begin(self, *run: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, run)) + "\n")
        self._process.stdin.flush()
        assert self._line() == "go"

    def press(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._line())
        return found

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        self._process.communicate()
        assert self._process.returncode == 0


def interrupt_at_random(server: SandboxServer, how: str, runs: int, seed: int) -> list[Any]:
    """Let a child send, and press Ctrl-C once to three times, at random moments of each run."""
    chance, pause = random.Random(seed), threading.Event()
    reports = []
    with contextlib.closing(Sender()) as sender:
        for number in range(runs):
            sender.begin(number, how, server.url)
            for _ in range(chance.choice((1, 1, 2, 3))):
                pause.wait(chance.uniform(0, 0.02))
                sender.press()
            reports.append(sender.report())
    return reports


def assert_nothing_was_lost(report: dict[str, Any], copies: Counter[str]) -> None:
    assert report["raised"] == "KeyboardInterrupt" or report.get("is_late")
    assert report.get("is_late") or report["is_restored"]
    assert report["files"] == 0
    told = [tag for tag, _ in report["given"]]
    assert told == report["taken"][: len(told)]
    for tag, outcome in report["given"]:
        assert copies[tag] in COPIES[outcome]


STORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "a stream": ("deliver", {}),
    "a stream with DATA": ("deliver", {"without": ["CHUNKING"]}),
    "a stream in TLS": ("deliver", {"tls": "starttls", "auth": CREDENTIALS}),
    "sends": ("send", {}),
}


@pytest.fixture(params=STORMS.values(), ids=STORMS)
def storm(request: pytest.FixtureRequest) -> Callable[[int], None]:
    """Runs so many interrupted streams and checks each against the server's mailbox."""

    def run(runs: int) -> None:
        how, options = request.param
        with SandboxServer(**options) as server:
            reports = interrupt_at_random(server, how, runs, seed=runs)
        copies = Counter(message.subject for message in server.messages)
        assert set(copies) <= {tag for report in reports for tag in report["taken"]}
        for report in reports:
            assert_nothing_was_lost(report, copies)
            if how == "deliver":
                assert len(report["given"]) == len(report["taken"])
                assert not report["connected"]

    return run


def test_sigint_from_another_process_loses_nothing(storm: Callable[[int], None]) -> None:
    storm(11)


@pytest.mark.long
def test_500_sigints_from_another_process_lose_nothing(storm: Callable[[int], None]) -> None:
    storm(130)
