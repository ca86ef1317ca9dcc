"""A campaign that was sent, and reports on its rows: the files of `reports/`, each about one row.

The files follow the formats of their programs, in words of ours. `$to`, `$sender` (the return
path), `$token` and `$message_id` stand for what belongs to the row that a file is filled in for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import Template as Text

import pandas as pd

from smtp_nb.merge import MailMerge, Template
from smtp_nb.sandbox import SandboxServer

REPORTS = Path(__file__).parent / "reports"
NAMES = sorted(path.stem for path in REPORTS.glob("*.eml"))


@dataclass(frozen=True)
class Sent:
    """What one row was sent with."""

    to: str
    sender: str
    token: str
    message_id: str


def frame(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"email": [f"student{n}@far.test" for n in range(rows)]})


def merge(directory: Path, rows: int = len(NAMES), **changes: object) -> MailMerge:
    """A campaign with VERP; its journal is in `directory`."""
    arguments: dict[str, object] = {
        "frame": frame(rows),
        "template": Template(subject="Your result", text="Dear you"),
        "to": "email",
        "from_": "teacher@school.test",
        "return_path": "bounces+{{ key }}@school.test",
        "journal": directory / "campaign.sqlite",
    }
    return MailMerge(**(arguments | changes))  # type: ignore[arg-type]  # names and values vary


def send(campaign: MailMerge) -> list[Sent]:
    """Send it to a sandbox; what each row was sent with."""
    with SandboxServer() as server:
        campaign.server = server.url
        campaign.run(progress=None)
        campaign.server = None
        return [
            Sent(m.rcpt_tos[0], m.mail_from, m.parameters["ENVID"], str(m.parsed["Message-ID"]))
            for m in server.messages
        ]


def filled(name: str, sent: Sent) -> bytes:
    """The report of that name, about this row."""
    text = (REPORTS / f"{name}.eml").read_text(encoding="utf-8")
    return Text(text).substitute(vars(sent)).encode()
