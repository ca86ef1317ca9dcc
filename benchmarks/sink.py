"""A server that takes everything and keeps nothing, so that it is never what is measured.

    python benchmarks/sink.py [--chunking]      prints its port, serves until its input ends

One thread a connection; it looks at no more of a line than it must.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import sys
import threading

EHLO = [b"250-sink.test", b"250-PIPELINING", b"250-SIZE 0", b"250-8BITMIME", b"250-DSN"]
OK = b"250 2.0.0 Ok\r\n"
REPLIES = {b"DATA": b"354 go on\r\n", b"QUIT": b"221 2.0.0 Bye\r\n"}


def serve(connection: socket.socket, ehlo: bytes) -> None:
    """Answer one client until it leaves."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
    replies = {**REPLIES, b"EHLO": ehlo}
    connection.sendall(b"220 sink.test ESMTP\r\n")
    data = b""
    with contextlib.suppress(ConnectionError), connection:
        while more := connection.recv(1 << 18):
            data, answer, is_over = advance(data + more, replies)
            if answer:
                connection.sendall(answer)
            if is_over:
                return


def advance(data: bytes, replies: dict[bytes, bytes]) -> tuple[bytes, bytes, bool]:
    """(what is left, the answers, True after QUIT). A body that is not whole yet stays."""
    at, answers = 0, []
    while (end := data.find(b"\r\n", at)) >= 0:
        verb = data[at : at + 4].upper()
        if verb == b"BDAT":
            size = int(data[at + 5 : end].split()[0])
            if len(data) < end + 2 + size:
                break
            end += size
        answers.append(replies.get(verb, OK))
        if verb == b"DATA":
            stop = data.find(b"\r\n.\r\n", end)
            if stop < 0:
                if end + 2 < len(data):  # the body has begun: 354 was sent when DATA came
                    answers.pop()
                    break
                return data[at:], b"".join(answers), False
            if stop > end:
                answers.pop()
            answers.append(OK)
            end = stop + 3
        at = end + 2
        if verb == b"QUIT":
            return b"", b"".join(answers), True
    return data[at:], b"".join(answers), False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunking", action="store_true")
    lines = EHLO + ([b"250-CHUNKING"] if parser.parse_args().chunking else [])
    ehlo = b"\r\n".join([*lines, b"250 ENHANCEDSTATUSCODES", b""])
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, ehlo), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
