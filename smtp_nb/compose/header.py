"""Message header: which fields, in which order, from which properties."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from smtp_nb import ambient
from smtp_nb.compose.draft import Draft
from smtp_nb.compose.fields import (
    HeaderStyle,
    addresses,
    check_head,
    check_name,
    structured,
    unstructured,
)
from smtp_nb.compose.kinds import write_field
from smtp_nb.compose.other_headers import given_fields
from smtp_nb.errors import InputError, MissingError
from smtp_nb.model.address import Mailbox, refuse_controls
from smtp_nb.model.enums import Importance, Priority, Sensitivity

# A field made from a property cannot be given again as an extra header. The value is the remedy.
_OWNED = {
    "bcc": "Put blind copies into bcc; no header names them",
    "resent-bcc": "Put blind copies into bcc; no header names them",
    "message-id": "Set message_id, so that the receipt has it too",
    "return-path": "Leave it out: the delivering server writes it, from the sender in the envelope",
    "mime-version": "Leave it out: it is written with every message",
    "content-type": "Leave it out: it follows from the bodies and attachments",
    "content-transfer-encoding": "Leave it out: it follows from the bodies and attachments",
    "content-disposition": "Leave it out: it belongs to attachments",
    "content-id": "Leave it out: it belongs to attachments",
}
_REPLACEABLE = {
    "date": "date",
    "from": "from_",
    "sender": "sender",
    "reply-to": "reply_to",
    "to": "to",
    "cc": "cc",
    "subject": "subject",
}
_IMPORTANCE = {Importance.HIGH: "high", Importance.NORMAL: "normal", Importance.LOW: "low"}
_PRIORITY = {
    Priority.NORMAL: "normal",
    Priority.URGENT: "urgent",
    Priority.NON_URGENT: "non-urgent",
}
_SENSITIVITY = {
    Sensitivity.PERSONAL: "Personal",
    Sensitivity.PRIVATE: "Private",
    Sensitivity.COMPANY_CONFIDENTIAL: "Company-Confidential",
}
# How a field is written: its name, its value (of the field's own type, hence Any), the style.
_Write = Callable[[str, Any, HeaderStyle], str]
# The value, its writer, and the field.
_Written = tuple[object, _Write, str]
_ALGORITHMS = {"MD5": hashlib.md5, "SHA1": hashlib.sha1, "SHA256": hashlib.sha256}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(
    rf"(?:(?:{'|'.join(_DAYS)}), ?)?\d{{1,2}} (?:{'|'.join(_MONTHS)}) \d{{2,4}}"
    r" \d{2}:\d{2}(?::\d{2})? (?:[+-]\d{4}|[A-Z]{1,5})(?: \([!-'*-~ ]*\))?\Z"
)
_MESSAGE_ID = re.compile(r"<[!#-'*+/-9=?A-Z^-~.-]+@(?:[!#-'*+/-9=?A-Z^-~.-]+|\[[!-Z^-~]+\])>\Z")


def date_now(seconds: float) -> str:
    """Return date and time as in RFC 5322 section 3.3, in the local zone."""
    local = ambient.local(seconds)
    sign, offset = ("-" if local.tm_gmtoff < 0 else "+"), abs(local.tm_gmtoff) // 60
    return (
        f"{_DAYS[local.tm_wday]}, {local.tm_mday:02} {_MONTHS[local.tm_mon - 1]} {local.tm_year:04}"
        f" {local.tm_hour:02}:{local.tm_min:02}:{local.tm_sec:02}"
        f" {sign}{offset // 60:02}{offset % 60:02}"
    )


def check_authors(draft: Draft) -> None:
    """Raise unless the message has an author and one sender.

    Raises:
        MissingError: 164, it has no author.
        InputError: several authors, and no sender.
    """
    if not draft.authors:
        raise MissingError("the message has no From", code=164, remedy="Set from_")
    if len(draft.authors) > 1 and draft.sender is None and not _has_sender(draft):
        raise InputError(
            "the message has several authors and no sender (RFC 5322 section 3.6.2)",
            remedy="Name the sender: sender='name@example.org'",
        )


def _has_sender(draft: Draft) -> bool:
    return bool(draft.other_headers) and bool(given_fields(draft.other_headers).value("Sender"))


def random_id(draft: Draft, seed: bytes) -> str:
    """Return a unique Message-ID: a hash of random bytes at the author's domain."""
    algorithm = _ALGORITHMS.get(draft.message_id_algorithm.upper())
    if algorithm is None:
        raise InputError(
            f"{draft.message_id_algorithm!r} is not an algorithm for a Message-ID",
            remedy=f"Use one of {', '.join(_ALGORITHMS)}",
        )
    return f"<{algorithm(seed, usedforsecurity=False).hexdigest()}@{draft.authors[0].domain}>"


