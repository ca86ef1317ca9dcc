"""A message read as a report: what it says, and by what it may be joined to a row.

The bounded reader of the sandbox takes the message apart; here no part, field or text is looked at
beyond a bound of its own, so a report costs a bounded number of steps whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from smtp_nb.merge.results.bounces import feedback, notices, status
from smtp_nb.merge.results.bounces.report import MAX_CLUES, MAX_RECIPIENTS, Clues, Report, unique
from smtp_nb.sandbox.messages.parts import ParsedPart, read, read_header

NO_REPORT = "not a delivery report"
NO_BOUNCE = "a report on something else than delivery"

# The fields in which a mailbox keeps the address that a report was sent to.
_SENT_TO = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_RETURNED = (
    "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers",
    "message/global-headers",
)  # fmt: skip
MAX_PARTS = 5
"""Parts of one kind that are looked at; a report has one of each."""
MAX_HEADER = 64 * 1024
"""Bytes of a returned message in which its header is looked for."""

_LOCAL = re.compile(r"(?<![^\s<>()\",;:@])([^\s<>()\",;:@]{32,64})@")
_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_IN_TEXT = re.compile(
    r"(?im)^[ \t>]{0,20}(message-id|return-path|envelope-id)[ \t]{0,20}:[ \t]{0,20}([^\n]{1,300})"
)


def read_report(content: bytes) -> Report:
    """Read a message as a report. Whatever it holds, nothing raises."""
    root = read(content)
    leaves = list(root.leaves())
    of_status = _of_type(leaves, status.TYPES)
    complaints = [feedback.feedback_fields(leaf) for leaf in _of_type(leaves, (feedback.TYPE,))]
    text = notices.body_text(root)
    statements = [one for part in of_status for one in status.read_status(part)]
    statements += [one for fields in complaints for one in feedback.read_feedback(fields)]
    if complaints and not statements:
        return Report(remark=NO_BOUNCE)
    if not statements and notices.is_notice(root, text):
        statements = list(notices.read_notice(root, text))
    if not statements:
        return Report(remark=NO_REPORT)
    returned = list(_returned(leaves))
    clues = Clues(
        unique(_locals(root, complaints, returned, text)),
        unique(_envelope_ids(of_status, complaints, text)),
        unique(_message_ids(root, returned, text)),
    )
    return Report(tuple(statements[:MAX_RECIPIENTS]), clues)


def _of_type(leaves: list[ParsedPart], types: tuple[str, ...]) -> list[ParsedPart]:
    return [leaf for leaf in leaves if leaf.content_type in types][:MAX_PARTS]


def _returned(leaves: list[ParsedPart]) -> Iterator[ParsedPart]:
    """The headers of the messages that came back."""
    for leaf in _of_type(leaves, _RETURNED):
        yield leaf.parts[0] if leaf.parts else read_header(leaf.octets(MAX_HEADER).lstrip())


def _locals(
    root: ParsedPart, complaints: list[ParsedPart], returned: list[ParsedPart], text: str
) -> Iterator[str]:
    fields = [f for f in root.fields if f.name.title() in _SENT_TO]
    said = [f.text for f in fields]
    said += [part.get("Original-Mail-From") for part in complaints]
    said += [part.get("Return-Path") for part in returned]
    said += _in_text(text, "return-path")
    for one in said:
        for found in islice(_LOCAL.finditer(one), MAX_CLUES):
            yield found[1].lower()


def _envelope_ids(
    of_status: list[ParsedPart], complaints: list[ParsedPart], text: str
) -> Iterator[str]:
    for part in of_status:
        yield from map(str.lower, status.envelope_ids(part))
    for part in complaints:
        yield status.xtext(part.get("Original-Envelope-Id").strip()).lower()
    yield from (one.strip().lower() for one in _in_text(text, "envelope-id"))


def _message_ids(root: ParsedPart, returned: list[ParsedPart], text: str) -> Iterator[str]:
    said = [part.get("Message-ID") for part in returned]
    said += _in_text(text, "message-id")
    said += [root.get("In-Reply-To"), root.get("References")]
    for one in said:
        yield from (found[0].lower() for found in islice(_ID.finditer(one), MAX_CLUES))


def _in_text(text: str, name: str) -> list[str]:
    """Fields of the copy that stands in the text itself."""
    found = islice(_IN_TEXT.finditer(text), MAX_CLUES)
    return [match[2] for match in found if match[1].lower() == name]
