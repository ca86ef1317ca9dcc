"""Small talk: NOOP, RSET, VRFY, EXPN and single commands of the user."""

from __future__ import annotations

from smtp_nb.errors import InputError
from smtp_nb.flows.intents import Flow
from smtp_nb.flows.session import Session
from smtp_nb.flows.verdict import refusal
from smtp_nb.model.address import refuse_controls
from smtp_nb.model.events import ExpandEvent
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.commands import Command, command

# These start something that a single line cannot finish.
HAS_A_METHOD = {
    "DATA": "send()",
    "BDAT": "send()",
    "STARTTLS": "connect() with ssl_start_mode='explicit'",
    "AUTH": "connect() with user and password",
    "QUIT": "disconnect()",
}


def single(text: str) -> Command:
    """One line of the user's as a command.

    Raises:
        InputError: it is empty, or a method of ours exists for it.
        InjectionError: it holds a line break or another control character.
    """
    refuse_controls(text, "The command")
    verb, _, rest = text.strip(" ").partition(" ")
    if not verb:
        raise InputError("there is no command to send", remedy="Give one line, NOOP for instance")
    if method := HAS_A_METHOD.get(verb.upper()):
        raise InputError(f"{verb.upper()} is not sent by itself", remedy=f"Use {method}")
    return command(verb.upper(), rest)


def courtesy(session: Session, asked: Command) -> Flow[Reply]:
    """Send one command and wait for its reply, whatever it is."""
    return (yield from session.ask(asked))


def verify(session: Session, address: str) -> Flow[Reply]:
    """VRFY (RFC 5321 section 4.1.1.6): does the server know this mailbox?

    Raises:
        ReplyError: it does not, or does not tell.
    """
    reply = yield from session.ask(command("VRFY", address, utf8=not address.isascii()))
    if not reply.is_success:
        raise refusal(reply, "VRFY")
    return reply


def expand(session: Session, address: str) -> Flow[Reply]:
    """EXPN: who is on this list? One Expand event for each line of the reply."""
    reply = yield from session.ask(command("EXPN", address, utf8=not address.isascii()))
    if not reply.is_success:
        raise refusal(reply, "EXPN")
    for line in reply.lines:
        session.observer.emit(ExpandEvent(line.removeprefix(reply.enhanced_code).strip()))
    return reply
