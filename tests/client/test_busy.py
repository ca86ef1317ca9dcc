"""One call at a time: on threads a second one is error 166 at once, and the first one never
notices; among tasks it waits for its turn (`test_turns.py`)."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from drivers.fronts import Front, letter, said
from drivers.peers import Peer, greet, talk
from smtp_nb import SMTP
from smtp_nb.errors import BusyError, Interrupted
from smtp_nb.sandbox import SandboxServer

METHODS: dict[str, tuple[Any, ...]] = {
    "connect": (),
    "disconnect": (),
    "send": (),
    "send_to_terminal_only": (),
    "send_to_terminal_or_email": (),
    "send_to_terminal_and_email": (),
    "send_command": ("NOOP",),
    "verify": ("ann@x.test",),
    "expand": ("class",),
    "queue": (".",),
    "process_queue": (".",),
    "reset": (),
}


def calling(smtp: Any, method: str) -> Any:
    return getattr(smtp, method)(*METHODS[method])


def silent(line: Any) -> None:
    """Fall silent at the end of the first message, until the test says more."""
    greet(line, b"CHUNKING")
    for answer in (b"250 ok", b"250 ok"):
        line.hear()
        line.say(answer)
    line.hear()
    line.wait_until_told()
    line.say(b"250 ok queued as T1")
    talk(line)


@pytest.mark.covers("error.166")
@pytest.mark.covers("SMTP.Idle")
def test_on_threads_a_second_call_of_any_method_is_refused() -> None:
    with Peer(silent) as peer:
        smtp, receipts = SMTP(**letter(peer.port)), []
        first = threading.Thread(target=lambda: receipts.append(smtp.send()))
        first.start()
        peer.stalled.wait()
        for method in METHODS:
            with pytest.raises(BusyError) as caught:
                calling(smtp, method)
            assert caught.value.code == 166, method
            assert not smtp.idle
            assert smtp.mail_port == peer.port, "nothing was reset"
        for assign in ("connected", "command"):
            with pytest.raises(BusyError):
                setattr(smtp, assign, {"connected": False, "command": "NOOP"}[assign])
        peer.told.set()
        first.join()
        assert receipts[0].queue_id == "T1"
        assert smtp.idle
        assert smtp.send(), "and the object is as good as before"


@pytest.mark.covers("error.166")
def test_many_threads_at_once_send_each_message_once_or_not_at_all() -> None:
    with SandboxServer() as server:
        smtp, outcomes = SMTP(**letter(server.port)), []
        start = threading.Barrier(8)

        def send() -> None:
            start.wait()
            for _ in range(10):
                try:
                    outcomes.append(bool(smtp.send()))
                except BusyError:
                    outcomes.append(False)

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(outcomes) == 80
        assert len(server.messages) == sum(outcomes) >= 10
        assert smtp.idle


@pytest.mark.covers("error.166")
@pytest.mark.covers("SMTP.Idle")
def test_a_second_call_is_refused_and_the_first_one_is_not_disturbed(front: Front):
    with SandboxServer() as server:
        smtp, seen = front.make(**letter(server.port)), []

        def call_again(event) -> None:
            seen.append(smtp.idle)
            with pytest.raises(BusyError) as caught:
                asyncio_step(smtp.send())
            seen.append(caught.value.code)

        smtp.on_start_transfer += call_again
        assert front.run(smtp.send())
        assert len(server.messages) == 1
    assert seen == [False, 166]
    assert smtp.idle


@pytest.mark.covers("error.1105")
def test_connecting_while_connecting_is_an_error_of_its_own(front: Front):
    with SandboxServer() as server:
        smtp, seen = front.make(**letter(server.port)), []

        def connect_again(event) -> None:
            with pytest.raises(BusyError) as caught:
                asyncio_step(smtp.connect())
            seen.append(caught.value.code)

        smtp.on_connection_status = connect_again
        front.run(smtp.connect())
        smtp.on_connection_status = None
        front.run(smtp.disconnect())
    assert seen == [1105]


def asyncio_step(result: Any) -> None:
    """Start what a front gave: a coroutine runs to its first wait, a result is there already."""
    if asyncio.iscoroutine(result):
        with contextlib.closing(result):
            result.send(None)


# -- interrupt ----------------------------------------------------------------------------------

LONG_CALLS = {name: args for name, args in METHODS.items() if name not in ("disconnect", "reset")}

CONNECTING = [name for name in LONG_CALLS if "queue" not in name and name != "send_command"]


def interrupted(front: Front, smtp: Any, call: Callable[[], Any]) -> None:
    with pytest.raises(Interrupted) as caught:
        front.run(call())
    assert caught.value.code == 301
    assert not smtp.connected
    assert smtp.idle


@pytest.mark.covers("SMTP.Interrupt")
@pytest.mark.covers("error.301")
@pytest.mark.parametrize("method", CONNECTING)
@pytest.mark.parametrize("where", ["thread", "signal"])
def test_every_call_ends_at_once_when_a_thread_or_a_signal_interrupts_it(
    front: Front, method: str, where: str
) -> None:
    def mute(line: Any) -> None:
        line.say(b"220 peer.test")
        line.hear()
        line.stall()

    with Peer(mute) as peer:
        smtp = front.make(**letter(peer.port))
        before = signal.signal(signal.SIGUSR1, lambda *_: smtp.interrupt())
        main = threading.main_thread().ident or 0

        def stop() -> None:
            peer.stalled.wait()
            if where == "thread":
                smtp.interrupt()
            else:
                signal.pthread_kill(main, signal.SIGUSR1)

        thread = threading.Thread(target=stop)
        thread.start()
        try:
            interrupted(front, smtp, lambda: calling(smtp, method))
        finally:
            thread.join()
            signal.signal(signal.SIGUSR1, before)


@pytest.mark.covers("SMTP.Interrupt")
def test_a_command_ends_at_once_when_a_thread_interrupts_it(front: Front) -> None:
    def mute(line: Any) -> None:
        greet(line)
        line.hear()
        line.stall()

    with Peer(mute) as peer:
        smtp = front.make(**letter(peer.port))
        front.run(smtp.connect())
        thread = threading.Thread(target=lambda: (peer.stalled.wait(), smtp.interrupt()))
        thread.start()
        interrupted(front, smtp, lambda: smtp.send_command("NOOP"))
        thread.join()


@pytest.mark.covers("SMTP.Interrupt")
def test_a_run_over_a_queue_is_interrupted_from_a_thread(front: Front, tmp_path: Any) -> None:
    with Peer(silent) as peer:
        smtp = front.make(**letter(peer.port))
        front.run(smtp.queue(tmp_path))
        thread = threading.Thread(target=lambda: (peer.stalled.wait(), smtp.interrupt()))
        thread.start()
        interrupted(front, smtp, lambda: smtp.process_queue(tmp_path))
        thread.join()
        peer.told.set()
    assert [path.suffix for path in tmp_path.iterdir()] == [".sending"], "it may have left"


@pytest.mark.covers("SMTP.Interrupt")
def test_an_interrupt_that_comes_too_late_or_too_early_stops_nothing(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        with front.connected(smtp):
            smtp.interrupt()
            assert front.run(smtp.send())
            smtp.interrupt()
            assert front.run(smtp.send_command("NOOP"))
        assert "QUIT" in said(server)
