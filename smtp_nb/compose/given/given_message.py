"""Given messages, composed elsewhere, with the envelope that their header states.

The law: the envelope is read from the message object, or from the bytes as given, and never from
rewritten bytes. Every mailbox of it is one that the header shows, and the
header shows every one but the blind copies.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message

from smtp_nb import ambient
from smtp_nb.compose.fields import MAX_LINE, check_head
from smtp_nb.compose.given.large_parts import GivenContent, LargeText, given_content
from smtp_nb.compose.given.message_fields import MAX_SHOWN, FieldReader, WireField
from smtp_nb.compose.given.resent import latest_block
from smtp_nb.compose.given.tree import TreeWriter
from smtp_nb.compose.header import date_now
from smtp_nb.compose.raw import find_long_line, find_wrong, head_size, message_id_in, says_binary
from smtp_nb.errors import InputError, MissingError
from smtp_nb.model.address import Mailbox
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.envelope import Recipient
from smtp_nb.model.regular import read_regular

UNREADABLE = 302
# What is accepted as a message.
Given = Message | bytes | bytearray | memoryview | str | os.PathLike[str]
_FIELD = re.compile(rb"[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")
_LINE_END = re.compile(rb"\r?\n")
_KINDS = {"to": RecipientType.TO, "cc": RecipientType.CC, "bcc": RecipientType.BCC}
_BLIND = frozenset({"bcc", "resent-bcc"})
# RFC 5322 section 3.6: those of which a second one would be read by some readers and not by others.
_ONCE = ("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "references")
_SIGNATURES = frozenset({"dkim-signature", "arc-message-signature", "domainkey-signature"})


@dataclass(frozen=True, slots=True)
class GivenMessage:
    """A message and its envelope.

    Attributes:
        content: for the wire.
        sender: Sender, else the first of From; of the latest Resent block, if there is one.
        recipients: the mailboxes of To, Cc and Bcc, in this order, groups flattened.
    """

    content: GivenContent
    sender: Mailbox
    recipients: tuple[Recipient, ...]


class GivenReader:
    """Reads given messages.

    Args:
        clock: returns the seconds since 1970, for a missing Date.
        random: returns that number of random bytes, for a missing Message-ID or boundary.
    """

    def __init__(
        self,
        clock: Callable[[], float] = ambient.now,
        random: Callable[[int], bytes] = ambient.random,
    ) -> None:
        self._clock = clock
        self._random = random

    def read(self, message: object) -> GivenMessage:
        """Return the message and its envelope.

        Args:
            message: any message of the `email` package or a class of it (it is left as it is);
                bytes, header and body with any line ends; or the path of a file that holds them.

        Raises:
            InputError: something in it cannot be sent; the text names the header or part. 302, a
                file cannot be read.
            AddressError: a header whose addresses RFC 5322 does not allow.
            InjectionError: a header that would become two on the wire.
            MissingError: 164, no sender.
        """
        if isinstance(message, Message):
            return self._from_object(message)
        if isinstance(message, (bytes, bytearray, memoryview)):
            return self._from_octets(bytes(message))
        if isinstance(message, (str, os.PathLike)):
            return self._from_octets(_file(message))
        remedy = "Give an EmailMessage, bytes, or the path of an .eml file"
        if callable(getattr(message, "message", None)):
            remedy = "Give the result of its method message()"
        raise InputError(
            f"an object of type {type(message).__name__} is not a message", remedy=remedy
        )

    def _from_object(self, message: Message) -> GivenMessage:
        # What a signature covers keeps its lines where SMTP allows it.
        is_signed = any(name.lower() in _SIGNATURES for name, _ in message.raw_items())
        reader = FieldReader(message.policy, MAX_LINE if is_signed else MAX_SHOWN)
        try:
            part = TreeWriter(self._random(12).hex()).write(message, reader)
        except InputError:
            raise
        except (MessageError, ValueError, LookupError, AttributeError, TypeError) as error:
            # The package raises them for what cannot be read or written.
            raise InputError(f"the message cannot be written: {error}") from error
        return self._assembled(part.fields, part.pieces)

    def _from_octets(self, data: bytes) -> GivenMessage:
        raw = _LINE_END.sub(b"\r\n", data)
        head = raw[: head_size(raw)]
        body = raw[len(head) + 2 :]
        is_clean = find_wrong(body) is None and find_long_line(body) is None
        if not is_clean or says_binary(head):
            # It cannot go out as lines: it is encoded, part by part.
            return self._from_object(message_from_bytes(data if says_binary(head) else raw))
        reader = FieldReader(keep=MAX_LINE)
        return self._assembled([_kept(reader, field) for field in _fields(head)], [body])

    def _assembled(
        self, fields: list[WireField], body: Sequence[bytes | LargeText]
    ) -> GivenMessage:
        _check_once(fields)
        resent = latest_block(fields)
        # A block without a sender is incomplete, but the author is the next to answer for it.
        sender = (resent and _sender("resent-", resent)) or _sender("", fields)
        if sender is None:
            raise MissingError("the message has no From", code=164, remedy="Set message['From']")
        recipients = _recipients("resent-", resent) if resent else _recipients("", fields)
        shown = [field for field in fields if field.text and field.name.lower() not in _BLIND]
        shown = [*self._missing(shown, sender), *shown]
        head = "".join(field.text for field in shown).encode()
        check_head(head, len(shown))
        return GivenMessage(given_content(head, body, message_id_in(head)), sender, recipients)

    def _missing(self, fields: Sequence[WireField], sender: Mailbox) -> Iterator[WireField]:
        """Return the fields that a message must have and this one lacks."""
        names = {field.name.lower() for field in fields}
        if any(name.startswith("resent-") for name in names) and "resent-date" not in names:
            yield WireField("Resent-Date", f"Resent-Date: {date_now(self._clock())}\r\n")
        if "date" not in names:
            yield WireField("Date", f"Date: {date_now(self._clock())}\r\n")
        if "message-id" not in names:
            identifier = f"<{self._random(20).hex()}@{sender.domain}>"
            yield WireField("Message-ID", f"Message-ID: {identifier}\r\n")
        if "mime-version" not in names and any(name.startswith("content-") for name in names):
            yield WireField("MIME-Version", "MIME-Version: 1.0\r\n")


def _file(path: str | os.PathLike[str]) -> bytes:
    if "\n" in (text := os.fspath(path)):
        raise InputError(
            "a text of several lines is not the path of a message",
            remedy="Give the message itself as bytes: text.encode()",
        )
    try:
        return read_regular(text)
    except OSError as error:
        raise InputError(
            f"the message {text!r} cannot be read: {error.strerror or error}",
            code=UNREADABLE,
            remedy="Give the path of an .eml file, or the message itself as bytes",
        ) from error


def _fields(head: bytes) -> list[bytes]:
    """The fields of a header, folded as they are."""
    if head and not head.endswith(b"\r\n"):
        head += b"\r\n"
    return _FIELD.findall(head)


def _kept(reader: FieldReader, field: bytes) -> WireField:
    """Return a field of bytes, unchanged if possible."""
    name, colon, value = field.partition(b":")
    if not colon or name[:1] in (b" ", b"\t"):
        raise InputError(
            f"{field[:60]!r} is not a header field",
            remedy="A message begins with its header: Name: value on each line, then an empty line",
        )
    text = value.lstrip(b" \t").removesuffix(b"\r\n").decode("utf-8", "surrogateescape")
    read = reader.read(name.rstrip(b" \t").decode("latin-1"), text)
    if not read.is_kept or name.endswith((b" ", b"\t")):
        return read
    return WireField(read.name, field.decode("ascii"), read.addresses, is_kept=True)


def _check_once(fields: Sequence[WireField]) -> None:
    names = [field.name.lower() for field in fields]
    for name in _ONCE:
        if names.count(name) > 1:
            raise InputError(
                f"the message has {names.count(name)} fields {name.title()}; one is allowed"
                " (RFC 5322 section 3.6)",
                remedy=f"Put their values into one field; del message[{name.title()!r}] removes"
                " all of them",
            )


def _sender(prefix: str, block: Sequence[WireField]) -> Mailbox | None:
    for name in (f"{prefix}sender", f"{prefix}from"):
        boxes = _boxes(block, name)
        if name.endswith("sender") and len(boxes) > 1:
            raise InputError(
                f"the header {name.title()} has {len(boxes)} addresses; one is allowed",
                remedy="Keep the address of the actual sender",
            )
        if boxes:
            return Mailbox(boxes[0].local, boxes[0].domain)
    return None


def _recipients(prefix: str, block: Sequence[WireField]) -> tuple[Recipient, ...]:
    found = [
        Recipient(Mailbox(box.local, box.domain), kind)
        for name, kind in _KINDS.items()
        for box in _boxes(block, prefix + name)
    ]
    if prefix and not found:
        raise MissingError(
            "the message has Resent fields and no Resent-To",
            code=165,
            remedy="Set message['Resent-To']",
        )
    return tuple(found)


def _boxes(fields: Sequence[WireField], name: str) -> list[Mailbox]:
    return [box for field in fields if field.name.lower() == name for box in field.boxes]
