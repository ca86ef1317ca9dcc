"""What the sandbox took in: messages with their envelopes, in a list that many threads may read."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from html import escape
from typing import Any, overload

from smtp_nb.model.known import known_attributes
from smtp_nb.model.receipt import TLSInfo
from smtp_nb.model.shown import masked, visible

SHOWN_ROWS = 20


@known_attributes()
@dataclass(frozen=True)
class Message:
    """A message as the sandbox got it, the envelope beside the content.

    Attributes:
        mail_from: the reverse path; empty for the null path of a notification.
        rcpt_tos: the recipients that were accepted, in their order. Bcc is among them: the
            envelope knows what no header says.
        content: the octets as received, without the dots of DATA.
        parameters: those of MAIL, names in capitals, xtext decoded.
        rcpt_parameters: those of each RCPT, in the order of `rcpt_tos`.
        verb: MAIL, or SEND, SOML, SAML.
        queue_id: what the final reply called it.
        session: number of the session that brought it.
        tls: what protected it, or None.
        user: who had logged in, or None.
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
        """Octets of the content."""
        return len(self.content)

    @cached_property
    def parsed(self) -> EmailMessage:
        """The content as the email package reads it, headers and parts."""
        return message_from_bytes(self.content, policy=policy.default)

    @property
    def subject(self) -> str:
        """The Subject header, decoded; empty if there is none."""
        return str(self.parsed.get("Subject", ""))

    def __str__(self) -> str:
        return self.content.decode("utf-8", "replace")

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
                for address, parameters in zip(self.rcpt_tos, self.rcpt_parameters, strict=True)
            ),
            ("Received", f"{self.received_at:%H:%M:%S}, {self.size:,} octets, {_line_of(self)}"),
            *((name, str(value)) for name, value in self.parsed.items()),
        ]
        table = "".join(_row(name, value) for name, value in rows)
        source = f"<details><summary>Source</summary><pre>{_shown(str(self))}</pre></details>"
        return f"<table>{table}</table>{source}"


def _row(name: str, value: str) -> str:
    return f'<tr><th scope="row">{_shown(name)}</th><td>{_shown(value)}</td></tr>'


def _words(parameters: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" if value else name for name, value in parameters.items()]


def _line_of(message: Message) -> str:
    return str(message.tls) if message.tls else "in clear"


def _line(message: Message) -> str:
    people = f"<{message.mail_from}> to {', '.join(f'<{to}>' for to in message.rcpt_tos)}"
    return f"{message.received_at:%H:%M:%S} {_discreet(people)}: {visible(message.subject)}"


def _discreet(text: str) -> str:
    return "\n".join(visible(masked(line)) for line in text.splitlines())


def _shown(text: str) -> str:
    return escape(_discreet(text))


@known_attributes()
class Inbox(Sequence[Message]):
    """The messages so far, oldest first. It grows while the server runs."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._grown = threading.Condition()

    def add(self, message: Message) -> None:
        """Keep a message and wake those who wait for it."""
        with self._grown:
            self._messages.append(message)
            self._grown.notify_all()

    def clear(self) -> None:
        """Forget all messages."""
        with self._grown:
            self._messages = []

    def wait_for(self, count: int, timeout_s: float) -> list[Message]:
        """The messages, as soon as there are `count`.

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
        return f"<Inbox: {len(self)} message{'' if len(self) == 1 else 's'}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("\n".join([repr(self), *map(_line, self.recent)]))

    @property
    def recent(self) -> list[Message]:
        """The newest messages, as many as a view shows."""
        return self._messages[-SHOWN_ROWS:]

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
        rows = "".join(_message_row(message) for message in self.recent)
        more = len(self) - len(self.recent)
        note = f"<p>{more:,} older ones are not shown</p>" if more > 0 else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{note}"


_COLUMNS = ("Received", "From", "Recipients", "Subject", "Octets", "Line")


def _message_row(message: Message) -> str:
    cells = (
        f"{message.received_at:%H:%M:%S}",
        message.mail_from or "<>",
        ", ".join(message.rcpt_tos),
        message.subject,
        f"{message.size:,}",
        message.tls.protocol if message.tls else "clear",
    )
    return "<tr>" + "".join(f"<td>{_shown(cell)}</td>" for cell in cells) + "</tr>"
