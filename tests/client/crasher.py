"""A process whose children queue two messages and send them, and die at a given moment.

For each line on its standard input (a number and a directory) it forks a child that dies at the
moment of that number: before or after a call that changes the directory, or when a line of the
conversation passes. It says what the child queued, and whether it came to its end.

`python -m client.crasher PORT HOLD STEPS`; STEPS is one or two, for each renaming
"""

from __future__ import annotations

import json
import os
import sys
from tempfile import TemporaryDirectory
from typing import Any

from smtp_nb import SMTP
from smtp_nb.client.queue import file_lock, moving
from smtp_nb.sandbox import SandboxServer

KILLED = 9


class Clock:
    """Counts moments, and ends it all at one of them."""

    def __init__(self, last: int) -> None:
        self._left = last

    def tick(self, *_: object) -> None:
        self._left -= 1
        if self._left < 0:
            os._exit(KILLED)

    def around(self, call: Any) -> Any:
        def watched(*arguments: Any, **options: Any) -> Any:
            self.tick()
            result = call(*arguments, **options)
            self.tick()
            return result

        return watched


def queue_and_send(port: int, directory: str, clock: Clock) -> None:
    for name in ("rename", "link", "fsync", "unlink"):
        setattr(os, name, clock.around(getattr(os, name)))
    moving.in_one_step = clock.around(moving.in_one_step)
    smtp = SMTP(mail_server="127.0.0.1", mail_port=port, from_="ann@x.test", message_text="Hello")
    smtp.on_pi_trail += clock.tick
    for number in range(2):
        smtp.send_to = f"n{number}@x.test"
        smtp.queue(directory)
        sys.stdout.write(f"n{number}@x.test ")
        sys.stdout.flush()
    smtp.process_queue(directory)


def load_everything() -> None:
    """Queue and send once, so that no child has to import what that takes."""
    with TemporaryDirectory() as directory, SandboxServer() as server:
        smtp = SMTP.from_url(server.url, from_="ann@x.test", send_to="ben@x.test")
        smtp.queue(directory)
        smtp.process_queue(directory)


def main(port: str, hold: str, steps: str) -> None:
    file_lock.hold = getattr(file_lock, hold)
    if steps == "two":
        moving.in_one_step = lambda source, target: False
    load_everything()
    for line in sys.stdin:
        last, directory = line.split()
        child = os.fork()
        if child == 0:
            queue_and_send(int(port), directory, Clock(int(last)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(json.dumps(os.waitstatus_to_exitcode(status)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
