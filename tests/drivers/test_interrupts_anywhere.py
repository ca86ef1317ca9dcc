"""Ctrl-C and `interrupt()` at any moment: before every line of ours, at random, from outside."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from drivers.fronts import Front, letter
from drivers.jobs import COPIES, Stream
from drivers.peers import open_files, wait_until
from drivers.stages import receipt_of, when
from smtp_nb import SMTP
from smtp_nb.errors import Interrupted
from smtp_nb.sandbox import SandboxServer

CREDENTIALS = {"alice": "wonderland"}


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
