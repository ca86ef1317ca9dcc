"""Mail on its way: an envelope and a content that one server hands to another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from smtp_nb.sandbox.messages.mailbox import Message

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_RECEIVED = re.compile(rb"(?im)^received:")


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that has to go on.

    Attributes:
        sender: the reverse path; empty for a notification.
        recipients: those that are left, with the parameters of their RCPT.
        content: with the trace fields of all servers so far.
        parameters: those of MAIL, as they came.
        tries: how often sending it on was tried.
    """

    sender: str
    recipients: Mapping[str, Mapping[str, str]]
    content: bytes = field(repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)
    tries: int = 0

    @property
    def header(self) -> bytes:
        """The header alone."""
        return self.content.partition(b"\r\n\r\n")[0]

    @property
    def hops(self) -> int:
        """How many servers have had it (RFC 5321 section 6.3)."""
        return len(_RECEIVED.findall(self.header))

    @property
    def needs_smtputf8(self) -> bool:
        """True if an address or the header is not ASCII."""
        texts = (self.sender, *self.recipients)
        return not (all(one.isascii() for one in texts) and self.header.isascii())


def mail_of(message: Message) -> Mail:
    """What is left to do with a message that a server has taken."""
    recipients = dict(zip(message.rcpt_tos, message.rcpt_parameters, strict=True))
    return Mail(message.mail_from, recipients, message.content, message.parameters)


def has_bare_line_ends(content: bytes) -> bool:
    """True if a CR or an LF stands alone in it."""
    return _BARE.search(content) is not None


def repaired(content: bytes) -> bytes:
    """The content with CRLF for each CR or LF that stands alone."""
    return _BARE.sub(b"\r\n", content)


def domain_of(address: str) -> str:
    """The domain of an address, in lower case."""
    return address.rpartition("@")[2].lower()
