"""Message drafts: the parts of a message before it is composed."""

from __future__ import annotations

from dataclasses import dataclass

from smtp_nb.compose.parts import Attachment, EncodedPart
from smtp_nb.model.address import Mailbox
from smtp_nb.model.enums import Importance, Priority, RecipientType, Sensitivity
from smtp_nb.model.envelope import Recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The parts of a message; `compose` checks them and makes the message.

    There is no Bcc here on purpose: blind copies belong to the envelope, and what the header does
    not know it cannot reveal.

    Attributes:
        from_: the authors. Several need a `sender`.
        sender: the sender, where that is not the author.
        subject: one line of any text.
        text, html: the bodies, with any line ends; both make alternatives.
        markdown: source of the bodies that are not given.
        attachments: files after the text.
        inline: images that the HTML shows by their `cid`.
        calendar: an iCalendar object, the last alternative of the text.
        date: `*` is now, empty leaves the header out, anything else is used as given (RFC 5322).
        to_group: the To field if `to` is empty: `undisclosed-recipients:;`.
        message_id: `*` makes a random one, empty leaves it out, anything else is used as given.
        message_id_algorithm: the hash of a random one: MD5, SHA1 or SHA256.
        headers: further fields, as (name, decoded value).
        replacing: names of computed fields that `headers` may replace.
        other_headers: further fields as the user wrote them; see `given_fields`.
        read_receipt_to: for Disposition-Notification-To.
        delivery_notification_to: for Return-Receipt-To.
        charset: for header and text alike.
        fold_headers: False keeps each field on one line.
        max_header_length: bytes on a line before it is folded.
    """

    from_: Mailbox | tuple[Mailbox, ...]
    sender: Mailbox | None = None
    reply_to: tuple[Mailbox, ...] = ()
    to: tuple[Mailbox, ...] = ()
    to_group: str = ""
    cc: tuple[Mailbox, ...] = ()
    subject: str = ""
    text: str | None = None
    html: str | None = None
    markdown: str | None = None
    attachments: tuple[Attachment | EncodedPart, ...] = ()
    inline: tuple[Attachment | EncodedPart, ...] = ()
    calendar: str = ""
    date: str = "*"
    message_id: str = "*"
    message_id_algorithm: str = "SHA1"
    headers: tuple[tuple[str, str], ...] = ()
    replacing: frozenset[str] = frozenset()
    other_headers: str = ""
    importance: Importance = Importance.UNSPECIFIED
    priority: Priority = Priority.UNSPECIFIED
    sensitivity: Sensitivity = Sensitivity.UNSPECIFIED
    read_receipt_to: Mailbox | None = None
    delivery_notification_to: Mailbox | None = None
    charset: str = "utf-8"
    fold_headers: bool = True
    max_header_length: int = 78

    @property
    def authors(self) -> tuple[Mailbox, ...]:
        """The mailboxes of the From header."""
        return (self.from_,) if isinstance(self.from_, Mailbox) else self.from_


@dataclass(frozen=True, slots=True)
class Addressed:
    """A draft with all its recipients.

    Attributes:
        bcc: the recipients of blind copies.
    """

    draft: Draft
    bcc: tuple[Mailbox, ...] = ()

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """All recipients, To first and Bcc last."""
        kinds = (
            (RecipientType.TO, self.draft.to),
            (RecipientType.CC, self.draft.cc),
            (RecipientType.BCC, self.bcc),
        )
        return tuple(Recipient(box, kind) for kind, boxes in kinds for box in boxes)
