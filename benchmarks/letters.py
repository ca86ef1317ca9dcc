"""The job that every contestant does: personal messages from a table, with text and HTML."""

from __future__ import annotations

from dataclasses import dataclass
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
HOST = "127.0.0.1"
Row = dict[str, object]


@dataclass(frozen=True)
class Job:
    """What to do.

    Attributes:
        rows: how many messages.
        connections: over how many connections at the same time.
        attachment: a file that goes with every message, if any.
        folder: where a journal may be written.
        tools: where Node's packages are.
    """

    port: int
    rows: int
    connections: int
    attachment: Path | None
    folder: Path
    tools: Path

    @property
    def table(self) -> list[Row]:
        """The rows."""
        return [
            {
                "name": f"Student {n}",
                "email": f"student{n}@school.test",
                "course": ("Mechanics", "Optics", "Waves")[n % 3],
                "points": n % 101,
                "grade": "ABCD"[n % 4],
            }
            for n in range(self.rows)
        ]

    def shares(self) -> list[list[Row]]:
        """The rows, dealt out to the connections."""
        table = self.table
        return [table[n :: self.connections] for n in range(self.connections)]


def email_message(row: Row, attachment: bytes | None) -> EmailMessage:
    """One message as the standard library's documentation makes it."""
    message = EmailMessage()
    message["From"], message["To"] = SENDER, str(row["email"])
    message["Subject"] = SUBJECT.format(**row)
    message.set_content(TEXT.format(**row))
    message.add_alternative(HTML.format(**row), subtype="html")
    if attachment is not None:
        message.add_attachment(
            attachment, maintype="application", subtype="pdf", filename="report.pdf"
        )
    return message


def jinja(text: str) -> str:
    """A template for those who use Jinja2."""
    return text.replace("{", "{{ ").replace("}", " }}")
