"""Run a flow in the calling thread, on one socket.

It needs no event loop and so works inside a running one, as in a notebook. Everything that waits
waits in one place, on the socket and on a wake-up, so Ctrl-C and `interrupt()` end any wait.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from smtp_nb.drivers.interrupts import Interrupts
from smtp_nb.drivers.pump import Pump, Stoppable, stopped
from smtp_nb.drivers.sockets import (
    Target,
    connect_failed,
    literal_target,
    new_socket,
    no_address,
    peer_of,
    reset_on_close,
    targets,
)
from smtp_nb.drivers.waits import Waits
from smtp_nb.errors import Interrupted, LinkError, SMTPTimeout
from smtp_nb.flows.intents import (
    Ask,
    Close,
    Done,
    Flow,
    Intent,
    JobSource,
    Next,
    Open,
    Peer,
    Probe,
    Read,
    Sleep,
    Write,
)
from smtp_nb.flows.session import Observer
from smtp_nb.model.envelope import Job

A = TypeVar("A")
R = TypeVar("R")
T = TypeVar("T")
ANYBODY = contextlib.nullcontext()
RECEIVE = 64 * 1024
MAX_INBOX = 4 * 1024 * 1024
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class BlockingDriver(Stoppable):
    """One line to one server, and the loop that serves the flows on it."""

    clock = staticmethod(time.monotonic)

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._socket: socket.socket | None = None
        self._inbox: deque[bytes] = deque()
        self._inbox_size = 0
        self._waits: Waits | None = None
        self._is_running = False
        self._signals: Interrupts | None = None
        self._graceful = 0

    # -- the loop -----------------------------------------------------------------------------

    def run(
        self,
        flow: Flow[T],
        source: JobSource | None = None,
        at_work: AbstractContextManager[None] = ANYBODY,
    ) -> T:
        """Run a flow to its end.

        With a source, the first Ctrl-C only stops the supply of jobs, the second interrupts.

        Args:
            at_work: lets one call in at a time. It is entered where no KeyboardInterrupt can land
                between its lock and us, which would lock us out for ever.

        Raises:
            SMTPError: what the flow raises.
            KeyboardInterrupt: Ctrl-C, once the flow has ended; its cause is what the flow raised.
        """
        pump = Pump(flow)
        error: Exception | None = None
        signals = Interrupts(patience=2 if source else 1)
        try:
            with signals, at_work:
                error = self._serve(pump, source, signals)
        finally:
            try:
                signals.pass_on()
            except KeyboardInterrupt as stop:
                raise stop from pump.cause(error)
        return pump.outcome(error)

    def _serve(
        self, pump: Pump[T], source: JobSource | None, signals: Interrupts
    ) -> Exception | None:
        self._stop, self._is_running = None, True
        self._signals, self._graceful = signals, 1 if source else 0
        try:
            with signals.waking(self._waiting().wake_fd):
                return self._turn(pump, source)
        finally:
            pump.end(self._stop)
            self._is_running = False
            signals.forward(self._waiting().drain())
            if self._socket is None:
                self._release()

    def _turn(self, pump: Pump[T], source: JobSource | None) -> Exception | None:
        answer: Any = None
        trouble: BaseException | None = None
        try:
            while (intent := pump.advance(answer, trouble)) is not None:
                answer, trouble = None, None
                try:
                    answer = self._do(intent, source)
                except BaseException as error:
                    trouble = error
        except Exception as error:
            return error
        except BaseException:
            self._close(gently=False)
            raise
        return None

    def _do(self, intent: Intent, source: JobSource | None) -> Any:
        match intent:
            case Read():
                return self._read(intent)
            case Write():
                return self._write(intent)
            case Next():
                return self._next_jobs(intent, source)
            case Done():
                return self.outside(source.done, intent.results) if source else None
            case Open():
                return self._open(intent)
            case Close():
                return self._close(intent.gently)
            case Ask():
                return self._ask(intent)
            case Sleep():
                return self._sleep(intent.seconds)
            case Probe():
                return self._probe()

    def _next_jobs(self, intent: Next, source: JobSource | None) -> Sequence[Job]:
        if source is None or self._presses():
            return ()
        return self.outside(source.next_jobs, intent.most)

    def _ask(self, intent: Ask) -> None:
        for waiting in self._observer.ask(intent.event):
            getattr(waiting, "close", lambda: None)()
            raise TypeError("a handler that is a coroutine needs AsyncSMTP")

    @property
    def is_open(self) -> bool:
        """True while there is a line."""
        return self._socket is not None

    # -- interruptions ------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Stop the flow that runs, at its next wait; from any thread, handler or signal."""
        if self._is_running:
            self.stop(stopped())
            self._wake()

    def outside(self, call: Callable[[A], R], argument: A) -> R:
        """Run code of others, which a Ctrl-C too many breaks off where it stands."""
        signals = self._signals
        if signals is None:
            return call(argument)
        signals.is_outside = True
        try:
            return call(argument)
        finally:
            signals.is_outside = False

    def _wake(self) -> None:
        if (waits := self._waits) is not None:
            waits.wake()

    def _presses(self) -> int:
        return self._signals.presses if self._signals else 0

    def _check(self) -> None:
        super()._check()
        if self._presses() > self._graceful:
            raise KeyboardInterrupt

    def _wait(self, seconds: float | None) -> int:
        """Wait for the socket or a wake-up; the events of the socket, 0 for anything else."""
        self._check()
        events, is_woken = self._waiting().select(seconds)
        if is_woken:
            self._take_wake_ups()
        self._check()
        return events

    def _take_wake_ups(self) -> None:
        woken = self._waiting().drain()
        if self._signals is not None:
            self._signals.forward(woken)

    def _waiting(self) -> Waits:
        if self._waits is None:
            self._waits = Waits()
        return self._waits

    def _release(self) -> None:
        waits, self._waits = self._waits, None
        if waits is not None:
            waits.close()

    def _wait_until(self, wanted: int, deadline: float | None, what: str) -> int:
        while True:
            left = None if deadline is None else deadline - self.clock()
            if left is not None and left <= 0:
                raise SMTPTimeout(
                    f"nothing came in time while we waited for {what}",
                    remedy="Raise timeout, or see whether the server is overloaded",
                )
            if events := self._wait(left) & wanted:
                return events

    # -- the line -----------------------------------------------------------------------------

    def _line(self) -> socket.socket:
        if self._socket is None:
            raise LinkError("there is no connection", code=1117, remedy="Call connect()")
        return self._socket

    def _open(self, intent: Open) -> Peer:
        deadline = self._deadline(intent.timeout_s)
        failure: OSError | None = None
        for target in self._resolve(intent, deadline):
            try:
                return self._connect(target, intent, deadline)
            except (Interrupted, SMTPTimeout):
                raise
            except OSError as error:
                failure = error
        raise connect_failed(intent, failure) if failure else no_address(intent)

    def _resolve(self, intent: Open, deadline: float | None) -> list[Target]:
        """Ask the name server in a thread, because that call can be neither timed nor stopped."""
        if (literal := literal_target(intent.host, intent.port)) is not None:
            return [literal]
        answer: list[Any] = []

        def look_up() -> None:
            try:
                answer.append(socket.getaddrinfo(intent.host, intent.port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                answer.append(error)
            self._wake()

        threading.Thread(target=look_up, daemon=True, name="smtp_nb-resolver").start()
        while not answer:
            left = None if deadline is None else deadline - self.clock()
            if left is not None and left <= 0:
                raise SMTPTimeout(f"the name server did not find {intent.host} in time")
            self._wait(left)
        found = answer[0]
        if isinstance(found, OSError):
            raise connect_failed(intent, found)
        if isinstance(found, UnicodeError):
            raise connect_failed(intent, socket.gaierror(socket.EAI_NONAME, str(found)))
        return targets(found, intent.options.use_ipv6)

    def _connect(self, target: Target, intent: Open, deadline: float | None) -> Peer:
        family, address = target
        sock = new_socket(family, intent.options)
        self._socket = sock
        self._inbox.clear()
        self._inbox_size = 0
        try:
            self._waiting().selector.register(sock, _WRITE)
            with contextlib.suppress(BlockingIOError):
                sock.connect(address)
            self._wait_until(_WRITE, deadline, f"the connection to {intent.host}")
            if number := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(number, os.strerror(number))
            self._waiting().selector.modify(sock, _READ)
            return peer_of(sock)
        except BaseException:
            self._close(gently=False)
            raise

    def _read(self, intent: Read) -> bytes:
        self._check()
        if self._inbox:
            self._inbox_size = 0
            data = b"".join(self._inbox)
            self._inbox.clear()
            return data
        sock, deadline = self._line(), self._deadline(intent.timeout_s)
        while True:
            self._wait_until(_READ, deadline, intent.waiting_for)
            with contextlib.suppress(BlockingIOError):
                return sock.recv(RECEIVE)

    def _write(self, intent: Write) -> None:
        self._check()
        sock, rest = self._line(), memoryview(intent.data)
        try:
            sent = sock.send(rest)
        except BlockingIOError:
            sent = 0
        if sent < len(rest):
            self._write_slowly(sock, rest[sent:], intent.timeout_s)

    def _write_slowly(self, sock: socket.socket, rest: memoryview, timeout_s: float | None) -> None:
        """The peer does not take it all at once: go on while reading what it says."""
        self._waiting().selector.modify(sock, _READ | _WRITE)
        try:
            while rest:
                events = self._wait_until(_READ | _WRITE, self._deadline(timeout_s), "writing")
                if events & _READ and not self._receive(sock):
                    self._waiting().selector.modify(
                        sock, _WRITE
                    )  # it closed its side: only writing tells
                if events & _WRITE:
                    rest = rest[sock.send(rest) :]
        finally:
            self._waiting().selector.modify(sock, _READ)

    def _receive(self, sock: socket.socket) -> bool:
        data = sock.recv(RECEIVE)
        self._inbox_size += len(data)
        if self._inbox_size > MAX_INBOX:
            raise LinkError("the server floods us with replies while we write")
        self._inbox.append(data)
        return bool(data)

    def _probe(self) -> bytes | None:
        if self._socket is None:
            return b""
        try:
            return self._socket.recv(RECEIVE)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def _sleep(self, seconds: float) -> None:
        deadline = self.clock() + seconds
        self._check()
        while (left := deadline - self.clock()) > 0:
            self._wait(left)

    def _close(self, gently: bool) -> None:
        sock, self._socket = self._socket, None
        self._inbox.clear()
        if sock is None:
            return
        self._waiting().selector.unregister(sock)
        if not gently:
            reset_on_close(sock)
        sock.close()

    def _deadline(self, seconds: float | None) -> float | None:
        return None if not seconds else self.clock() + seconds
