"""Servers with one bad habit each, on real sockets: what no well-behaved server can be made to do.

A habit is a function that has a conversation with one client. It runs in a thread; leaving the
`with` block ends it, whatever it waits for.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import psutil

EHLO_REPLY = b"250-peer.test\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN CRAM-MD5\r\n"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Line:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket, peer: Peer) -> None:
        self.sock = sock
        self._peer = peer
        self._rest = b""

    def say(self, *lines: bytes) -> None:
        """Write lines; each gets its line end."""
        self.sock.sendall(b"".join(line + b"\r\n" for line in lines))

    def hear(self) -> bytes:
        """The next line of the client, without its end; raises EOFError when it is gone."""
        while b"\r\n" not in self._rest:
            self._more()
        line, _, self._rest = self._rest.partition(b"\r\n")
        return line

    def hear_content(self) -> bytes:
        """All up to the line with the lone dot, which is left out."""
        while b"\r\n.\r\n" not in b"\r\n" + self._rest:
            self._more()
        content, _, self._rest = (b"\r\n" + self._rest).partition(b"\r\n.\r\n")
        return content[2:]

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        self._rest += data

    def hear_the_end(self) -> bytes:
        """Everything until the client is gone."""
        with contextlib.suppress(EOFError, ConnectionError):
            while True:
                self._more()
        rest, self._rest = self._rest, b""
        return rest

    def stall(self) -> bytes:
        """Fall silent: tell the test so, and hear everything until the client is gone."""
        self._peer.stalled.set()
        return self.hear_the_end()

    def stop_reading(self) -> None:
        """Hold the connection, deaf and silent, until the test is over."""
        self._peer.stalled.set()
        self._peer.over.wait()

    def wait_until_told(self) -> None:
        """Be deaf and silent until the test says `told`."""
        self._peer.stalled.set()
        self._peer.told.wait()

    def reset(self) -> None:
        """Break the connection with a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.sock.close()


Habit = Callable[[Line], None]


class Peer:
    """Listens on a free port of this machine and serves every client by one habit."""

    def __init__(self, habit: Habit, host: str = "127.0.0.1", port: int = 0) -> None:
        self._habit = habit
        self._listener = socket.create_server((host, port))
        # Accepted sockets inherit it: little room for who writes to a server that does not read.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        self.over, self.told = threading.Event(), threading.Event()
        self.port: int = self._listener.getsockname()[1]
        self.visits = self._gone = 0
        self._served = threading.Condition()
        self.stalled = threading.Event()
        """Set as soon as a habit has fallen silent."""
        self.errors: list[BaseException] = []
        self._lines: list[Line] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.visits += 1
                self._lines.append(Line(sock, self))
                thread = threading.Thread(target=self._serve, args=[self._lines[-1]], daemon=True)
                thread.start()
                self._threads.append(thread)

    def _serve(self, line: Line) -> None:
        try:
            self._habit(line)
        except (EOFError, OSError):
            pass  # the client went, or the test is over
        except BaseException as error:
            self.errors.append(error)
        finally:
            line.sock.close()
            with self._served:
                self._gone += 1
                self._served.notify_all()

    def wait_until_served(self, visits: int = 1) -> None:
        """Wait until so many clients have come and gone."""
        with self._served:
            assert self._served.wait_for(lambda: self._gone >= visits, 30)

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.over.set()
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        assert self.errors == []


def greet(line: Line, *keywords: bytes) -> None:
    """The greeting, and EHLO with these extensions."""
    line.say(b"220 peer.test ESMTP")
    line.hear()
    *first, last = (b"peer.test", *keywords)
    line.say(*(b"250-" + word for word in first), b"250 " + last)


def talk(line: Line, answers: dict[bytes, bytes | None] | None = None) -> None:
    """Behave well, but answer some verbs differently; None falls silent there, `.` is the dot."""
    special = answers or {}
    while (said := line.hear()) != b"QUIT":
        verb = said.split(b" ")[0].upper()
        answer = special.get(verb, _ANSWERS.get(verb, b"250 ok"))
        if answer is None:
            line.stall()
            return
        line.say(answer)
        if answer.startswith(b"354"):
            line.hear_content()
            end = special.get(b".", b"250 ok queued as T1")
            if end is None:
                line.stall()
                return
            line.say(end)
    line.say(b"221 bye")


_ANSWERS = {b"DATA": b"354 go on", b"AUTH": b"235 ok"}


@contextlib.contextmanager
def full_backlog(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port at which connections never come about: the queue of its listener is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((host, port))
        listener.listen(0)
        address = listener.getsockname()
        with contextlib.suppress(TimeoutError):
            while True:
                stack.enter_context(socket.create_connection(address, timeout=0.2))
        yield address[1]


def wait_for_attempt(port: int) -> None:
    """Wait until this process has asked for a connection to that port and got no answer."""
    process, turn = psutil.Process(), threading.Event()
    while not any(
        line.status == psutil.CONN_SYN_SENT and line.raddr and line.raddr.port == port
        for line in process.net_connections("tcp")
    ):
        turn.wait(0.001)


def free_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def open_files() -> int:
    """Of this process, the servers' ends of its lines included."""
    return psutil.Process().num_fds()


def wait_until(claim: Callable[[], bool]) -> None:
    """The servers' ends of our lines are files of this process too, and close a little later."""
    deadline, turn = time.monotonic() + 30, threading.Event()
    while not claim():
        assert time.monotonic() < deadline
        turn.wait(0.001)
