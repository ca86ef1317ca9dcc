"""One client of a class: the sessions, messages and remarks that are theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from smtp_nb.errors import StateError
from smtp_nb.model.display import counted
from smtp_nb.model.known import known_attributes
from smtp_nb.model.trail.trail import Trail
from smtp_nb.sandbox.messages.mailbox import Message
from smtp_nb.sandbox.session import Session


@known_attributes()
class Student:
    """What one student has done so far, all sessions together.

    Attributes:
        name: as it stands in the roster, or `stranger 3`.
        sessions: each conversation, oldest first.
    """

    name: str
    sessions: list[Session]

    def __init__(self, name: str, sessions: Iterable[Session]) -> None:
        self.name = name
        self.sessions = list(sessions)

    @property
    def session(self) -> Session:
        """The newest conversation.

        Raises:
            StateError: there is none yet.
        """
        if not self.sessions:
            raise StateError(
                f"{self.name} has not connected yet", remedy="Pass on room.join_line, and wait"
            )
        return self.sessions[-1]

    @property
    def trail(self) -> Trail:
        """All conversations, those after the first marked with their number."""
        trail = Trail()
        for number, session in enumerate(self.sessions, 1):
            for event in session:
                trail(replace(event, connection=number))
        return trail

    @property
    def messages(self) -> list[Message]:
        """What arrived, oldest first."""
        return [message for session in self.sessions for message in session.messages]

    @property
    def remarks(self) -> Counter[str]:
        """How often each remark was made: `Counter({"bare-lf": 2})`."""
        return Counter(key for session in self.sessions for key in session.remarks)

    def __repr__(self) -> str:
        told = ", ".join(f"{key} {count}" for key, count in self.remarks.most_common())
        counts = (
            f"{counted(len(self.sessions), 'session')}, {counted(len(self.messages), 'message')}"
        )
        return f"<Student {self.name}: {counts}{f', {told}' if told else ''}>"

    def _repr_html_(self) -> str:
        return self.trail._repr_html_()
