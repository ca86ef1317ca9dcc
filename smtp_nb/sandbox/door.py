"""Door policy: whom a server admits, how it names them, and what it refuses them.

A sandbox of one user needs none. A server for many, such as that of a class, has rules that go by
the client and not by the command; it puts them in a `Door` and hands it to `SandboxServer(door=…)`.
"""

from __future__ import annotations

from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server.policy import Request
from smtp_nb.sandbox.messages.mailbox import Message
from smtp_nb.sandbox.session import Session

HELD = "the server to go on: it holds all replies"
"""What a session waits for while the server holds its replies."""
PAUSED = "The server holds its replies from here on"
RESUMED = "The server goes on"
"""Remarks in the trails of those who wait."""


class Door:
    """Admits everyone.

    All methods are called in the server's thread. They must be quick and must not raise.

    Attributes:
        sends_authority: TLS sends the authority's certificate along, so that a client who knows its
            fingerprint needs no file.
    """

    sends_authority = False

    def admit(self, session: Session) -> Reply | None:
        """The reply that ends a new session at once, say 421, or None to let it in."""

    def name_of(self, session: Session) -> str:
        """The name under which faults know a client who has not logged in; empty for none."""
        return ""

    def refusal(self, session: Session, request: Request) -> Reply | None:
        """The reply to give instead of the one that the rules give, or None."""

    def words(self, session: Session) -> str:
        """Words to add to the reply that is about to be sent, in ASCII; empty for none."""
        return ""

    def kept(self, session: Session, message: Message) -> Message:
        """The message as it is kept: with what the server writes on it."""
        return message

    def notice(self, session: Session) -> None:
        """Something has happened in this session."""
