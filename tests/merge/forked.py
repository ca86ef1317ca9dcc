"""A process that runs merges in children of its own, to be killed: they start in no time.

Reads one JSON object a line, the arguments of a merge, and begins it. Any next line kills it, if it
has not ended by itself: the child stays a zombie until then, so its pid is nobody else's.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

import pandas as pd

from smtp_nb.merge import MailMerge, Template


def campaign(frame: pd.DataFrame, server: Any, journal: Any, grouped: bool = False) -> MailMerge:
    """One message for each row; or for each child's rows, to both parents, with VERP."""
    if not grouped:
        template = Template(subject="For {{ name }}", markdown="Dear **{{ name }}**")
        return MailMerge(
            frame, template, to="email", from_="t@x.test", server=server, journal=journal
        )
    template = Template(subject="For {{ name }}", text="{{ rows.item | join(', ') }}")
    return MailMerge(
        frame, template, to=["email", "other"], group_by="name", from_="t@x.test",
        return_path="b+{{ key }}@x.test", server=server, journal=journal,
    )  # fmt: skip


def send(order: dict[str, Any]) -> None:
    frame = pd.read_csv(order["csv"])
    merge = campaign(frame, order["url"], order["journal"], order["grouped"])
    merge.run(connections=order["connections"], window=order["window"])


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        if (pid := os.fork()) == 0:
            send(order)
            os._exit(0)
        sys.stdin.readline()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
