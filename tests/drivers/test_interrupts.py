"""Ctrl-C and `interrupt()`: whatever is under way ends at once, and every outcome is known."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drivers.fronts import Front, letter
from drivers.jobs import Stream
from drivers.peers import free_port
from drivers.stages import Stage, by_stage, receipt_of, silent_at, when
from smtp_nb import SMTP, PITrailEvent
from smtp_nb.drivers.interrupts import Interrupts
from smtp_nb.errors import ConnectFailed, Interrupted, SMTPTimeout
from smtp_nb.model.outcome import Outcome
from smtp_nb.sandbox import SandboxServer


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


def test_a_stream_that_finds_no_server_takes_no_job(front: Front) -> None:
    smtp, stream = front.make(mail_server="127.0.0.1", mail_port=free_port()), Stream(5)
    with pytest.raises(ConnectFailed):
        front.run(smtp.deliver(stream))
    assert stream.taken == []


def test_ctrl_c_that_reaches_another_thread_first_ends_the_wait() -> None:
    woken = threading.Event()
    with silent_at(b".")() as (port, reached):
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
    with silent_at(b".")() as (port, reached):
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
        with silent_at(b".")() as (port, reached):
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


@pytest.mark.parametrize("platform", [sys.platform, "win32"])
def test_other_signals_reach_the_loop_that_had_the_wake_ups(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    """On Windows the loop's descriptor is the handle of a socket, which no file call can write."""

    def refuse(fd: int, data: bytes) -> int:
        raise OSError(9, "no descriptor of the C library")

    theirs, heard = socket.socketpair()
    ours, _ = pair = socket.socketpair()
    for end in (theirs, heard, *pair):
        end.setblocking(False)
    before = signal.set_wakeup_fd(theirs.fileno())
    try:
        with theirs, heard, ours, pair[1], Interrupts(1) as interrupts:
            with interrupts.waking(ours.fileno()):
                monkeypatch.setattr(sys, "platform", platform)
                if platform == "win32":
                    monkeypatch.setattr(os, "write", refuse)
                interrupts.forward(bytes([0, signal.SIGINT, 21]))
                monkeypatch.undo()
            assert heard.recv(9) == bytes([21])
            assert theirs.fileno() >= 0
            theirs.send(b"x")  # still open
    finally:
        signal.set_wakeup_fd(before)
