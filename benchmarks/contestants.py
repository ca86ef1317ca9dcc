"""The same job, done with each library as its own documentation shows it.

    python benchmarks/contestants.py NAME PORT ROWS      prints seconds and peak KiB

The job: ROWS personal messages with text and HTML to one server over one connection, and afterwards
to know for each row what became of it.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

TEXT = """Dear {name},

you have {points} points in {course}. That is grade {grade}, and the whole
course is proud of you. The exam can be looked at on Friday from ten to noon
in room 12; please bring your student card.

Kind regards
The teachers
"""
HTML = """<p>Dear {name},</p>
<p>you have <strong>{points}</strong> points in <em>{course}</em>. That is grade
<strong>{grade}</strong>, and the whole course is proud of you. The exam can be looked at on Friday
from ten to noon in room 12; please bring your student card.</p>
<p>Kind regards<br>The teachers</p>
"""
SENDER = "teacher@school.test"
SUBJECT = "Your result in {course}"


def rows(count: int) -> list[dict[str, object]]:
    """The table, as plain rows."""
    return [
        {
            "name": f"Student {n}",
            "email": f"student{n}@school.test",
            "course": ("Mechanics", "Optics", "Waves")[n % 3],
            "points": n % 101,
            "grade": "ABCD"[n % 4],
        }
        for n in range(count)
    ]


def email_message(row: dict[str, object]) -> EmailMessage:
    """One message with the standard library."""
    message = EmailMessage()
    message["From"], message["To"] = SENDER, str(row["email"])
    message["Subject"] = SUBJECT.format(**row)
    message.set_content(TEXT.format(**row))
    message.add_alternative(HTML.format(**row), subtype="html")
    return message


def with_smtplib(port: int, count: int) -> float:
    """smtplib.send_message, outcomes in a dict."""
    import smtplib

    table = rows(count)
    began = time.perf_counter()
    outcomes = {}
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for row in table:
            outcomes[row["email"]] = smtp.send_message(email_message(row))
    return time.perf_counter() - began


def with_aiosmtplib(port: int, count: int) -> float:
    """aiosmtplib.SMTP.send_message, outcomes in a dict."""
    import asyncio

    import aiosmtplib

    table = rows(count)

    async def job() -> None:
        outcomes = {}
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
        async with client:
            for row in table:
                outcomes[row["email"]] = await client.send_message(email_message(row))

    began = time.perf_counter()
    asyncio.run(job())
    return time.perf_counter() - began


def with_smtp_nb(port: int, count: int) -> float:
    """MailMerge, with its journal (synchronous=FULL) on disk and a listener on the trail."""
    import pandas as pd

    from smtp_nb import SMTP, MailMerge, Template, Trail

    frame = pd.DataFrame(rows(count))
    template = Template(subject=_jinja(SUBJECT), text=_jinja(TEXT), html=_jinja(HTML))
    smtp = SMTP(mail_server="127.0.0.1", mail_port=port)
    trail = Trail(maxlen=1000)
    smtp.on_pi_trail += trail
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        journal = Path(folder, "merge.sqlite")
        began = time.perf_counter()
        merge = MailMerge(
            frame, template, to="email", from_=SENDER, server=smtp, name="bench", journal=journal
        )
        results = merge.run(progress=None)
        seconds = time.perf_counter() - began
    assert (results.outcome == "ACCEPTED").all()
    assert len(trail)
    return seconds


def _jinja(text: str) -> str:
    return text.replace("{", "{{ ").replace("}", " }}")


CONTESTANTS: dict[str, Callable[[int, int], float]] = {
    "smtp_nb": with_smtp_nb,
    "smtplib": with_smtplib,
    "aiosmtplib": with_aiosmtplib,
}

if __name__ == "__main__":
    name, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    took = CONTESTANTS[name](port, count)
    print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
