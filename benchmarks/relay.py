"""A line with a delay: octets arrive later than they were sent, and none is lost or held up longer.

    python benchmarks/relay.py PORT MILLISECONDS      prints its own port, runs until its input ends

MILLISECONDS is a round trip: half of it goes to each direction.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from queue import SimpleQueue


def carry(source: socket.socket, target: socket.socket, delay_s: float) -> None:
    """Let octets of one direction arrive so many seconds after they were sent."""
    under_way: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
    threading.Thread(target=deliver, args=(under_way, target), daemon=True).start()
    data = b"-"
    while data:
        try:
            data = source.recv(1 << 18)
        except OSError:
            data = b""
        under_way.put((time.perf_counter() + delay_s, data))


def deliver(under_way: SimpleQueue[tuple[float, bytes]], target: socket.socket) -> None:
    """Hand octets over when their time has come."""
    with contextlib.suppress(OSError):
        while True:
            due, data = under_way.get()
            if (early := due - time.perf_counter()) > 0:
                time.sleep(early)
            if not data:
                target.shutdown(socket.SHUT_WR)
                return
            target.sendall(data)


def main() -> None:
    port, delay_s = int(sys.argv[1]), float(sys.argv[2]) / 2000
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def accept() -> None:
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            for ends in ((client, server), (server, client)):
                threading.Thread(target=carry, args=(*ends, delay_s), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
