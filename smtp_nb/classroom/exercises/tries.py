"""Attempts to deliver: who asked for which recipient, when, and what the server said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from smtp_nb.model.reply import Reply
from smtp_nb.sandbox.exchanges import Exchange
from smtp_nb.sandbox.session import Session


class Try(NamedTuple):
    """One attempt.

    Attributes:
        sender, recipient: of the envelope.
        seconds: when RCPT was said, on the server's clock.
        reply: the one that decided it: to RCPT, or if that was accepted to the content; None if
            there was none.
    """

    sender: str
    recipient: str
    seconds: float
    reply: Reply | None


def tries_of(sessions: Iterable[Session]) -> list[Try]:
    """All attempts in some conversations, in order."""
    return [one for session in sessions for one in _tries(session)]


def _tries(session: Session) -> Iterator[Try]:
    sender, asked = "", list[tuple[str, float]]()
    for one in session.exchanges:
        moment = session.opened_at + one.seconds
        if one.command == "MAIL":
            sender, asked = _path(one), []
        elif one.command == "RCPT" and (one.reply is None or one.reply.code >= 400):
            yield Try(sender, _path(one), moment, one.reply)
        elif one.command == "RCPT":
            asked.append((_path(one), moment))
        elif one.command == "." or one.argument.endswith("LAST"):
            yield from (Try(sender, who, when, one.reply) for who, when in asked)
            asked = []


def _path(one: Exchange) -> str:
    return one.argument.partition("<")[2].partition(">")[0]
