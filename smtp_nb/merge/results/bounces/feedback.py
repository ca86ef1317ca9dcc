"""Abuse reports of mailbox providers (ARF, RFC 5965)."""

from __future__ import annotations

from collections.abc import Iterator

from smtp_nb.merge.journal.schema import COMPLAINT
from smtp_nb.merge.results.bounces.report import MAX_CLUES, Statement, unique, words
from smtp_nb.merge.results.bounces.status import MAX_STATUS, address_of
from smtp_nb.sandbox.messages.parts import ParsedPart, read_header

TYPE = "message/feedback-report"
# RFC 5965 section 7.3; "opt-out" is what Yahoo and others add. "not-spam" takes a complaint back,
# and "auth-failure" (RFC 6591) is about a domain.
_COMPLAINTS = frozenset({"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list"})


def feedback_fields(part: ParsedPart) -> ParsedPart:
    """The fields of a feedback part."""
    return read_header(part.octets(MAX_STATUS).lstrip())


def read_feedback(fields: ParsedPart) -> Iterator[Statement]:
    """The complaint, if it is one."""
    kind = fields.get("Feedback-Type").strip().lower()
    if kind in _COMPLAINTS:
        named = [f.text for f in fields.fields if f.name.lower() == "original-rcpt-to"]
        for address in unique(map(address_of, named[:MAX_CLUES])) or ("",):
            addresses = (address,) if address else ()
            yield Statement(addresses, COMPLAINT, text=words(f"feedback: {kind}"))
