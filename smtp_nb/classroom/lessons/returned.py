"""The end of lesson 12: delivery status notifications, and what they say about a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import Template as Text
from typing import NamedTuple

from smtp_nb.classroom.exercises.exercise import Criterion, exercise
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.lessons.people import NAMES, shuffled
from smtp_nb.sandbox.messages.mailbox import Message
from smtp_nb.sandbox.server import SandboxServer

READERS = NAMES[:12]


class Fate(NamedTuple):
    """What a far server reports.

    Attributes:
        kind: what it is for the list: hard, soft, or only delayed.
        action, status: as RFC 3464 has them.
        said: the reply or the words of the far server.
    """

    kind: str
    action: str
    status: str
    said: str


FATES = (
    Fate("hard", "failed", "5.1.1", "smtp; 550 5.1.1 No such mailbox here"),
    Fate("hard", "failed", "5.2.1", "smtp; 550 5.2.1 This account was closed"),
    Fate("soft", "failed", "4.2.2", "smtp; 452 4.2.2 Mailbox full, given up after five days"),
    Fate("delayed", "delayed", "4.4.1", "X-Postfix; connection timed out, still being retried"),
)

# RFC 3464: a text for people, a part for programs, and the headers of what comes back.
REPORT = Text("""\
Return-Path: <>
Date: Mon, 5 Jan 2026 09:30:00 +0000
From: MAILER-DAEMON@far.test (Mail Delivery System)
To: $return_path
Subject: Delivery report
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="report-$number"

--report-$number
Content-Type: text/plain; charset=us-ascii

This is the mail system at far.test. About your mail to <$recipient>:

    $said

--report-$number
Content-Type: message/delivery-status

Reporting-MTA: dns; far.test
Original-Envelope-Id: $envelope_id

Final-Recipient: rfc822; $recipient
Action: $action
Status: $status
Diagnostic-Code: $said

--report-$number
Content-Type: text/rfc822-headers

From: teacher@class.test
To: $recipient
Message-ID: $message_id

--report-$number--
""")


def fates(word: str) -> dict[str, Fate]:
    """What becomes of four readers, in the lesson of the student with this word."""
    readers = shuffled((_address(name, word) for name in READERS), word)
    return dict(zip(readers, FATES, strict=False))


def _address(name: str, word: str) -> str:
    return f"{name}@{word}.test"


class Newsletter:
    """A small list of readers, and the reports that come back when they were written to.

    Attributes:
        readers: one mapping for each, with a name and an email.
    """

    def __init__(self, server: SandboxServer, word: str) -> None:
        self.readers = [{"name": name.title(), "email": _address(name, word)} for name in READERS]
        self._server, self._word = server, word
        self._before = len(server.messages)

    def reports(self) -> list[bytes]:
        """What far servers report about the newest mail to each reader, in no order."""
        newest = {
            who: message
            for message in self._server.messages[self._before :]
            for who in message.rcpt_tos
        }
        found = fates(self._word)
        sent = [who for who in shuffled(found, f"{self._word} again") if who in newest]
        return [_report(who, found[who], newest[who], n) for n, who in enumerate(sent, 1)]

    def __repr__(self) -> str:
        return f"<Newsletter with {len(self.readers)} readers>"


def newsletter(server: SandboxServer, word: str) -> Newsletter:
    """Twelve readers, four of whom something comes back about."""
    return Newsletter(server, word)


def _report(recipient: str, fate: Fate, message: Message, number: int) -> bytes:
    return (
        REPORT.substitute(
            return_path=message.mail_from,
            recipient=recipient,
            envelope_id=message.parameters.get("ENVID", ""),
            message_id=message.parsed["Message-ID"],
            number=number,
            action=fate.action,
            status=fate.status,
            said=fate.said,
        )
        .replace("\n", "\r\n")
        .encode("ascii")
    )


@exercise(
    "12.3",
    "read four reports, and say who is left out of the next mail",
    4,
    takes="marked",
    hints=(
        "merge.bounces(reports) makes a table of them",
        "Action and Status decide together: failed or delayed, 5 or 4",
        "leave a dead address out for good; a full mailbox may be empty next week",
    ),
)
def mark(seen: Seen, marked: object) -> Iterator[Criterion]:
    """Hard, soft and delayed, each with the right addresses."""
    given = marked if isinstance(marked, Mapping) else {}
    if given.get("word") != seen.nonce:
        yield Criterion("your word", 4, False, "marked['word'] is not your word")
        return
    truth = fates(seen.nonce)
    said = {kind: _addresses(given.get(kind)) for kind in ("hard", "soft", "delayed")}
    right = {kind: {who for who, fate in truth.items() if fate.kind == kind} for kind in said}
    has_hard = right["hard"] <= said["hard"]
    yield Criterion(
        "both dead addresses are hard", 1, has_hard, f"{len(said['hard'])} are marked as hard"
    )
    alive = sorted(said["hard"] - right["hard"])
    yield Criterion(
        "no other address is called dead",
        1,
        has_hard and not alive,
        f"{alive[0]} is not dead" if alive else "first the dead ones",
    )
    for name, kind in (("the full mailbox is soft", "soft"), ("the delayed one waits", "delayed")):
        yield Criterion(
            name, 1, said[kind] == right[kind], f"{len(said[kind])} are marked as {kind}"
        )


def _addresses(value: object) -> set[str]:
    if not isinstance(value, list | tuple | set):
        return set()
    return {str(one).strip() for one in value}
