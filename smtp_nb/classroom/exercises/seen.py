"""What an exercise looks at: what a server saw of one student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smtp_nb.classroom.net import Net
from smtp_nb.sandbox.messages.mailbox import Message
from smtp_nb.sandbox.session import Session


@dataclass(frozen=True, slots=True)
class Seen:
    """What a server saw of one student, live or read back: nothing else counts.

    Attributes:
        sessions: the student's conversations, oldest first.
        student: whose they are.
        nonce: the student's word in this lesson.
        answers: what the student answered where a question was asked, by its name.
        net: the lesson's servers that relay to each other, with their zone; None without.
        material: what the lesson gave to work on, by name.
    """

    sessions: Sequence[Session]
    student: str = ""
    nonce: str = ""
    answers: Mapping[str, object] = field(default_factory=dict)
    net: Net | None = None
    material: Mapping[str, Any] = field(default_factory=dict)

    @property
    def messages(self) -> list[Message]:
        """What arrived, oldest first."""
        return [message for session in self.sessions for message in session.messages]

    @property
    def by_hand(self) -> list[Session]:
        """The conversations that were typed by hand, oldest first."""
        return [session for session in self.sessions if session.by == "hand"]
