"""A process that sends the messages of a queue directory: `drainer.py PORT DIRECTORY HOLD`.

HOLD is the way to hold files: `inside`, or `beside`, which is that of Windows.

It says which messages it has begun, a line each, and at the end what came of the run.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from smtp_nb import SMTP, TrailDirection
from smtp_nb.client.queue import file_lock


def main(port: str, directory: str, hold: str) -> None:
    file_lock.hold = getattr(file_lock, hold)
    smtp = SMTP(mail_server="127.0.0.1", mail_port=int(port))

    def tell(event) -> None:
        if event.direction is TrailDirection.CLIENT and event.message.startswith("RCPT"):
            print(event.message, flush=True)

    smtp.on_pi_trail += tell
    print(json.dumps(asdict(smtp.process_queue(directory))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
