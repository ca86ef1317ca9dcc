"""Construction of a job from the component's properties: sender, recipients and content."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from smtp_nb.client.settings.converters import NULL_PATH
from smtp_nb.client.settings.registry import REGISTRY
from smtp_nb.errors import MissingError
from smtp_nb.model.address import Mailbox, parse_addresses
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.envelope import Content, DeliveryJob, Envelope, Recipient

if TYPE_CHECKING:
    from typing import TypeAlias

    from smtp_nb.client.message.message_properties import MessageProperties
    from smtp_nb.compose.draft import Addressed, Draft
    from smtp_nb.compose.given.given_message import Given

    # What `send()` takes.
    Sendable: TypeAlias = Given | Draft | Addressed

_SWITCHES = {
    RecipientType.TO: "StopOnToErrors",
    RecipientType.CC: "StopOnCcErrors",
    RecipientType.BCC: "StopOnBccErrors",
}


def job_from(
    properties: MessageProperties,
    message: Sendable | None = None,
    verb: str = "MAIL",
    *,
    may_be_binary: bool = False,
) -> DeliveryJob:
    """The job that `send()` delivers; everything is checked here, before any connection.

    Args:
        message: what `GivenReader.read` takes, whose From, To, Cc and Bcc make the envelope; the
            component's recipients, where there are any, and its return path go before them. Or a
            draft, which takes nothing from the component's message but the return path.
        verb: the command that begins the transaction.
        may_be_binary: the server will say whether it takes a raw message that is no lines.

    Raises:
        MissingError: 164 no sender, 165 no recipient.
        InputError: something in the message cannot be sent.
    """
    job = _unsigned_job(properties, message, verb, may_be_binary)
    dkim = properties.dkim
    return job if dkim is None else replace(job, content=dkim.sign(job.content))


def _unsigned_job(
    properties: MessageProperties, message: Sendable | None, verb: str, may_be_binary: bool
) -> DeliveryJob:
    if message is not None:
        return _job_of_given(properties, message, verb)
    recipients = tuple(item.as_recipient() for item in properties.message_recipients)
    author = _first(properties.sender) or _author(properties)
    if author is None and properties.content_stream is None and not properties.message:
        raise MissingError("the message has no sender", code=164, remedy="Set from_")
    envelope = _envelope(properties, recipients, author, verb)
    return DeliveryJob(
        envelope,
        _content(properties, may_be_binary),
        has_text=_has_text(properties),
        remark=_remark(properties.subject),
    )


def _job_of_given(properties: MessageProperties, message: Sendable, verb: str) -> DeliveryJob:
    from smtp_nb.compose.draft import Addressed, Draft

    if isinstance(message, Draft | Addressed):
        whole = message if isinstance(message, Addressed) else Addressed(message)
        return _job_of_draft(properties, whole, verb)
    from smtp_nb.compose.given.given_message import GivenReader

    recipients = tuple(item.as_recipient() for item in properties.message_recipients)
    given = GivenReader().read(message)
    named = recipients or given.recipients
    return DeliveryJob(
        _envelope(properties, named, given.sender, verb, is_given=True), given.content
    )


def _job_of_draft(properties: MessageProperties, given: Addressed, verb: str) -> DeliveryJob:
    from smtp_nb.compose.message import compose

    draft = replace(given.draft, **_style(properties))
    author = next(iter(draft.authors), None)
    envelope = _envelope(properties, given.recipients, draft.sender or author, verb)
    has_text = any((draft.text, draft.html, draft.markdown, draft.attachments))
    remark = _remark(draft.subject)
    return DeliveryJob(envelope, compose(draft), has_text=has_text, remark=remark)


def _remark(subject: str) -> str:
    """What is odd about a subject, though it can be sent as it is."""
    from smtp_nb.compose.kinds import encoded_already

    if meant := encoded_already(subject):
        return (
            "The subject is encoded already, so readers see the encoded words themselves; write"
            f" it as plain text: {meant}"
        )
    return ""


def _content(properties: MessageProperties, may_be_binary: bool) -> Content:
    if (stream := properties.content_stream) is not None:
        stream.open()
        return stream
    if properties.message:
        from smtp_nb.compose.raw import raw_content

        return raw_content(properties.message_b, may_be_binary=may_be_binary)
    from smtp_nb.compose.message import compose

    return compose(draft_from(properties))


def _has_text(properties: MessageProperties) -> bool:
    parts = (
        properties.content_stream,
        properties.message,
        properties.message_text,
        properties.message_html,
        properties.message_markdown,
        properties.attachments,
    )
    return any(part for part in parts)


def _envelope(
    properties: MessageProperties,
    recipients: tuple[Recipient, ...],
    author: Mailbox | None,
    verb: str,
    *,
    is_given: bool = False,
) -> Envelope:
    if not recipients:
        raise MissingError("the message has no recipient", code=165, remedy="Set send_to")
    has_to = bool(properties.send_to) or any(one.kind is RecipientType.TO for one in recipients)
    # The setting is about the properties; RFC 5322 section 3.6 asks no message for a To.
    if not (has_to or is_given or _setting(properties, "AllowEmptyTo")):
        raise MissingError(
            "the message has no To recipient, only Cc or Bcc",
            code=165,
            remedy="Set send_to, or config('AllowEmptyTo=True')",
        )
    return Envelope(
        _reverse_path(properties, author),
        _each_once(recipients),
        stop_switches(properties),
        properties.mail_options,
        verb,
    )


def _reverse_path(properties: MessageProperties, author: Mailbox | None) -> Mailbox | None:
    """What MAIL says; None is the null path."""
    if properties.return_path == NULL_PATH:
        return None
    sender = _first(properties.return_path) or author
    if sender is None:
        raise MissingError("the message has no sender", code=164, remedy="Set from_ or return_path")
    return sender


def _each_once(recipients: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
    """One RCPT for each mailbox, of the kind that comes first of To, Cc and Bcc.

    Servers that get several deliver several times, or stop at the second. Other options are
    another wish, and stand.
    """
    each: dict[tuple[str, str], Recipient] = {}
    for recipient in recipients:
        key = recipient.mailbox.key, recipient.options
        if key not in each or recipient.kind < each[key].kind:
            each[key] = recipient
    return tuple(each.values())


def stop_switches(properties: MessageProperties) -> frozenset[RecipientType]:
    """The kinds of recipient whose refusal stops a message."""
    return frozenset(kind for kind, name in _SWITCHES.items() if _setting(properties, name))


def draft_from(properties: MessageProperties) -> Draft:
    """The message as `compose` takes it. Bcc recipients are left out: no header names them."""
    from smtp_nb.compose.draft import Draft

    return Draft(
        from_=tuple(parse_addresses(properties.from_)),
        sender=_first(properties.sender),
        reply_to=tuple(parse_addresses(properties.reply_to)),
        to=_boxes(properties, RecipientType.TO),
        to_group=properties.send_to,
        cc=_boxes(properties, RecipientType.CC),
        subject=properties.subject,
        text=properties.message_text or None,
        html=properties.message_html or None,
        markdown=properties.message_markdown or None,
        attachments=tuple(properties.attachments),
        inline=tuple(properties.inline_images),
        calendar=properties.calendar,
        date=properties.message_date,
        message_id=properties.message_id,
        other_headers=properties.other_headers,
        importance=properties.importance,
        priority=properties.priority,
        sensitivity=properties.sensitivity,
        read_receipt_to=_first(properties.read_receipt_to),
        delivery_notification_to=_first(properties.delivery_notification_to),
        **_style(properties),
    )


# Settings are of different types, hence Any.
def _style(properties: MessageProperties) -> dict[str, Any]:
    """How any message of the properties is written."""
    return {
        "message_id_algorithm": _setting(properties, "MessageIdAlgorithm"),
        "charset": _setting(properties, "Charset") or "utf-8",
        "fold_headers": _setting(properties, "FoldHeaders"),
        "max_header_length": _setting(properties, "MaxHeaderLength") - len("\r\n"),
    }


def _author(properties: MessageProperties) -> Mailbox | None:
    """Who sends: of several authors, the Sender of other_headers (RFC 5322 section 3.6.2)."""
    authors = parse_addresses(properties.from_)
    if len(authors) > 1 and "sender" in properties.other_headers.lower():
        from smtp_nb.compose.kinds import read_addresses
        from smtp_nb.compose.other_headers import given_fields

        sender = given_fields(properties.other_headers).value("Sender")
        authors = [*read_addresses("Sender", sender).boxes, *authors]
    return authors[0] if authors else None


def _boxes(properties: MessageProperties, kind: RecipientType) -> tuple[Mailbox, ...]:
    return tuple(item.mailbox for item in properties.message_recipients.of(kind))


def _first(text: str) -> Mailbox | None:
    boxes = parse_addresses(text)
    return boxes[0] if boxes else None


# Settings are of different types, hence Any.
def _setting(properties: MessageProperties, name: str) -> Any:
    return REGISTRY[name].read(properties)
