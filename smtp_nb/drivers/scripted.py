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

import re
import socket
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, TypeVar

from smtp_nb.drivers.attempts import Attempts
from smtp_nb.drivers.runner import DriverBase, FlowRunner
from smtp_nb.drivers.sockets import Target
from smtp_nb.errors import SMTPTimeout
from smtp_nb.flows.intents import (
    Call,
    Close,
    Done,
    Flow,
    Intent,
    JobSource,
    Next,
    Notify,
    Open,
    Peer,
    PopConnection,
    Prefetch,
    Probe,
    PushConnection,
    Read,
    Resolve,
    Sleep,
    WaitForJobs,
    Write,
    notice_of,
)
from smtp_nb.flows.observer import Observer

T = TypeVar("T")
ANYBODY: AbstractContextManager[None] = nullcontext()


class DialogueError(AssertionError):
    """The client did not send what the dialogue expects."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a dialogue: `kind` is S, C, C*, C..., C<n>, close, reset, wait, silence, deaf."""

    kind: str
    data: bytes = b""
    number: float = 0


_LINE = re.compile(r"(S:|S!|C:|C\*|C\.\.\.|C<(\d+)>|--)\s?(.*)\Z")


def parse_dialogue(text: str) -> list[Step]:
    """Read a dialogue.

    Raises:
        ValueError: names the invalid line.
    """
    lines = map(str.strip, text.splitlines())
    return [_step(line) for line in lines if line and not line.startswith("#")]


def _step(line: str) -> Step:
    match = _LINE.match(line)
    if match is None:
        raise ValueError(f"not a line of a dialogue: {line!r}")
    kind, octets, rest = match.groups()
    if octets:
        return Step("C<n>", number=int(octets))
    if kind == "S!":
        return Step("S", rest.encode().decode("unicode_escape").encode("latin-1"))
    if kind == "--":
        word, _, number = rest.partition(" ")
        return Step(word, number=float(number or 0))
    end = b"" if kind == "C*" else b"\r\n"
    return Step(kind.rstrip(":"), rest.encode() + end)


class Player:
    """The server of a dialogue: feed it what the client wrote, ask it what to send next."""

    def __init__(self, steps: Sequence[Step] | str) -> None:
        self._steps = deque(parse_dialogue(steps) if isinstance(steps, str) else steps)
        self._heard = bytearray()

    @property
    def is_finished(self) -> bool:
        """True if every step was played and nothing more was received."""
        return not self._steps and not self._heard

    @property
    def is_deaf(self) -> bool:
        """True if the server is not reading now."""
        return bool(self._steps) and self._steps[0].kind == "deaf"

    def hear(self, data: bytes) -> None:
        """Take in bytes from the client.

        Raises:
            DialogueError: they are not what the dialogue expects.
        """
        self._heard += data
        while self._steps and self._steps[0].kind.startswith("C") and self._match(self._steps[0]):
            self._steps.popleft()
        if self._heard and not (self._steps and self._steps[0].kind.startswith("C")):
            when = "before its turn" if self._steps else "after the end of the dialogue"
            raise DialogueError(f"the client sent {bytes(self._heard)!r} {when}")

    def _match(self, step: Step) -> bool:
        """Return whether the step was met; its bytes are then used up."""
        if step.kind == "C<n>":
            end = int(step.number) if len(self._heard) >= step.number else 0
        elif step.kind == "C...":
            found = (b"\r\n" + self._heard).find(b"\r\n.\r\n")
            end = found + 3 if found >= 0 else 0
        else:
            end = self._heard.find(b"\r\n") + 2 if b"\r\n" in self._heard else 0
            self._compare(step, bytes(self._heard[: end or None]), whole=bool(end))
        del self._heard[:end]
        return end > 0

    def _compare(self, step: Step, said: bytes, whole: bool) -> None:
        wanted = step.data
        good = wanted.startswith(said) or (step.kind == "C*" and said.startswith(wanted))
        if not good or (whole and step.kind == "C" and said != wanted):
            raise DialogueError(f"the client sent {said!r}, the dialogue expects {wanted!r}")

    def hang_up(self) -> None:
        """Note that the connection is closed: the server's own close needs no playing any more."""
        if self._steps and self._steps[0].kind in ("close", "reset"):
            self._steps.popleft()

    def next_step(self) -> Step | None:
        """Return what the server does now; None if it waits for the client, or at the end.

        Consecutive lines are one step.
        """
        if not self._steps or self._steps[0].kind.startswith("C"):
            return None
        step = self._steps.popleft()
        while step.kind == "S" and self._steps and self._steps[0].kind == "S":
            step = Step("S", step.data + self._steps.popleft().data)
        return step


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
            case Open():
                return self._open(intent)
            case Resolve():
                return [self.peer.remote_address]
            case Write():
                return self._write(intent)
            case Read():
                return self._read(intent)
            case Probe():
                return self._probe()
            case Sleep():
                self.now += intent.seconds
            case Call():
                return intent.work()
            case WaitForJobs():
                self.now += intent.seconds
                return True
            case Close():
                self._close(intent.gently)
            case PushConnection():
                self._put_aside()
            case PopConnection():
                self._take_back()
            case Notify():
                return self.observer.ask(intent.event) if self.observer else ()
            case Next():
                return source.next_jobs(intent.most) if source else None
            case Prefetch():
                if source is not None:
                    source.prepare(intent.most)
            case Done():
                return source.done(intent.results) if source else None
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
            raise DialogueError(f"the client would wait for ever for {waiting_for}")
        self._let_pass(intent.timeout_s, intent)
        raise SMTPTimeout(f"timed out waiting for {waiting_for}")

    def _let_pass(self, seconds: float, intent: Intent) -> None:
        """Let time pass, giving the notice of a long wait in between."""
        end = self.now + seconds
        if (notice := notice_of(intent)) and notice.after_s < seconds:
            self.now += notice.after_s
            notice.tell()
        self.now = end
