"""Socket of one connection, and the intents on it as generators that yield when they must wait.

Their runner decides how to wait, so one loop can serve one connection or many.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable, Collection, Generator, Sequence
from typing import Any, NamedTuple, TypeVar

from smtp_nb.drivers.attempts import Attempts
from smtp_nb.drivers.background_call import BackgroundCall
from smtp_nb.drivers.os_errors import os_error
from smtp_nb.drivers.runner import inherited
from smtp_nb.drivers.sockets import (
    Target,
    addresses,
    connect_failed,
    known_targets,
    new_socket,
    peer_of,
    reset_on_close,
    targets,
)
from smtp_nb.errors import LinkError
from smtp_nb.flows.intents import Call, Notice, Octets, Open, Peer, Read, Resolve, Write

R = TypeVar("R")
RECEIVE = 64 * 1024
MAX_INBOX = 768 * 1024
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Wait(NamedTuple):
    """What a connection waits for.

    Attributes:
        events: of its socket; 0 for none.
        deadline: on the driver's clock; None for no limit.
        what: in words, for the time-out. Empty: running out of time is not an error.
    """

    events: int
    deadline: float | None
    what: str


# Receives the events that arrived, None after a wake-up; returns the intent's answer.
Op = Generator[Wait, int | None, R]


def noticing(op: Op[R], notice: Notice, clock: Callable[[], float]) -> Op[R]:
    """An operation with a notice if it has to wait for long."""
    due: float | None = clock() + notice.after_s
    came: int | None = None
    trouble: BaseException | None = None
    try:
        while True:
            wait = op.throw(trouble) if trouble else op.send(came)
            came = trouble = None
            while due is not None and (wait.deadline is None or due < wait.deadline):
                try:
                    came = yield Wait(wait.events, due, "")
                except BaseException as error:
                    trouble = error
                    break
                if came is not None or clock() < due:
                    break
                due = None
                notice.tell()
            else:
                try:
                    came = yield wait
                except BaseException as error:
                    trouble = error
    except StopIteration as over:
        answer: R = over.value
        return answer
    finally:
        op.close()


class SocketConnection:
    """One connection to one server.

    Args:
        clock: the driver's.
        wake: ends the driver's wait, from any thread.
        forget: called before a socket is closed; its number may soon mean another one.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        wake: Callable[[], None],
        forget: Callable[[socket.socket], None],
    ) -> None:
        self._clock = clock
        self._wake = wake
        self._forget = forget
        self.socket: socket.socket | None = None
        self.ready: Collection[object] = ()
        """Its sockets with events, as the driver saw them last."""
        self._trying: dict[socket.socket, Target] = {}
        self._inbox: deque[bytes] = deque()
        self._inbox_size = 0
        self._aside: list[tuple[socket.socket | None, deque[bytes], int]] = []
        self._pid = os.getpid()

    @property
    def sockets(self) -> Sequence[socket.socket]:
        """The sockets to wait for: its own, or all that try to connect."""
        return list(self._trying) or ([] if self.socket is None else [self.socket])

    def disown(self) -> None:
        """In a forked child: close our copies of the parent's sockets, and touch nothing else."""
        for sock in (self.socket, *self._trying, *(entry[0] for entry in self._aside)):
            if sock is not None:
                sock.close()
        self.socket, self._trying, self._aside = None, {}, []
        self._inbox.clear()
        self._pid = os.getpid()

    def _open_socket(self) -> socket.socket:
        if self._pid != os.getpid():
            self.disown()
            raise inherited()
        if self.socket is None:
            raise LinkError("not connected", code=1117, remedy="Call connect()")
        return self.socket

    def _deadline(self, seconds: float | None) -> float | None:
        return None if not seconds else self._clock() + seconds

    # -- opening ------------------------------------------------------------------------------

    def open(self, intent: Open) -> Op[Peer]:
        """Find the server's addresses and connect to the first that accepts."""
        deadline = self._deadline(intent.timeout_s)
        attempts = Attempts(intent, (yield from self._resolve(intent, deadline)))
        self._inbox.clear()
        self._inbox_size = 0
        try:
            while True:
                while target := attempts.due(self._clock()):
                    self._begin(target, intent, attempts)
                if attempts.is_over:
                    raise attempts.failure()
                ends = [end for end in (deadline, attempts.next_at) if end is not None]
                yield Wait(WRITE, min(ends, default=None), "")
                if peer := self._connected(attempts):
                    return peer
                if deadline is not None and self._clock() >= deadline:
                    raise attempts.timeout()
        finally:
            self._give_up_others()

    def _begin(self, target: Target, intent: Open, attempts: Attempts) -> None:
        """Start connecting to one address."""
        family, address = target
        try:
            sock = new_socket(family, intent.options)
        except OSError as error:
            attempts.lost(target, error)
            return
        self._trying[sock] = target
        try:
            with contextlib.suppress(BlockingIOError):
                sock.connect(address)
        except OSError as error:
            self._give_up(sock)
            attempts.lost(target, error)

    def _connected(self, attempts: Attempts) -> Peer | None:
        """Check the attempts that have ended; the first success becomes the connection's socket."""
        for sock in [sock for sock in self._trying if sock in self.ready]:
            target = self._trying[sock]
            try:
                if number := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    raise os_error(number)
                peer = attempts.won(target, peer_of(sock))
            except OSError as error:
                self._give_up(sock)
                attempts.lost(target, error)
            else:
                del self._trying[sock]
                self.socket = sock
                return peer
        return None

    def _give_up(self, sock: socket.socket) -> None:
        del self._trying[sock]
        self._forget(sock)
        sock.close()

    def _give_up_others(self) -> None:
        for sock in list(self._trying):
            self._give_up(sock)

    def resolve(self, intent: Resolve) -> Op[list[str]]:
        """Only look a name up."""
        found = yield from self._resolve(intent, self._deadline(intent.timeout_s))
        return addresses(found, intent)

    def _resolve(self, intent: Open | Resolve, deadline: float | None) -> Op[list[Target]]:
        """Ask the name server in a thread, because that call can be neither timed nor stopped."""
        if (known := known_targets(intent)) is not None:
            return known
        answer: list[Any] = []

        def look_up() -> None:
            try:
                answer.append(socket.getaddrinfo(intent.host, intent.port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                answer.append(error)
            self._wake()

        threading.Thread(target=look_up, daemon=True, name="smtp_nb-resolver").start()
        while not answer:
            yield Wait(0, deadline, f"the address of {intent.host}")
        found = answer[0]
        if isinstance(found, OSError):
            raise connect_failed(intent, found)
        if isinstance(found, UnicodeError):
            raise connect_failed(intent, socket.gaierror(socket.EAI_NONAME, str(found)))
        return targets(found, intent.options.use_ipv6)

    # -- bytes -------------------------------------------------------------------------------

    def read(self, intent: Read) -> Op[bytes]:
        """Return what has arrived, or what arrives next."""
        if self._inbox:
            return self._taken()
        sock, wait = self._open_socket(), None
        while True:
            wait = wait or Wait(READ, self._deadline(intent.timeout_s), intent.waiting_for)
            while not (yield wait):
                pass
            with contextlib.suppress(BlockingIOError):
                return Octets(sock.recv(RECEIVE))

    def read_at_once(self) -> bytes | None:
        """Return what has arrived; None if nothing has."""
        if self._inbox:
            return self._taken()
        try:
            return Octets(self._open_socket().recv(RECEIVE))
        except BlockingIOError:
            return None

    def _taken(self) -> bytes:
        """Return what was read while we wrote."""
        data = Octets(b"".join(self._inbox))
        self._inbox.clear()
        self._inbox_size = 0
        return data

    def write_at_once(self, intent: Write) -> memoryview:
        """Write what the peer accepts without waiting; returns the rest."""
        sock, rest = self._open_socket(), memoryview(intent.data)
        try:
            return rest[sock.send(rest) :]
        except BlockingIOError:
            return rest

    def write(self, intent: Write, rest: memoryview) -> Op[None]:
        """Write what the peer did not accept at once, and read what it sends meanwhile."""
        sock, events = self._open_socket(), READ | WRITE
        while rest:
            came = (yield Wait(events, self._deadline(intent.timeout_s), "writing")) or 0
            if came & READ and not self._receive(sock):
                events = WRITE  # it closed its side: only writing shows
            if came & WRITE:
                rest = rest[sock.send(rest) :]

    def _receive(self, sock: socket.socket) -> bool:
        data = sock.recv(RECEIVE)
        self._inbox_size += len(data)
        if self._inbox_size > MAX_INBOX:
            raise LinkError("the server is flooding us with replies while we write")
        self._inbox.append(data)
        return bool(data)

    def probe(self) -> bytes | None:
        """Return what has arrived unasked: bytes, b"" at the end of the connection, None for
        nothing.
        """
        if self.socket is None:
            return b""
        try:
            return Octets(self.socket.recv(RECEIVE))
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def sleep(self, seconds: float) -> Op[None]:
        """Let time pass."""
        deadline = self._clock() + seconds
        while self._clock() < deadline:
            yield Wait(0, deadline, "")

    def call(self, intent: Call) -> Op[Any]:
        """Run it on a thread, and wait for that."""
        work = BackgroundCall(intent.work, self._wake)
        deadline = self._deadline(intent.timeout_s)
        while not work.is_done:
            yield Wait(0, deadline, intent.waiting_for)
        return work.result()

    def hold(self, seconds: float) -> Op[None]:
        """Let time pass, until a wake-up at the latest."""
        yield Wait(0, self._deadline(seconds), "")

    def push(self) -> None:
        """Set this socket aside, still open, for another one."""
        if self.socket is not None:
            self._forget(self.socket)
        self._aside.append((self.socket, self._inbox, self._inbox_size))
        self.socket, self._inbox, self._inbox_size = None, deque(), 0

    def pop(self) -> None:
        """Close the other socket and return to the one set aside."""
        self._close_one(gently=True)
        self.socket, self._inbox, self._inbox_size = self._aside.pop()

    def close(self, gently: bool) -> None:
        """Close all sockets; not gently: with a reset."""
        if self._pid != os.getpid():
            self.disown()
        self._give_up_others()
        self._close_one(gently)
        while self._aside:
            self.socket = self._aside.pop()[0]
            self._close_one(gently)

    def _close_one(self, gently: bool) -> None:
        sock, self.socket = self.socket, None
        self._inbox.clear()
        if sock is None:
            return
        self._forget(sock)
        if not gently:
            reset_on_close(sock)
        sock.close()
