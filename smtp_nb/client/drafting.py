"""From the component's properties to a job: who, to whom and what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smtp_nb.client.registry import REGISTRY
from smtp_nb.errors import MissingError
from smtp_nb.model.address import Mailbox, parse_addresses
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.envelope import Content, Envelope, Job, Recipient

if TYPE_CHECKING:
    from email.message import EmailMessage

    from smtp_nb.client.component import Component
    from smtp_nb.compose.draft import Draft

_SWITCHES = {
    RecipientType.TO: "StopOnToErrors",
    RecipientType.CC: "StopOnCcErrors",
    RecipientType.BCC: "StopOnBccErrors",
}


def job_from(
    component: Component,
    message: EmailMessage | None = None,
    verb: str = "MAIL",
    *,
    may_be_binary: bool = False,
) -> Job:
    """The job that `send()` delivers; everything is checked here, before any connection.

    Args:
        message: one of the standard library's, whose From, To, Cc and Bcc make the envelope; the
            component's recipients, where there are any, and its return path go before them.
        verb: the command that begins the transaction.
        may_be_binary: the server will say whether it takes a raw message that is no lines.

    Raises:
        MissingError: 164 no sender, 165 no recipient.
        InputError: something in the message cannot be sent.
    """
    recipients = tuple(item.as_recipient() for item in component.message_recipients)
    if message is not None:
        from smtp_nb.compose.raw import from_email_message

        raw, sender, named = from_email_message(message)
        return Job(_envelope(component, recipients or named, sender, verb), raw)
    author = _first(component.from_)
    if author is None and component.content_stream is None and not component.message:
        raise MissingError("there is no sender", code=164, remedy="Set from_")
    envelope = _envelope(component, recipients, author, verb)
    return Job(envelope, _content(component, may_be_binary), has_text=_has_text(component))


def _content(component: Component, may_be_binary: bool) -> Content:
    if (stream := component.content_stream) is not None:
        stream.open()
        return stream
    if component.message:
        from smtp_nb.compose.raw import raw_content

        return raw_content(component.message_b, may_be_binary=may_be_binary)
    from smtp_nb.compose.message import compose

    return compose(draft_from(component))


def _has_text(component: Component) -> bool:
    parts = (
        component.content_stream,
        component.message,
        component.message_text,
        component.message_html,
        component.message_markdown,
        component.attachments,
    )
    return any(part for part in parts)


def _envelope(
    component: Component, recipients: tuple[Recipient, ...], author: Mailbox | None, verb: str
) -> Envelope:
    if not recipients:
        raise MissingError("there is no recipient", code=165, remedy="Set send_to")
    has_to = any(recipient.kind is RecipientType.TO for recipient in recipients)
    if not has_to and not _setting(component, "AllowEmptyTo"):
        raise MissingError(
            "there is no To, only Cc or Bcc",
            code=165,
            remedy="Set send_to, or config('AllowEmptyTo=True')",
        )
    sender = _first(component.return_path) or author
    if sender is None:
        raise MissingError("there is no sender", code=164, remedy="Set from_ or return_path")
    options = component.mail_options
    return Envelope(sender, recipients, stop_switches(component), options, verb)


def stop_switches(component: Component) -> frozenset[RecipientType]:
    """The kinds of recipient whose refusal stops a message."""
    return frozenset(kind for kind, name in _SWITCHES.items() if _setting(component, name))


def draft_from(component: Component) -> Draft:
    """The message as `compose` takes it. Bcc recipients are left out: no header names them."""
    from smtp_nb.compose.draft import Draft

    return Draft(
        from_=tuple(parse_addresses(component.from_)),
        reply_to=tuple(parse_addresses(component.reply_to)),
        to=_boxes(component, RecipientType.TO),
        cc=_boxes(component, RecipientType.CC),
        subject=component.subject,
        text=component.message_text or None,
        html=component.message_html or None,
        markdown=component.message_markdown or None,
        attachments=tuple(component.attachments),
        inline=tuple(component.inline_images),
        date=component.message_date,
        message_id=component.message_id,
        other_headers=component.other_headers,
        message_id_algorithm=_setting(component, "MessageIdAlgorithm"),
        importance=component.importance,
        priority=component.priority,
        sensitivity=component.sensitivity,
        read_receipt_to=_first(component.read_receipt_to),
        delivery_notification_to=_first(component.delivery_notification_to),
        charset=_setting(component, "Charset") or "utf-8",
        fold_headers=_setting(component, "FoldHeaders"),
        max_header_length=_setting(component, "MaxHeaderLength") - len("\r\n"),
    )


def _boxes(component: Component, kind: RecipientType) -> tuple[Mailbox, ...]:
    return tuple(item.mailbox for item in component.message_recipients.of(kind))


def _first(text: str) -> Mailbox | None:
    boxes = parse_addresses(text)
    return boxes[0] if boxes else None


# Settings are of different types, hence Any.
def _setting(component: Component, name: str) -> Any:
    return REGISTRY[name].read(component)
