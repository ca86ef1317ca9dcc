"""Desk of a composer's form: checks and delivery of what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from smtp_nb.model.events import PITrailEvent
from smtp_nb.widgets.composing.letter_form import LetterForm


@dataclass(frozen=True, slots=True)
class FormProblem:
    """What is wrong, or hardly meant, in one field; `field` is empty for what is in none."""

    field: str
    text: str
    is_error: bool = True


@dataclass(frozen=True, slots=True)
class CheckedLetter:
    """What is known about a form.

    Attributes:
        cell: that sends the same.
        recipients: how many there are.
        headers: of the message, as its reader sees them.
        text, html: its bodies; the HTML is shown behind glass.
    """

    cell: str
    problems: tuple[FormProblem, ...] = ()
    recipients: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""
    html: str = ""

    @property
    def is_sendable(self) -> bool:
        return not any(problem.is_error for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a message.

    Attributes:
        outcome: ACCEPTED, UNKNOWN and so on; empty if it never reached a server.
        title: in words.
        recipients: (address, outcome, the server's words).
    """

    outcome: str
    title: str
    remedy: str = ""
    recipients: tuple[tuple[str, str, str], ...] = ()


class Delivery(Protocol):
    """A message to send."""

    def run(self) -> Ended:
        """Send it and wait until it has ended; raises nothing that is about mail."""

    def interrupt(self) -> None:
        """End it early, from any thread."""


class LineObserver(Protocol):
    """Who hears each line of the conversation."""

    def __call__(self, event: PITrailEvent) -> None: ...


class Desk(Protocol):
    """Who knows how a form becomes a message, and how it leaves."""

    def check(self, form: LetterForm) -> CheckedLetter: ...

    def delivery(self, form: LetterForm, observer: LineObserver) -> Delivery:
        """Take the message as it is now; raises an `SMTPError` where there is nowhere to send."""

    def keep(self, name: str, data: bytes) -> str:
        """Put a file into the notebook's folder and return its path."""
