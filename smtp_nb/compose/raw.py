"""Messages that others composed: raw octets, and the standard library's EmailMessage.

They go out as they are. Only what would do harm is not let through: a bare CR or LF, which
servers read in different ways (this is how mail is smuggled), a NUL, and the names of the blind
copies. Behind the header these octets may stand all the same if the server takes BINARYMIME (RFC
3030), for then they are counted and not read as lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from smtp_nb.compose.large import LargeText, SplicedContent, put_back, take_out
from smtp_nb.compose.words import encode
from smtp_nb.errors import InjectionError, InputError, MissingError
from smtp_nb.model.address import Mailbox, ascii_domain, parse_addresses
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.envelope import Recipient

if TYPE_CHECKING:
    from email.headerregistry import Group
    from email.message import EmailMessage, Message

CHUNK = 65536
_WRONG = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")
_BLIND = re.compile(
    rb"^(?:resent-)?bcc[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE
)
_BINARY = re.compile(
    rb"^content-transfer-encoding[ \t]*:[ \t]*binary[ \t]*\r\n", re.IGNORECASE | re.MULTILINE
)
_MESSAGE_ID = re.compile(rb"^message-id[ \t]*:\s*(<[!-~]+>)", re.IGNORECASE | re.MULTILINE)
_GROUP = re.compile(r'[^"<>@,;:]*:(.*);\Z')
_ADDED = frozenset({"content-transfer-encoding", "content-type", "mime-version"})
_NAMES = {13: "CR", 10: "LF", 0: "NUL"}
_KINDS = {"To": RecipientType.TO, "Cc": RecipientType.CC, "Bcc": RecipientType.BCC}


@dataclass(frozen=True, slots=True, repr=False)
class RawContent:
    """A message given as octets (a `Content`)."""

    data: bytes
    is_8bit: bool
    needs_smtputf8: bool
    message_id: str
    bare: str = ""

    @property
    def size(self) -> int:
        """Octets of the whole."""
        return len(self.data)

    def chunks(self) -> Iterator[bytes]:
        """The octets, in pieces of at most 64 KiB. May be called again."""
        yield from (self.data[at : at + CHUNK] for at in range(0, len(self.data), CHUNK))

    def __bytes__(self) -> bytes:
        return self.data

    def __repr__(self) -> str:
        return f"<RawContent {self.message_id or 'message'}, {self.size} octets>"


def raw_content(data: bytes | str, *, may_be_binary: bool = False) -> RawContent:
    """A message exactly as given, but for Bcc and Resent-Bcc, which are taken out.

    Args:
        data: header, empty line and body, with CRLF at the end of every line; the last one is
            ended if it is not. Text is written in UTF-8.
        may_be_binary: in the body a CR, LF or NUL may stand alone, also if the header does not
            say `Content-Transfer-Encoding: binary`. Then no line is ended.

    Raises:
        InputError: one stands alone where it may not; the text says where.
    """
    raw = encode(data, "utf-8", "The raw message") if isinstance(data, str) else bytes(data)
    bare = _bare(raw, may_be_binary)
    if not bare and not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    head = raw[: head_size(raw)]
    shown = without_blind_copies(head)
    if shown != head:
        raw = shown + raw[len(head) :]
    return RawContent(
        raw,
        is_8bit=not raw.isascii(),
        needs_smtputf8=not shown.isascii(),
        message_id=message_id_in(shown),
        bare=bare,
    )


def _bare(raw: bytes, may_be_binary: bool) -> str:
    """What makes a message binary, in words; empty if nothing does.

    Raises:
        InputError: it may not be binary there.
    """
    head = raw[: head_size(raw)]
    if (at := find_wrong(raw)) is None:
        is_cut = says_binary(head) and not raw.endswith(b"\r\n")
        return "a last line without its end" if is_cut else ""
    if at < len(head) or not (may_be_binary or says_binary(head)):
        raise wrong_octet("The raw message", raw[at], at)
    return bare_octet(raw[at], at)


def find_wrong(raw: bytes) -> int | None:
    """Where the first bare CR, bare LF or NUL stands; None if there is none."""
    # Counting takes a hundredth of the time of the search, which is only needed for the offset.
    is_clean = raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n") and b"\0" not in raw
    found = None if is_clean else _WRONG.search(raw)
    return found.start() if found else None


def bare_octet(octet: int, offset: int) -> str:
    """An octet that `find_wrong` found, in words."""
    return f"a bare {_NAMES[octet]} at offset {offset}"


def wrong_octet(what: str, octet: int, offset: int) -> InputError:
    """The error for an octet that `find_wrong` found."""
    return InputError(
        f"{what} holds {bare_octet(octet, offset)}",
        remedy="End every line with CRLF, such as '\\r\\n'.join(text.splitlines()),"
        " and encode binary data in base64",
    )


def says_binary(head: bytes) -> bool:
    """True if a header announces octets that are no lines (RFC 2045 section 6.2)."""
    return _BINARY.search(head) is not None


def without_blind_copies(head: bytes) -> bytes:
    """A header without its Bcc and Resent-Bcc."""
    return _BLIND.sub(b"", head)


def message_id_in(head: bytes) -> str:
    """The Message-ID with its angle brackets; empty if there is none."""
    found = _MESSAGE_ID.search(head)
    return found[1].decode("ascii") if found else ""


def head_size(raw: bytes) -> int:
    """Octets of the header fields, in front of the empty line."""
    if raw.startswith(b"\r\n"):
        return 0
    end = raw.find(b"\r\n\r\n")
    return len(raw) if end < 0 else end + 2


def from_email_message(
    message: EmailMessage | Message,
) -> tuple[RawContent | SplicedContent, Mailbox, tuple[Recipient, ...]]:
    """Content, sender and recipients of a message of the `email` package.

    The recipients are those of To, Cc and Bcc; the sender is Sender, else the first of From. They
    are read by the strict parser from the very octets that will be sent.

    Raises:
        MissingError: 164, no sender.
        AddressError: a header whose addresses are not exactly what RFC 5321 allows.
        InjectionError: a header that would become two on the wire.
        InputError: the `email` package cannot write the message.
    """
    raw, large = _serialised(message)
    head = raw[: head_size(raw)]
    text = head.decode("utf-8", "replace").replace("\r\n ", " ").replace("\r\n\t", " ")
    fields = [line.partition(":")[::2] for line in text.split("\r\n") if line]
    if _own([name for name, _ in fields]) != _own(message.keys()):
        raise InjectionError(
            "A header of the message becomes another header when it is written",
            remedy="Look for line breaks in its values, encoded ones too",
        )
    boxes = {name: _boxes(name, fields) for name in ("Sender", "From", *_KINDS)}
    senders = boxes["Sender"] or boxes["From"]
    if not senders:
        raise MissingError("The message has no From", code=164, remedy="Set message['From']")
    recipients = tuple(Recipient(box, kind) for name, kind in _KINDS.items() for box in boxes[name])
    return put_back(raw_content(raw), large), senders[0], recipients


def _own(names: list[str]) -> list[str]:
    """The fields that the package does not add by itself when it writes a message."""
    return [name for name in names if name.lower() not in _ADDED]


def _boxes(name: str, fields: list[tuple[str, str]]) -> list[Mailbox]:
    """The mailboxes of all fields of that name, without display names."""
    values = [value.strip(" ") for field, value in fields if field.lower() == name.lower()]
    groups = [_GROUP.match(value) for value in values]
    texts = [group[1] if group else value for group, value in zip(groups, values, strict=True)]
    boxes = [box for text in texts for box in parse_addresses(text)]
    return [Mailbox(box.local, box.domain) for box in boxes]


def _serialised(message: EmailMessage | Message) -> tuple[bytes, dict[bytes, LargeText]]:
    """The message with CRLF line ends, 7-bit unless a local part cannot be, and what was taken out
    of it."""
    from email.errors import MessageError
    from email.generator import BytesGenerator

    out = BytesIO()
    try:
        wire = deepcopy(message)
        large = take_out(wire)
        # Any: policies differ in the keywords that they take.
        settings: dict[str, Any] = {"linesep": "\r\n", "cte_type": "7bit"}
        if _use_a_labels(wire):
            settings["utf8"] = True
        BytesGenerator(out, policy=wire.policy.clone(**settings)).flatten(wire)
    except InputError:
        raise
    except (MessageError, ValueError, LookupError) as error:
        raise InputError(f"The message cannot be written: {error}") from error
    return out.getvalue(), large


def _use_a_labels(message: EmailMessage | Message) -> bool:
    """Write the domains of the address headers in ASCII; True if a local part is not ASCII."""
    is_utf8 = False
    for name in ("Sender", "From", "Reply-To", *_KINDS):
        header: Any = message[name]  # a text or an AddressHeader, as the message's policy has it
        boxes = getattr(header, "addresses", ())
        is_utf8 |= any(not box.username.isascii() for box in boxes)
        if any(not box.domain.isascii() for box in boxes):
            groups: Any = [_ascii_group(group) for group in header.groups]
            message.replace_header(name, groups)
    return is_utf8


def _ascii_group(group: Group) -> Group:
    from email.headerregistry import Address, Group

    boxes = [
        Address(box.display_name or "", box.username, ascii_domain(box.domain))
        for box in group.addresses
    ]
    return Group(group.display_name, tuple(boxes))
