"""Untrusted mail as an `EmailMessage`, filled by the bounded reader of `parts`.

The email package's own parser is not asked: it recurses, takes quadratic time, and decodes by any
codec that Python has. Its readers of structured fields are, one field at a time, for short values
whose encoded words are known text; what they raise for a malformed one is caught there.
"""

from __future__ import annotations

from email.contentmanager import ContentManager, raw_data_manager
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

from smtp_nb.sandbox.messages.parts import ParsedField, ParsedPart
from smtp_nb.sandbox.messages.words import UNREADABLE, NotText, decoded

MAX_STRUCTURED = 4096
"""Characters of a structured field that the email package may read; a longer one is plain text."""
MAX_ALL_STRUCTURED = 16 * 1024
"""The same for all such fields of a message together."""
_NAMES = """
    to cc bcc from sender reply-to resent-to resent-cc resent-bcc resent-from resent-sender
    date resent-date orig-date message-id content-type content-disposition
    content-transfer-encoding mime-version
"""
STRUCTURED = frozenset(_NAMES.split())


class Readings(dict[tuple[str, str], Any]):
    """What the fields of one message were read as, so that each is read once.

    Attributes:
        left: characters that the email package may still read.
    """

    def __init__(self) -> None:
        super().__init__()
        self.left = MAX_ALL_STRUCTURED


class StrangersPolicy(EmailPolicy):
    """Reads header fields one by one, none of which can raise. One for each message."""

    readings: Readings | None = None

    # The email package's types leave the values of its policies open, hence Any.
    def header_fetch_parse(self, name: str, value: Any) -> Any:
        if hasattr(value, "name"):
            return value
        key = name.lower(), value
        known = Readings() if self.readings is None else self.readings
        if key not in known:
            known[key] = self._read(name, value, known)
        return known[key]

    def _read(self, name: str, value: str, known: Readings) -> Any:
        text = ParsedField(name, value.encode("ascii", "surrogateescape")).text
        if text == UNREADABLE or name.lower() not in STRUCTURED:
            return text
        if len(value) > min(MAX_STRUCTURED, known.left):
            return text
        known.left -= len(value)
        try:
            return super().header_fetch_parse(name, value)
        except Exception:  # it raises what it likes for malformed fields
            return text


class _Contents(ContentManager):
    """Text is decoded by charsets of text only; all else is as usual."""

    def get_content(self, msg: Any, *args: Any, **kw: Any) -> Any:
        if msg.get_content_maintype() == "text" and not msg.is_multipart():
            return _text_content(msg)
        return raw_data_manager.get_content(msg, *args, **kw)

    def set_content(self, msg: Any, obj: Any, *args: Any, **kw: Any) -> None:
        raw_data_manager.set_content(msg, obj, *args, **kw)


def _text_content(part: EmailMessage) -> str:
    octets = part.get_payload(decode=True)
    charset = part.get_content_charset() or "us-ascii"
    try:
        return decoded(octets if isinstance(octets, bytes) else b"", charset)
    except NotText as reason:
        return f"(this body cannot be read: {reason})"


# refold_source: what is written again is written as it came. Its types know no further fields.
POLICY: Any = StrangersPolicy(content_manager=_Contents(), refold_source="none")


def as_email(part: ParsedPart) -> EmailMessage:
    """The part, and all below it, as the email package has them."""
    return _filled(part, POLICY.clone(readings=Readings()))


def _filled(part: ParsedPart, policy: Any) -> EmailMessage:
    message = EmailMessage(policy=policy)
    message.set_default_type(part.default_type)
    for name, value in part.fields:
        message.set_raw(name, value.decode("ascii", "surrogateescape"))
    if part.parts:
        message.set_payload([_filled(inner, policy) for inner in part.parts])
    else:
        octets = part.content[part.start : part.end]
        message.set_payload(octets.decode("ascii", "surrogateescape"))
    return message