class HeaderWriter:
    """Writes the headers of successive messages, in one style.

    In a mailing most fields repeat. A field whose value is the same object as in the last message
    is not written and checked again.
    """

    def __init__(self, style: HeaderStyle) -> None:
        self.style = style
        self._known: dict[str, _Written] = {}

    def fields(self, draft: Draft, date: str, message_id: str) -> list[str]:
        """Return all fields of a message but those of MIME, folded and encoded, one text each.

        Raises:
            InputError, InjectionError: a value that its header cannot carry; the text names it.
        """
        new: list[tuple[str, _Written]] = []
        computed = {
            name: self._field(name, value, write, new)
            for name, value, write in _computed(draft, date, message_id)
            if value
        }
        extra = [self._extra(name, value, draft, computed, new) for name, value in draft.headers]
        if new:
            # Checked again as bytes, so that a mistake in here does not become a header.
            check_head("".join([text for _, (_, _, text) in new]).encode(), len(new))
            self._known.update(new)
        if draft.replacing:
            given = {name.lower() for name, _ in draft.headers}
            computed = {name: text for name, text in computed.items() if name.lower() not in given}
        return [*computed.values(), *extra]

    def _field(
        self, name: str, value: object, write: _Write, new: list[tuple[str, _Written]]
    ) -> str:
        known = self._known.get(name)
        if known is not None and known[0] is value and known[1] is write:
            return known[2]
        text = write(name, value, self.style)
        new.append((name, (value, write, text)))
        return text

    def _extra(
        self,
        name: str,
        value: str,
        draft: Draft,
        computed: dict[str, str],
        new: list[tuple[str, _Written]],
    ) -> str:
        lower = name.lower()
        taken = lower in _REPLACEABLE or lower in map(str.lower, computed)
        if taken and lower not in draft.replacing and lower not in _OWNED:
            raise InputError(
                f"the header {name} is already made from a property",
                remedy=f"Set {_REPLACEABLE.get(lower, lower.replace('-', '_'))} instead",
            )
        return self._field(name, value, _by_hand, new)


def _computed(draft: Draft, date: str, message_id: str) -> tuple[tuple[str, object, _Write], ...]:
    """Return the fields made from properties, in order; those without a value are left out."""
    return (
        ("Date", date, _date),
        ("From", draft.from_, _boxes),
        ("Sender", draft.sender, _boxes),
        ("Reply-To", draft.reply_to, _boxes),
        ("To", draft.to or draft.to_group, _recipients),
        ("Cc", draft.cc, _boxes),
        ("Subject", draft.subject, unstructured),
        ("Message-ID", message_id, structured),
        ("Importance", draft.importance, _importance),
        ("Priority", draft.priority, _priority),
        ("Sensitivity", draft.sensitivity, _sensitivity),
        ("Disposition-Notification-To", draft.read_receipt_to, _boxes),
        ("Return-Receipt-To", draft.delivery_notification_to, _boxes),
    )


def _boxes(name: str, value: Mailbox | tuple[Mailbox, ...], style: HeaderStyle) -> str:
    return addresses(name, (value,) if isinstance(value, Mailbox) else value, style)


def _date(name: str, value: str, style: HeaderStyle) -> str:
    return structured(name, check_date(value), style)


def _recipients(name: str, value: tuple[Mailbox, ...] | str, style: HeaderStyle) -> str:
    if isinstance(value, str):
        return write_field(name, value, style)  # a group without members
    return _boxes(name, value, style)


def _importance(name: str, value: Importance, style: HeaderStyle) -> str:
    return f"{name}: {_IMPORTANCE[value]}\r\n"


def _priority(name: str, value: Priority, style: HeaderStyle) -> str:
    return f"{name}: {_PRIORITY[value]}\r\n"


def _sensitivity(name: str, value: Sensitivity, style: HeaderStyle) -> str:
    return f"{name}: {_SENSITIVITY[value]}\r\n"


def _by_hand(name: str, value: str, style: HeaderStyle) -> str:
    """Return a further header given by its name."""
    check_name(name)
    lower = name.lower()
    if lower in _OWNED:
        raise InputError(f"the header {name} cannot be given directly", remedy=_OWNED[lower])
    return write_field(name, value, style)


def check_date(date: str) -> str:
    """Return a date in the syntax of RFC 5322 section 3.3, obsolete forms included."""
    refuse_controls(date, "the date")
    if _DATE.match(date) is None:
        raise InputError(
            f"{date[:80]!r} is not an RFC 5322 date",
            remedy="Write it as Fri, 01 Mar 2024 21:24:52 +0100, or * for now",
        )
    return date


def check_message_id(text: str) -> str:
    """Return a Message-ID with its angle brackets, which may be left out.

    Raises:
        InputError: it is not one (RFC 5322 section 3.6.4).
    """
    refuse_controls(text, "the Message-ID")
    bracketed = text if text.startswith("<") else f"<{text}>"
    if _MESSAGE_ID.match(bracketed) is None or len(bracketed) > 900:
        raise InputError(f"{text[:80]!r} is not a Message-ID", remedy="Write <anything@domain>")
    return bracketed
