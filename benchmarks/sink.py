"""A server that takes everything and keeps nothing, so that it is never what is measured.

    python benchmarks/sink.py [--chunking]      prints its port, serves until its input ends

Each connection has a process to itself, which looks at no more of a line than it must. How fast a
client can be on it at most is measured too: see `flood.py`.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys

WORKERS = 16  # as many connections are served at the same time
EHLO = [b"250-sink.test", b"250-PIPELINING", b"250-SIZE 0", b"250-8BITMIME", b"250-DSN"]
OK = b"250 2.0.0 Ok\r\n"
END = b"\r\n.\r\n"


class Conversation:
    """Octets in, answers out."""

    def __init__(self, ehlo: bytes) -> None:
        self._replies = {b"DATA": b"354 go on\r\n", b"QUIT": b"221 2.0.0 Bye\r\n", b"EHLO": ehlo}
        self._rest = b""
        self._left = 0
        self._is_data = False
        self.is_over = False

    def feed(self, data: bytes) -> bytes:
        """The answers to what came."""
        answers: list[bytes] = []
        data, at = self._rest + data, 0
        while at < len(data) and not self.is_over:
            if self._left:
                at = self._skip(data, at, answers)
            elif self._is_data:
                if (end := _end_of(data, at)) < 0:
                    at = max(at, len(data) - len(END) + 1)
                    break
                answers.append(OK)
                self._is_data, at = False, end + len(END)
            else:
                if (end := data.find(b"\r\n", at)) < 0:
                    break
                at = self._command(data, at, end, answers)
        self._rest = data[at:]
        return b"".join(answers)

    def _skip(self, data: bytes, at: int, answers: list[bytes]) -> int:
        """Pass over a chunk's octets; its answer comes when they are all there."""
        step = min(self._left, len(data) - at)
        self._left -= step
        if not self._left:
            answers.append(OK)
        return at + step

    def _command(self, data: bytes, at: int, end: int, answers: list[bytes]) -> int:
        verb = data[at : at + 4].upper()
        if verb == b"BDAT":
            self._left = int(data[at + 5 : end].split()[0])
            return end + 2
        answers.append(self._replies.get(verb, OK))
        self.is_over = verb == b"QUIT"
        self._is_data = verb == b"DATA"
        # The line end of DATA may be the one in front of the dot.
        return end if self._is_data else end + 2


def _end_of(data: bytes, at: int) -> int:
    """Where the body ends; -1 if not yet. A file in base64 has no dot, so dots are what is quick
    to look for."""
    dot = data.find(b".", at)
    while dot >= 0 and not data.startswith(END, dot - 2):
        dot = data.find(b".", dot + 1)
    return dot - 2 if dot >= 0 else -1


def serve(listener: socket.socket, ehlo: bytes) -> None:
    """Answer one client after the other."""
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        conversation = Conversation(ehlo)
        try:
            connection.sendall(b"220 sink.test ESMTP\r\n")
            while not conversation.is_over and (data := connection.recv(1 << 18)):
                if answer := conversation.feed(data):
                    connection.sendall(answer)
        except ConnectionError:
            pass
        connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunking", action="store_true")
    lines = EHLO + ([b"250-CHUNKING"] if parser.parse_args().chunking else [])
    ehlo = b"\r\n".join([*lines, b"250 ENHANCEDSTATUSCODES", b""])
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    workers = []
    for _ in range(WORKERS):
        if not (worker := os.fork()):
            serve(listener, ehlo)
        workers.append(worker)
    print(listener.getsockname()[1], flush=True)
    sys.stdin.read()
    for worker in workers:
        os.kill(worker, signal.SIGKILL)


if __name__ == "__main__":
    main()
