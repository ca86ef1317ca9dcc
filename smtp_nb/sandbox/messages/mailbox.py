"""The sandbox's inbox: received messages with their envelopes, safe to read from many threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from functools import cached_property
from html import escape
from typing import Any, overload

from smtp_nb.model.display import bounded, counted, masked, visible, visible_lines
from smtp_nb.model.known import known_attributes
from smtp_nb.model.receipt import TLSInfo
from smtp_nb.sandbox.messages.parts import ParsedPart, read, read_header
from smtp_nb.sandbox.subscribers import Subscribers

# What a view shows at most: of the list, and of one message.
SHOWN_ROWS = 20
SHOWN_RECIPIENTS = 50
SHOWN_VALUE = 2_000
SHOWN_SUBJECT = 300
SHOWN_SOURCE = 100_000


@known_attributes()
@dataclass(frozen=True, repr=False)
class Message:
    """A received message: envelope and content.

    Attributes:
        mail_from: the reverse path; empty for the null path of a notification.
        rcpt_tos: the accepted recipients, in order. Bcc is among them: the envelope holds what no
            header says.
        content: the bytes as received, without the dots of DATA.
        parameters: those of MAIL, names in capitals, xtext decoded.
        rcpt_parameters: those of each RCPT, in the order of `rcpt_tos`.
        verb: MAIL, or SEND, SOML, SAML.
        queue_id: its id in the final reply.
        session: number of the session that sent it.
        tls: the TLS parameters of the connection, or None.
        user: the logged-in user, or None.
    """

    mail_from: str
    rcpt_tos: tuple[str, ...]
    content: bytes = field(repr=False)
    parameters: Mapping[str, str] = field(repr=False)
    rcpt_parameters: tuple[Mapping[str, str], ...] = field(repr=False)
    verb: str
    queue_id: str
    session: int
    tls: TLSInfo | None
    user: str | None
    received_at: datetime

    @property
    def size(self) -> int:
        """The bytes of the content."""
        return len(self.content)

    @cached_property
    def parsed(self) -> EmailMessage:
        """The content as the email package reads it, headers and parts."""
        from smtp_nb.sandbox.messages.parsed import as_email

        return as_email(self.root)

    @cached_property
    def root(self) -> ParsedPart:
        """The content as our own bounded reader reads it: whatever it holds, nothing raises."""
        return read(self.content)

    @property
    def subject(self) -> str:
        """The Subject header, decoded; empty if there is none."""
        return self._header.get("Subject")

    @cached_property
    def _header(self) -> ParsedPart:
        """The header alone, for lists of thousands: no body is looked at."""
        return read_header(self.content)

    def source(self, most: int) -> str:
        """Return the first `most` bytes of the content as text, safe to print."""
        text = visible_lines(self.content[:most].decode("utf-8", "replace"))
        return text.replace("\\r\n", "\r\n")

    def __str__(self) -> str:
        """The content as text, safe to print: controls are shown as escapes."""
        return self.source(self.size)

    def __repr__(self) -> str:
        facts = [f"mail_from={self.mail_from!r}", f"rcpt_tos={bounded(self.rcpt_tos)}"]
        facts += [f"verb={self.verb!r}", f"queue_id={self.queue_id!r}", f"session={self.session}"]
        facts += [f"tls={self.tls!r}", f"user={self.user!r}", f"size={self.size}"]
        return f"Message({', '.join(facts)})"

    @property
    def recipients(self) -> list[tuple[str, Mapping[str, str]]]:
        """The first recipients with their parameters, as many as a view shows."""
        return list(zip(self.rcpt_tos, self.rcpt_parameters, strict=True))[:SHOWN_RECIPIENTS]

    def header_rows(self) -> list[tuple[str, str]]:
        """Name and text of each header field, as much as a view shows."""
        rows = [(f.name, shortened(f.text, SHOWN_VALUE)) for f in self.root.fields]
        return [*rows, ("…", "further header fields are not shown")] if self.root.is_cut else rows

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """One line, addresses masked: a notebook saves it."""
        printer.text(f"<Message {_line(self)}>")

    def _repr_html_(self) -> str:
        """Envelope, headers and source, addresses masked."""
        path = f"<{self.mail_from}>"
        rows = [
            ("MAIL FROM", " ".join([path, *_words(self.parameters)])),
            *(
                ("RCPT TO", " ".join([f"<{address}>", *_words(parameters)]))
                for address, parameters in self.recipients
            ),
            *_rest(len(self.rcpt_tos) - SHOWN_RECIPIENTS, "RCPT TO"),
            ("Received", f"{self.received_at:%H:%M:%S}, {self.size:,} bytes, {_line_of(self)}"),
            *self.header_rows(),
        ]
        table = "".join(_row(name, value) for name, value in rows)
        shown = _shown(self.source(SHOWN_SOURCE).replace("\r\n", "\n"))
        source = f"<details><summary>Source</summary><pre>{shown}</pre></details>"
        return f"<table>{table}</table>{source}"


def _rest(left: int, name: str) -> list[tuple[str, str]]:
    return [(name, f"and {left:,} more")] if left > 0 else []


def shortened(text: str, most: int) -> str:
    """The text, cut where a view would drown in it."""
    left = len(text) - most
    return f"{text[:most]}… ({left:,} more characters)" if left > 0 else text


def people(addresses: Sequence[str]) -> str:
    """Recipients in one cell; the rest of many is counted."""
    left = len(addresses) - SHOWN_RECIPIENTS
    shown = ", ".join(addresses[:SHOWN_RECIPIENTS])
    return f"{shown} and {left:,} more" if left > 0 else shown


def _row(name: str, value: str) -> str:
    return f'<tr><th scope="row">{_shown(name)}</th><td>{_shown(value)}</td></tr>'


def _words(parameters: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" if value else name for name, value in parameters.items()]


def _line_of(message: Message) -> str:
    return str(message.tls) if message.tls else "in clear"


def _line(message: Message) -> str:
    recipients = people([f"<{to}>" for to in message.rcpt_tos])
    who = _discreet(f"<{message.mail_from}> to {recipients}")
    return f"{message.received_at:%H:%M:%S} {who}: {_subject(message)}"


def _subject(message: Message) -> str:
    return visible(shortened(message.subject, SHOWN_SUBJECT))


def _discreet(text: str) -> str:
    return visible_lines(masked(text))


def _shown(text: str) -> str:
    return escape(_discreet(text))


@known_attributes()
class Inbox(Sequence[Message]):
    """The received messages, oldest first. It grows while the server runs.

    Attributes:
        octets: the bytes of the content of all messages.
    """

    octets: int

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self.octets = 0
        self._grown = threading.Condition()
        self._subscribers = Subscribers[[]]("an inbox")

    def add(self, message: Message) -> None:
        """Keep a message and wake those who wait for it."""
        with self._grown:
            self._messages.append(message)
            self.octets += message.size
            self._grown.notify_all()
        self._subscribers.tell()

    def clear(self) -> None:
        """Forget all messages."""
        with self._grown:
            self._messages = []
            self.octets = 0
        self._subscribers.tell()

    def subscribe(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call something whenever messages come or go.

        Args:
            callback: is called in the server's thread, or in the caller's with `inline=True`. What
                it raises is logged and disturbs nothing.

        Returns:
            What ends the subscription.
        """
        return self._subscribers.add(callback)

    def wait_for(self, count: int, timeout_s: float) -> list[Message]:
        """Wait until there are `count` messages.

        Args:
            count: the number of messages.
            timeout_s: the longest wait, in seconds.

        Returns:
            The messages, a sequence of `Message`.

        Raises:
            TimeoutError: there are fewer after `timeout_s` seconds.
        """
        with self._grown:
            if not self._grown.wait_for(lambda: len(self._messages) >= count, timeout_s):
                raise TimeoutError(
                    f"{len(self._messages)} of {count} messages came within {timeout_s} s"
                )
            return list(self._messages)

    @overload
    def __getitem__(self, index: int) -> Message: ...
    @overload
    def __getitem__(self, index: slice) -> list[Message]: ...
    def __getitem__(self, index: int | slice) -> Message | list[Message]:
        return self._messages[index]

    def __len__(self) -> int:
        return len(self._messages)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Inbox | list):
            return list(self) == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it grows, as a list does

    def __repr__(self) -> str:
        return f"<Inbox: {counted(len(self), 'message')}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("\n".join([repr(self), *map(_line, self.recent)]))

    @property
    def recent(self) -> list[Message]:
        """The newest messages, the newest first, as many as a view shows."""
        return self._messages[: -SHOWN_ROWS - 1 : -1]

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col"{_LEFT}>{name}</th>' for name in _COLUMNS)
        rows = "".join(_message_row(message) for message in self.recent)
        more = len(self) - len(self.recent)
        note = f"<p>{more:,} older ones are not shown</p>" if more > 0 else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{note}"


# nbconvert's own sheet puts all cells to the right.
_LEFT = ' style="text-align:left"'
_COLUMNS = ("Received", "From", "Recipients", "Subject", "Bytes", "Line")


def _message_row(message: Message) -> str:
    cells = (
        f"{message.received_at:%H:%M:%S}",
        message.mail_from or "<>",
        people(message.rcpt_tos),
        _subject(message),
        f"{message.size:,}",
        message.tls.protocol if message.tls else "clear",
    )
    return "<tr>" + "".join(f"<td{_LEFT}>{_shown(cell)}</td>" for cell in cells) + "</tr>"
