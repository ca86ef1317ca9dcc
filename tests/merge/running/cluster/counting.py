"""A sandbox in a process of its own, which counts what it gets and says so when it is asked.

It writes its URL, and for each line that it reads, a JSON object: the copies of each recipient's
message, and the moments at which messages arrived.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from contextlib import suppress

from smtp_nb.sandbox import SandboxServer


def watch(server: SandboxServer, arrived: list[float]) -> None:
    while True:
        with suppress(TimeoutError):
            count = len(server.messages.wait_for(len(arrived) + 1, 3600))
            arrived += [time.time()] * (count - len(arrived))


def main() -> None:
    arrived: list[float] = []
    with SandboxServer() as server:
        threading.Thread(target=watch, args=(server, arrived), daemon=True).start()
        print(server.url, flush=True)
        for line in sys.stdin:
            if line.strip() == "count":
                print(len(server.messages), flush=True)
                continue
            copies = Counter(to for message in server.messages for to in message.rcpt_tos)
            print(json.dumps({"copies": copies, "arrived": arrived}), flush=True)


if __name__ == "__main__":
    main()
