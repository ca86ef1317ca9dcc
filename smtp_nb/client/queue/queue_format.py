"""Format of a queue file: one line of JSON, the envelope, followed by the message.

What a file holds is a stranger's until it was looked at: every value may be of any type.
"""

from __future__ import annotations

import json
import time
from typing import Any, BinaryIO, TypeVar

from smtp_nb import ambient
from smtp_nb.client.message.recipients import MessageRecipient
from smtp_nb.compose.stream import StreamContent
from smtp_nb.errors import InputError
from smtp_nb.model.address import parse_mailbox
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.envelope import DeliveryJob, Envelope, Recipient
from smtp_nb.model.mail_options import mail_options

FORMAT = "smtp_nb queue 1"
UNREADABLE = 303
MAX_ENVELOPE = 16 * 1024 * 1024
VERBS = frozenset({"MAIL", "SEND", "SOML", "SAML"})

T = TypeVar("T")


def envelope_line(job: DeliveryJob) -> bytes:
    """What precedes the message in its file."""
    envelope = job.envelope
    found = {
        "format": FORMAT,
        "queued": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ambient.now())),
        "verb": envelope.verb,
        "mail_from": envelope.mail_from.address if envelope.mail_from else "",
        "recipients": list(map(_recipient_row, envelope.recipients)),
        "is_8bit": job.content.is_8bit,
        "has_text": job.has_text,
    } | ({"options": envelope.options} if envelope.options else {})
    return json.dumps(found).encode("ascii") + b"\r\n"


def _recipient_row(recipient: Recipient) -> dict[str, str]:
    row = {"address": recipient.address, "kind": RecipientType(recipient.kind).name}
    return row | ({"options": recipient.options} if recipient.options else {})


def read_job(file: BinaryIO, name: str, stop_on: frozenset[RecipientType]) -> DeliveryJob:
    """The message of an open file, to be read while it is sent.

    Raises:
        InputError: 303, the file is none of ours, was damaged, or cannot be read.
    """
    try:
        found = _of_type(json.loads(file.readline(MAX_ENVELOPE)), dict, "the envelope")
        return _job(found, file, stop_on)
    except InputError as error:
        why: str = error.description
        cause: Exception = error
    except (ValueError, RecursionError) as error:
        why, cause = "its envelope is not JSON", error
    except OSError as error:
        why, cause = f"it cannot be read: {error.strerror}", error
    raise InputError(f"{name} is not a queued message: {why}", code=UNREADABLE) from cause


def _job(found: dict[str, Any], file: BinaryIO, stop_on: frozenset[RecipientType]) -> DeliveryJob:
    if found.get("format") != FORMAT:
        raise InputError("it has another format")
    verb = _given(found, "verb", str)
    rows = _given(found, "recipients", list)
    if verb not in VERBS or not rows:
        raise InputError("its verb is unknown, or it has no recipients")
    sender = _given(found, "mail_from", str)
    options = mail_options(_given(found, "options", str) if "options" in found else "")
    mail_from = parse_mailbox(sender) if sender else None
    envelope = Envelope(mail_from, tuple(map(_recipient, rows)), stop_on, options, verb)
    content = StreamContent(file, allows_8bit=_given(found, "is_8bit", bool))
    has_text = _given(found, "has_text", bool)
    content.open()
    return DeliveryJob(envelope, content, has_text=has_text)


def _recipient(row: object) -> Recipient:
    found = _of_type(row, dict, "a recipient")
    kind = _given(found, "kind", str)
    if kind not in RecipientType.__members__:
        raise InputError("a recipient is of an unknown kind")
    options = _given(found, "options", str) if "options" in found else ""
    address = _given(found, "address", str)
    return MessageRecipient(address, RecipientType[kind], options=options).as_recipient()


def _given(found: dict[str, Any], name: str, kind: type[T]) -> T:
    return _of_type(found.get(name), kind, f"{name!r}")


def _of_type(value: object, kind: type[T], what: str) -> T:
    if not isinstance(value, kind):
        raise InputError(f"{what} in its envelope is missing or of a wrong type")
    return value
