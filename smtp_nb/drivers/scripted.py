"""Scripted driver: replays a written dialogue on a virtual clock, without sockets or threads.

A dialogue is readable text:

    S: 220 mx.test ready            the server says this line
    C: EHLO client.test             the client must say exactly this line
    C* MAIL FROM:<a@b.test>         … a line that begins like this
    C...                            … content, up to and with the line with the lone dot
    C<1234>                         … this number of bytes (a BDAT chunk)
    S! 250 half a rep\\r             the server sends these bytes, escapes read, no line end
    -- close                        the server closes its side
    -- reset                        the server resets the connection
    -- wait 5                       five seconds pass before the server goes on
    -- silence                      the server says nothing more
    -- deaf                         the server reads nothing more, so the client cannot write
    # a remark

Consecutive lines of the client may come in one write; a line out of turn breaks the
dialogue. After `close` or `reset` the dialogue continues with the next connection.

`Player` is only the server's side; tests put a socket around it to run one scenario on every
driver.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, TypeVar, assert_never

from smtp_nb.drivers.attempts import Attempts
from smtp_nb.drivers.dialogue import DialogueError, Player, Step, parse_dialogue
from smtp_nb.drivers.runner import DriverBase, FlowRunner
from smtp_nb.drivers.sockets import Target
from smtp_nb.errors import SMTPTimeout
from smtp_nb.flows import intents
from smtp_nb.flows.intents import Flow, Intent, JobSource, Open, Peer, Read, Write, notice_of
from smtp_nb.flows.observer import Observer

__all__ = ["DialogueError", "Player", "ScriptedDriver", "Step", "parse_dialogue"]

T = TypeVar("T")
ANYBODY: AbstractContextManager[None] = nullcontext()


@dataclass
class ScriptedDriver(DriverBase):
    """Run flows against a dialogue.

    Args:
        dialogue: a text, or steps.
        observer: receives `Notify` events.
        piece: size of the pieces in which the server's bytes arrive; 0 for as written.
        cut_after_written: the connection is lost after this number of our bytes.
        cut_after_read: the connection is lost after this number of the server's bytes.
    """

    dialogue: Sequence[Step] | str
    observer: Observer | None = None
    piece: int = 0
    cut_after_written: int | None = None
    cut_after_read: int | None = None
    peer: Peer = field(default_factory=lambda: Peer("127.0.0.1", 25, "127.0.0.1", 50000))
    addresses: Mapping[str, float | OSError] = field(default_factory=dict)
    """Addresses of the server: the seconds that it takes to connect (`inf`: it never answers), or
    what goes wrong. Empty: there is one, that of `peer`, and it answers at once."""
    now: float = 0.0
    is_open: bool = False
    was_aborted: bool = False
    written: bytearray = field(default_factory=bytearray)
    """All that the client wrote, in order."""
    reads: int = 0
    """How often the client had to wait for the server."""
    opened: int = 0
    """How many connections there were."""

    def __post_init__(self) -> None:
        self.player = Player(self.dialogue)
        self._inbox = b""
        self._given = 0
        self._at_end = False
        self._aside: list[tuple[bool, bytes, bool]] = []

    def clock(self) -> float:
        """The virtual time in seconds."""
        return self.now

    def run(
        self,
        flow: Flow[T],
        source: JobSource | None = None,
        at_work: AbstractContextManager[None] = ANYBODY,
    ) -> T:
        """Run a flow to its end, as the other drivers do."""
        self._stop = None
        runner = FlowRunner(flow)
        with at_work:
            error = self._turn(runner, source)
        runner.end(self._stop)
        return runner.outcome(error)

    def _turn(self, runner: FlowRunner[T], source: JobSource | None) -> Exception | None:
        answer: Any = None
        trouble: BaseException | None = None
        try:
            while (intent := runner.advance(answer, trouble)) is not None:
                answer, trouble = None, None
                try:
                    answer = self._do(intent, source)
                except DialogueError:
                    raise
                except BaseException as error:
                    trouble = error
        except Exception as error:
            return error
        return None

    def _do(self, intent: Intent, source: JobSource | None) -> Any:
        match intent:
            case intents.Open():
                return self._open(intent)
            case intents.Resolve():
                return [self.peer.remote_address]
            case intents.Write():
                return self._write(intent)
            case intents.Read():
                return self._read(intent)
            case intents.Probe():
                return self._probe()
            case intents.Sleep():
                self.now += intent.seconds
            case intents.Call():
                return intent.work()
            case intents.WaitForJobs():
                self.now += intent.seconds
                return True
            case intents.Close():
                self._close(intent.gently)
            case intents.PushConnection():
                self._put_aside()
            case intents.PopConnection():
                self._take_back()
            case intents.Notify():
                return self.observer.ask(intent.event) if self.observer else ()
            case intents.Next() | intents.Prefetch() | intents.Done():
                return self.serve_source(intent, source)
            case _:
                assert_never(intent)
        return None

    def _open(self, intent: Open) -> Peer:
        peer = self._race(intent) if self.addresses else self.peer
        self.is_open, self.was_aborted = True, False
        self._inbox, self._at_end = b"", False
        self.opened += 1
        return peer

    def _race(self, intent: Open) -> Peer:
        """Try the addresses in virtual time."""
        names = intent.addresses or tuple(self.addresses)
        attempts = Attempts(intent, [(socket.AF_INET, (name, intent.port)) for name in names])
        end = self.now + (intent.timeout_s or inf)
        trying: dict[Target, float] = {}
        while True:
            while target := attempts.due(self.now):
                fate = self.addresses[target[1][0]]
                if isinstance(fate, OSError):
                    attempts.lost(target, fate)
                else:
                    trying[target] = self.now + fate
            if attempts.is_over:
                raise attempts.failure()
            first = min(trying, key=trying.__getitem__)
            self._let_pass(min(trying[first], attempts.next_at or inf, end) - self.now, intent)
            if trying[first] <= self.now:
                return attempts.won(first, replace(self.peer, remote_address=first[1][0]))
            if self.now >= end:
                raise attempts.timeout()

    def _put_aside(self) -> None:
        """Continue the dialogue with the other connection."""
        self._aside.append((self.is_open, self._inbox, self._at_end))
        self.is_open, self._inbox, self._at_end = False, b"", False

    def _take_back(self) -> None:
        self._close_one(gently=True)
        self.is_open, self._inbox, self._at_end = self._aside.pop()

    def _close(self, gently: bool) -> None:
        self._close_one(gently)
        while self._aside:
            self.is_open, self._inbox, self._at_end = self._aside.pop()
            self._close_one(gently)

    def _close_one(self, gently: bool) -> None:
        if self.is_open:
            self.is_open, self.was_aborted = False, not gently
            self.player.hang_up()

    def _probe(self) -> bytes | None:
        """Return what the server did while the client was idle, however long that took."""
        while (step := self.player.next_step()) is not None:
            if step.kind not in ("wait", "silence"):
                return step.data
            self.now += step.number
        return None

    def _write(self, intent: Write) -> None:
        self._check()
        if self.player.is_deaf:
            self._pass_time(intent, "writing")
        data = intent.data
        if self.cut_after_written is not None:
            room = self.cut_after_written - len(self.written)
            if room < len(data):
                self._hear(data[: max(room, 0)])
                raise ConnectionResetError(104, "Connection reset by peer")
        self._hear(data)

    def _hear(self, data: bytes) -> None:
        self.written += data
        self.player.hear(data)

    def _read(self, intent: Read) -> bytes:
        self.reads += 1
        self._check()
        while not self._inbox and not self._at_end:
            self._advance(self.player.next_step(), intent)
        size = self.piece or len(self._inbox)
        if self.cut_after_read is not None:
            size = min(size, self.cut_after_read - self._given)
        data, self._inbox = self._inbox[:size], self._inbox[size:]
        self._given += len(data)
        return data

    def _advance(self, step: Step | None, intent: Read) -> None:
        if step is None or step.kind == "silence":
            self._pass_time(intent, intent.waiting_for)
        elif step.kind == "S":
            self._inbox = step.data
        elif step.kind == "wait":
            self._let_pass(min(step.number, intent.timeout_s or step.number), intent)
            if intent.timeout_s is not None and step.number >= intent.timeout_s:
                raise SMTPTimeout(f"timed out waiting for {intent.waiting_for}")
        elif step.kind == "close":
            self._at_end = True
        elif step.kind == "reset":
            raise ConnectionResetError(104, "Connection reset by peer")
        else:
            raise DialogueError(f"unknown direction {step.kind!r}")

    def _pass_time(self, intent: Read | Write, waiting_for: str) -> None:
        if intent.timeout_s is None:
            raise DialogueError(f"the client would wait forever for {waiting_for}")
        self._let_pass(intent.timeout_s, intent)
        raise SMTPTimeout(f"timed out waiting for {waiting_for}")

    def _let_pass(self, seconds: float, intent: Intent) -> None:
        """Let time pass, giving the notice of a long wait in between."""
        end = self.now + seconds
        if (notice := notice_of(intent)) and notice.after_s < seconds:
            self.now += notice.after_s
            notice.tell()
        self.now = end
