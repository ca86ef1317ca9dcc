"""A process that sends and sends until it is interrupted, and reports. Run by a test.

For each line on its standard input (a run's number, how to send, and the server's URL) it says
`go`, sends until a SIGINT stops it, and writes one line of JSON: what was taken, what came of it,
what is left behind.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import Any

import psutil

from drivers.jobs import Stream
from smtp_nb import SMTP

ENDLESS = 1_000_000


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def open_files() -> int:
    return psutil.Process().num_fds()


def deliver(smtp: SMTP, prefix: str, report: dict[str, Any]) -> None:
    """A stream that never ends by itself."""
    stream = Stream(ENDLESS, prefix)
    report["taken"], report["given"] = stream.taken, stream.given
    say("go")
    smtp.deliver(stream)


def send(smtp: SMTP, prefix: str, report: dict[str, Any]) -> None:
    """One message after the other; what is known of the last one is on the error's cause."""
    taken, given = report["taken"], report["given"] = [], []
    smtp.from_ = "ann@example.test"
    smtp.connect()
    say("go")
    for number in range(ENDLESS):
        tag = f"{prefix}{number}"
        smtp.send_to, smtp.subject = f"{tag}@example.test", tag
        taken.append(tag)
        try:
            given.append((tag, smtp.send()))
        except KeyboardInterrupt as stop:
            # Without a cause it came before the call or behind it, where Python's own rules hold.
            if stop.__cause__ is not None:
                given.append((tag, stop.__cause__.receipt))
            raise


def run(number: str, how: str, url: str) -> dict[str, Any]:
    """Send until SIGINT; what happened, for the report."""
    smtp = SMTP.from_url(url)
    report: dict[str, Any] = {"taken": [], "given": [], "raised": "", "files": open_files()}
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            {"deliver": deliver, "send": send}[how](smtp, f"r{number}-", report)
        except KeyboardInterrupt:
            report["raised"] = "KeyboardInterrupt"
        report["is_restored"] = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # for what comes late
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        report["is_late"] = True
    report["connected"] = smtp.connected
    smtp.disconnect()
    report["files"] = open_files() - report["files"]
    report["given"] = [(tag, receipt.outcome) for tag, receipt in report["given"]]
    return report


def press_again(lost: sys.UnraisableHookArgs) -> None:
    """A Ctrl-C in a callback of Python's own, such as a weak reference's, never reaches its caller:
    before a call of ours owns the signal, the user has to press again."""
    if lost.exc_type is KeyboardInterrupt:
        threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()
    else:
        sys.__unraisablehook__(lost)


def main() -> None:
    sys.unraisablehook = press_again
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        say(json.dumps(run(*line.split())))


if __name__ == "__main__":
    main()
