"""The header of a message that we compose: which fields, in which order, from which properties."""

from __future__ import annotations

import hashlib
import re
import time
from functools import lru_cache

from smtp_nb.compose.draft import Draft
from smtp_nb.compose.fields import HeaderStyle, addresses, check_name, structured, unstructured
from smtp_nb.errors import InputError, MissingError
from smtp_nb.model.address import Mailbox, refuse_controls
from smtp_nb.model.enums import Importance, Priority, Sensitivity

# What a property makes is not given a second time as an extra header. The value is the remedy.
_OWNED = {
    "bcc": "Give blind copies to the envelope; no header names them",
    "resent-bcc": "Give blind copies to the envelope; no header names them",
    "message-id": "Set message_id, so that the receipt knows it too",
    "return-path": "The server that delivers writes it, from the sender in the envelope",
    "mime-version": "It is written with every message",
    "content-type": "It follows from the bodies and attachments",
    "content-transfer-encoding": "It follows from the bodies and attachments",
    "content-disposition": "It belongs to attachments",
    "content-id": "It belongs to attachments",
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
# Fields of tokens and addresses, where an encoded word would be read as the token itself.
_STRUCTURED = frozenset(
    {
        "references",
        "in-reply-to",
        "auto-submitted",
        "precedence",
        "content-language",
        "dkim-signature",
        "received",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "list-help",
        "list-post",
        "list-subscribe",
        "list-owner",
        "list-archive",
        "resent-from",
        "resent-sender",
        "resent-to",
        "resent-cc",
        "mail-followup-to",
        "mail-reply-to",
        "errors-to",
        "disposition-notification-to",
        "return-receipt-to",
    }
)
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
_ALGORITHMS = {"MD5": hashlib.md5, "SHA1": hashlib.sha1, "SHA256": hashlib.sha256}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(
    rf"(?:(?:{'|'.join(_DAYS)}), ?)?\d{{1,2}} (?:{'|'.join(_MONTHS)}) \d{{2,4}}"
    r" \d{2}:\d{2}(?::\d{2})? (?:[+-]\d{4}|[A-Z]{1,5})(?: \([!-'*-~ ]*\))?\Z"
)
_MESSAGE_ID = re.compile(r"<[!#-'*+/-9=?A-Z^-~.-]+@(?:[!#-'*+/-9=?A-Z^-~.-]+|\[[!-Z^-~]+\])>\Z")


def date_now(seconds: float) -> str:
    """The date and time of RFC 5322 section 3.3, in the local zone."""
    local = time.localtime(seconds)
    sign, offset = ("-" if local.tm_gmtoff < 0 else "+"), abs(local.tm_gmtoff) // 60
    return (
        f"{_DAYS[local.tm_wday]}, {local.tm_mday:02} {_MONTHS[local.tm_mon - 1]} {local.tm_year:04}"
        f" {local.tm_hour:02}:{local.tm_min:02}:{local.tm_sec:02}"
        f" {sign}{offset // 60:02}{offset % 60:02}"
    )


def check_authors(draft: Draft) -> None:
    """Raise unless somebody wrote the message and one sends it.

    Raises:
        MissingError: 164, nobody is named as the author.
        InputError: several are, and no sender.
    """
    if not draft.authors:
        raise MissingError("The message has no From", code=164, remedy="Set from_")
    if len(draft.authors) > 1 and draft.sender is None:
        raise InputError(
            "The message has several authors and no sender (RFC 5322 section 3.6.2)",
            remedy="Set sender to the one who sends it",
        )


def random_id(draft: Draft, seed: bytes) -> str:
    """A Message-ID that nobody else has: a hash of random octets at the author's domain."""
    algorithm = _ALGORITHMS.get(draft.message_id_algorithm.upper())
    if algorithm is None:
        raise InputError(
            f"{draft.message_id_algorithm!r} is no algorithm for a Message-ID",
            remedy=f"Use one of {', '.join(_ALGORITHMS)}",
        )
    return f"<{algorithm(seed, usedforsecurity=False).hexdigest()}@{draft.authors[0].domain}>"


def fields(draft: Draft, style: HeaderStyle, date: str, message_id: str) -> list[str]:
    """All fields of the message but those of MIME, folded and encoded, one text each.

    Raises:
        InputError, InjectionError: a value that its header cannot carry; the text names it.
    """
    computed = _computed(draft, style, date, message_id)
    extra = [_extra(name, value, draft, computed, style) for name, value in draft.headers]
    if draft.replacing:
        given = {name.lower() for name, _ in draft.headers}
        computed = {name: text for name, text in computed.items() if name.lower() not in given}
    return [*computed.values(), *extra]


def _computed(draft: Draft, style: HeaderStyle, date: str, message_id: str) -> dict[str, str]:
    found: dict[str, str] = {}
    if date:
        found["Date"] = structured("Date", check_date(date), style)
    for name, boxes in (
        ("From", draft.authors),
        ("Sender", draft.sender),
        ("Reply-To", draft.reply_to),
        ("To", draft.to),
        ("Cc", draft.cc),
    ):
        _add_addresses(found, name, boxes, style)
    if draft.subject:
        found["Subject"] = unstructured("Subject", draft.subject, style)
    if message_id:
        found["Message-ID"] = structured("Message-ID", message_id, style)
    for name, value in (
        ("Importance", _IMPORTANCE.get(draft.importance)),
        ("Priority", _PRIORITY.get(draft.priority)),
        ("Sensitivity", _SENSITIVITY.get(draft.sensitivity)),
    ):
        if value:
            found[name] = f"{name}: {value}\r\n"
    _add_addresses(found, "Disposition-Notification-To", draft.read_receipt_to, style)
    _add_addresses(found, "Return-Receipt-To", draft.delivery_notification_to, style)
    return found


def _add_addresses(
    found: dict[str, str],
    name: str,
    boxes: Mailbox | tuple[Mailbox, ...] | None,
    style: HeaderStyle,
) -> None:
    if boxes:
        found[name] = addresses(name, (boxes,) if isinstance(boxes, Mailbox) else boxes, style)


def _extra(
    name: str, value: str, draft: Draft, computed: dict[str, str], style: HeaderStyle
) -> str:
    check_name(name)
    lower = name.lower()
    if lower in _OWNED:
        raise InputError(f"The header {name} is not given by hand", remedy=_OWNED[lower])
    taken = lower in _REPLACEABLE or lower in map(str.lower, computed)
    if taken and lower not in draft.replacing:
        raise InputError(
            f"The header {name} is made from a property already",
            remedy=f"Set {_REPLACEABLE.get(lower, lower.replace('-', '_'))} instead",
        )
    write = structured if lower in _STRUCTURED else unstructured
    return write(name, value, style)


def check_date(date: str) -> str:
    """A date as RFC 5322 section 3.3 writes it, the old forms with them."""
    refuse_controls(date, "The date")
    if _DATE.match(date) is None:
        raise InputError(
            f"{date[:80]!r} is not a date of RFC 5322",
            remedy="Write it as Fri, 01 Mar 2024 21:24:52 +0100, or * for now",
        )
    return date


@lru_cache(maxsize=1024)
def check_message_id(text: str) -> str:
    """A Message-ID with its angle brackets, which may be left out.

    Raises:
        InputError: it is none (RFC 5322 section 3.6.4).
    """
    refuse_controls(text, "The Message-ID")
    bracketed = text if text.startswith("<") else f"<{text}>"
    if _MESSAGE_ID.match(bracketed) is None or len(bracketed) > 900:
        raise InputError(f"{text[:80]!r} is not a Message-ID", remedy="Write <anything@domain>")
    return bracketed
