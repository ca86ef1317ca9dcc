"""Envelope, content, and the two together as a job."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Protocol

from smtp_nb.model.address import Mailbox
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.known import value


class Content(Protocol):
    """A whole message, header and body, ready for the wire except for dot-stuffing.

    Lines end in CRLF, there is no bare CR or LF, and the last line is ended; unless it is binary.
    """

    @property
    def size(self) -> int:
        """Bytes, before dot-stuffing; -1 if still unknown, in which case each chunk may take a
        while."""

    @property
    def is_8bit(self) -> bool:
        """True if bytes above 127 may occur (BODY=8BITMIME)."""

    @property
    def bare(self) -> str:
        """What makes it need BINARYMIME (RFC 3030), and where: "a bare LF at offset 15". Empty for
        a message of lines."""

    @property
    def needs_smtputf8(self) -> bool:
        """True if a header is raw UTF-8 (RFC 6532)."""

    @property
    def message_id(self) -> str:
        """The Message-ID with its angle brackets; empty if there is none."""

    def chunks(self) -> Iterator[bytes]:
        """Return the bytes, in pieces of up to about 64 KiB. May be called again for a retry,
        unless the content comes from a stream."""


@value
class Recipient:
    """One RCPT: a mailbox, the header that names it, and its parameters.

    Attributes:
        options: RCPT parameters as sent (`NOTIFY=SUCCESS,FAILURE`), checked.
    """

    mailbox: Mailbox
    kind: RecipientType = RecipientType.TO
    options: str = ""

    @property
    def address(self) -> str:
        return self.mailbox.address


@value
class Envelope:
    """Sender and recipients, as in MAIL and RCPT (RFC 5321 section 2.3.1).

    Attributes:
        mail_from: the reverse path; None is the null path `<>` of a notification.
        recipients: at least one.
        stop_on: the kinds of recipient whose refusal stops the whole message.
        options: further MAIL parameters as sent (`RET=HDRS`), checked.
        verb: MAIL, or SEND, SOML or SAML (RFC 821 section 3.4) for a user's terminal.
        envelope_id: the ENVID (RFC 3461 section 4.4), letters and digits, for servers that offer
            DSN; not an error where it is not offered.
    """

    mail_from: Mailbox | None
    recipients: tuple[Recipient, ...]
    stop_on: frozenset[RecipientType] = frozenset()
    options: str = ""
    verb: str = "MAIL"
    envelope_id: str = ""

    @property
    def needs_smtputf8(self) -> bool:
        if self.mail_from is not None and self.mail_from.needs_smtputf8:
            return True
        return not all(map(str.isascii, [r.mailbox.local for r in self.recipients]))


@value
class DeliveryJob:
    """One message to deliver.

    Attributes:
        tag: any value that identifies the job for the caller; returned with the receipt.
        has_text: False for a message that is only a header; its transfer is not reported.
        remark: what its author should know, for the trail; empty for nothing.
    """

    envelope: Envelope
    content: Content
    tag: object = field(default=None, compare=False)
    has_text: bool = field(default=True, compare=False)
    remark: str = field(default="", compare=False)
