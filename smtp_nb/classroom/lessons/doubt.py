"""Lesson 6: was it delivered? Who has a message when the line is cut."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, NamedTuple

from smtp_nb.classroom.exercises.exercise import Criterion, exercise
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.lessons.people import addresses, shuffled
from smtp_nb.classroom.lessons.plan import ASIDE, LessonPlan
from smtp_nb.client.smtp import SMTP
from smtp_nb.errors import InputError, SMTPError
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt
from smtp_nb.model.trail.trail import Trail
from smtp_nb.sandbox.messages.mailbox import Message
from smtp_nb.sandbox.server import SandboxServer
from smtp_nb.sandbox.session import Session

SENDER = "teacher@class.test"
RECIPIENTS = addresses(12)
LETTERS = "ABCDEF"
_MONO = (
    "overflow-x:auto;white-space:pre;font-size:85%;font-family:var(--jp-code-font-family,monospace)"
)
_LEFT = ' style="text-align:left"'  # nbconvert aligns all cells to the right


class Cut(NamedTuple):
    """How a conversation ends: the fault that ends it, and what that means for the message."""

    fault: str
    arguments: Mapping[str, Any]  # of `inject`
    outcome: Outcome


CUTS = {
    "at RCPT": Cut("close", {}, Outcome.NOT_SENT),
    "at DATA": Cut("close", {"stage": "DATA"}, Outcome.NOT_SENT),
    "lost": Cut("drop_before_final_reply", {"stored": False}, Outcome.UNKNOWN),
    "kept": Cut("drop_before_final_reply", {"stored": True}, Outcome.UNKNOWN),
    "after the reply": Cut("drop_after_final_reply", {}, Outcome.ACCEPTED),
    "busy": Cut("421", {"stage": "RCPT"}, Outcome.DEFERRED),
}


def letters(word: str) -> dict[str, Cut]:
    """Which conversation is which, in the lesson of the student with this word."""
    return {letter: CUTS[name] for letter, name in zip(LETTERS, shuffled(CUTS, word), strict=True)}


class Recordings(dict[str, Trail]):
    """Conversations as the client saw them, by letter; a cell shows them side by side."""

    def __repr__(self) -> str:
        return "\n\n".join(f"{letter}\n{trail}" for letter, trail in self.items())

    def _repr_html_(self) -> str:
        cards = "".join(
            '<div style="border:1px solid;border-radius:6px;padding:4px 12px">'
            f'<b>{letter}</b><pre style="{_MONO}">{escape(str(trail))}</pre></div>'
            for letter, trail in self.items()
        )
        columns = "repeat(auto-fit,minmax(24em,1fr))"
        return f'<div style="display:grid;grid-template-columns:{columns};gap:8px">{cards}</div>'


def recordings(server: SandboxServer, word: str) -> Recordings:
    """Six conversations, each cut somewhere."""
    return Recordings({letter: _recorded(cut, word) for letter, cut in letters(word).items()})


def _recorded(cut: Cut, word: str) -> Trail:
    trail = Trail()
    greeting = f"your word is {word}"
    with SandboxServer(inline=True, latency="20ms", without=ASIDE, greeting=greeting) as server:
        server.inject(cut.fault, **cut.arguments)
        smtp = SMTP.from_url(server.url, from_=SENDER, send_to=RECIPIENTS[0], subject="Hello")
        smtp.on_pi_trail = trail
        _sent(smtp)
        smtp.reset()
    return trail


def _sent(smtp: SMTP) -> Receipt:
    try:
        return smtp.send()
    except SMTPError as error:
        if error.receipt is None:
            raise
        return error.receipt


@exercise(
    "6.1",
    "name the outcome of six conversations",
    6,
    takes="outcomes",
    hints=(
        "find the last thing that the client said, and whether a reply came after it",
        "before the dot the server cannot have the message; after the 250 it has it",
        "two of the six look the same to the client: then they have the same outcome",
    ),
)
def name_outcomes(seen: Seen, outcomes: object) -> Iterator[Criterion]:
    """One point for each conversation, for a student who has read the greeting."""
    given = outcomes if isinstance(outcomes, Mapping) else {}
    known = [str(outcome) for outcome in Outcome]
    is_own = given.get("word") == seen.nonce
    for letter, cut in letters(seen.nonce).items():
        said = str(given.get(letter) or "").strip().upper()
        if not said:
            fault = "no answer yet"
        elif said not in known:
            fault = f"{said[:20]!r} is none of the outcomes"
        elif not is_own:
            fault = "outcomes['word'] is not the word in the 220 of these conversations"
        else:
            fault = "look at what the client knows at its last line"
        yield Criterion(f"conversation {letter}", 1, is_own and said == str(cut.outcome), fault)


class Outbox:
    """Twelve messages, and what became of each as far as the client knows.

    Attributes:
        receipts: the receipt of each message, by its recipient.
    """

    receipts: dict[str, Receipt]

    def __init__(self, server: SandboxServer) -> None:
        self.receipts = {}
        self._server = server
        self._subject = ""

    def send(self, subject: str) -> Outbox:
        """Send all twelve, each once, whatever happens to the line.

        Returns:
            This outbox, which shows the outcomes.
        """
        self._subject = subject
        for recipient in RECIPIENTS:
            self._deliver(recipient, "")
        return self

    def resend(self, recipient: str) -> Outbox:
        """Send one of them again: the same message, under the same Message-ID.

        Returns:
            This outbox, which shows the outcomes.

        Raises:
            InputError: it was not sent before.
        """
        if recipient not in self.receipts:
            raise InputError(
                f"no message was sent to {recipient!r:.60}", remedy="Send first, then resend"
            )
        self._deliver(recipient, self.receipts[recipient].message_id)
        return self

    def _deliver(self, recipient: str, message_id: str) -> None:
        with SMTP.from_url(self._server.url, from_=SENDER, subject=self._subject) as smtp:
            smtp.send_to = recipient
            if message_id:
                smtp.message_id = message_id
            self.receipts[recipient] = _sent(smtp)

    def _rows(self) -> list[tuple[str, str, str]]:
        return [
            (who, str(receipt.outcome), receipt.message_id)
            for who, receipt in self.receipts.items()
        ]

    def __repr__(self) -> str:
        rows = [f"{who:20} {outcome:9} {name}" for who, outcome, name in self._rows()]
        return "\n".join(rows) or "nothing was sent yet"

    def _repr_html_(self) -> str:
        head = "".join(f"<th{_LEFT}>{name}</th>" for name in ("to", "outcome", "Message-ID"))
        rows = "".join(
            f"<tr>{''.join(f'<td{_LEFT}>{escape(value)}</td>' for value in row)}</tr>"
            for row in self._rows()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def doubts(word: str) -> tuple[list[str], list[str]]:
    """Who is in doubt in the lesson of the student with this word: those who have the message, and
    those who have not.
    """
    order = shuffled(RECIPIENTS, word)
    have = 1 + len(word) % 2
    return order[:have], order[have:3]


def stage(server: SandboxServer, word: str) -> Outbox:
    """Three of twelve messages are cut off before the reply; some of them arrive all the same."""
    for stored, recipients in zip((True, False), doubts(word), strict=True):
        for recipient in recipients:
            server.inject("drop_before_final_reply", stored=stored, times=1, recipient=recipient)
    return Outbox(server)


@exercise(
    "6.2",
    "resolve three doubts: everyone has the message, and no one has it twice",
    4,
    hints=(
        "UNKNOWN means: look where the mail arrives, then decide",
        "lesson.server.messages is the inbox; every message knows its rcpt_tos",
        "resend only to those who are UNKNOWN and whom the inbox lacks",
    ),
)
def resolve(seen: Seen) -> Iterator[Criterion]:
    """Twelve messages with the student's word as their subject, each in the inbox once."""
    arrived = Counter(who for one in _own(seen) for who in one.rcpt_tos if who in RECIPIENTS)
    if not arrived:
        yield Criterion(
            "the twelve were sent, with your word as the subject", 4, False, "none has arrived"
        )
        return
    missing = [who for who in RECIPIENTS if not arrived[who]]
    yield Criterion(
        "everyone has it",
        1,
        not missing,
        f"{len(missing)} of {len(RECIPIENTS)} have not, such as {missing[0]}" if missing else "",
    )
    twice = [who for who, count in arrived.items() if count > 1]
    yield Criterion(
        "no one has it twice",
        2,
        not missing and not twice,
        f"{', '.join(twice)} has it twice" if twice else "first everyone must have it",
    )
    other = [who for who in doubts(seen.nonce)[1] if _is_renamed(seen, who)]
    yield Criterion(
        "what was sent again is the same message, under the same Message-ID",
        1,
        not missing and not other,
        f"{other[0]} has a message that was not sent before"
        if other
        else "first everyone must have it",
    )


def _own(seen: Seen) -> list[Message]:
    return [message for message in seen.messages if message.subject == seen.nonce]


def _is_renamed(seen: Seen, recipient: str) -> bool:
    """Whether the Message-ID that arrived is another than the one that was lost on the way."""
    lost = next((one for one in seen.sessions if _names(one, recipient) and not one.messages), None)
    arrived = [one.content for one in _own(seen) if recipient in one.rcpt_tos]
    if lost is None or not arrived:
        return False
    sent = b"".join(data for direction, data in lost.wire if direction is TrailDirection.CLIENT)
    return _MESSAGE_ID.findall(sent) != _MESSAGE_ID.findall(arrived[0])


def _names(session: Session, recipient: str) -> bool:
    return any(f"<{recipient}>" in one.argument for one in session.exchanges)


_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^<>]*>)", re.IGNORECASE | re.MULTILINE)

PLAN = LessonPlan(
    6,
    "Was it delivered?",
    "You know at each moment who has a message, and what to do when it cannot be known.",
    20,
    (name_outcomes, resolve),
    {"latency": "20ms", "without": ASIDE},
    {"6.1": recordings, "6.2": stage},
)
