"""Single commands: NOOP, RSET, VRFY, EXPN and those of the user."""

from __future__ import annotations

import re
from dataclasses import replace

from smtp_nb.errors import ExtensionError, InjectionError, InputError
from smtp_nb.flows.intents import Flow
from smtp_nb.flows.reply_errors import refusal
from smtp_nb.flows.session import ClientSession
from smtp_nb.model.address import refuse_controls
from smtp_nb.model.events import ExpandEvent
from smtp_nb.model.reply import Reply
from smtp_nb.model.unseen import unseen_arguments
from smtp_nb.protocol.commands import Command, command
from smtp_nb.protocol.extensions import NO_EXTENSIONS, parse_ehlo

# These start what a single line cannot finish.
HAS_A_METHOD = {
    "DATA": "send()",
    "BDAT": "send()",
    "STARTTLS": "connect() with ssl_start_mode='explicit'",
    "AUTH": "connect() with user and password",
    "QUIT": "disconnect()",
}

_OPENERS = frozenset({"MAIL", "SEND", "SOML", "SAML", "RCPT"})
CANNOT_TELL = 252  # RFC 5321 section 3.5.3
# RFC 5321 section 4.1.2, `String`; spaces stand in quotes only.
_STRING = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^\s"])+\Z')


@unseen_arguments
def single(text: str) -> Command:
    """Return one line of the user's as a command.

    Raises:
        InputError: it is empty, or a method of ours exists for it.
        InjectionError: it holds a line break or another control character.
    """
    refuse_controls(text, "the command")
    verb, _, rest = text.strip(" ").partition(" ")
    if not verb:
        raise InputError("the command is empty", remedy="Give one line, NOOP for instance")
    if method := HAS_A_METHOD.get(verb.upper()):
        raise InputError(f"{verb.upper()} cannot be sent on its own", remedy=f"Use {method}")
    return replace(command(verb, rest), verb=verb.upper())


def run_command(session: ClientSession, asked: Command) -> Flow[Reply]:
    """Send one command and wait for its reply, whatever it is.

    EHLO and HELO reset what the server offers, on both sides. A 421 ends the session.
    """
    before = session.protocol.state
    reply = yield from session.ask(replace(asked, shown=session.mask.text(asked.shown)))
    if not reply.is_success and asked.verb in _OPENERS:
        # RFC 5321 section 4.1.4: after a refused MAIL or RCPT the server is where it was. Nothing
        # of ours follows in a group here, so the reply is the whole truth.
        session.protocol.state = before
    if reply.is_success and asked.verb in ("EHLO", "HELO"):
        session.extensions = parse_ehlo(reply) if asked.verb == "EHLO" else NO_EXTENSIONS
    if reply.code == 421:
        yield from session.abort()
    return reply


def about(verb: str, text: str) -> Command:
    """Return VRFY or EXPN with its one argument: a mailbox, the name of a list, or words in quotes.

    Raises:
        InjectionError: it is empty, or holds a control character, or a space outside quotes.
    """
    refuse_controls(text, f"the argument of {verb}")
    if not _STRING.match(text):
        raise InjectionError(
            f"the argument of {verb} must be one word, not {text!r}",
            remedy='Give an address; put a name with spaces in quotes: "Ann Miller"',
        )
    return command(verb, text, "" if text.isascii() else "SMTPUTF8", utf8=True)


def verify(session: ClientSession, asked: Command) -> Flow[Reply]:
    """Ask whether the server knows a mailbox: VRFY (RFC 5321 section 4.1.1.6).

    Raises:
        ReplyError: it does not, or does not say.
        ExtensionError: the name is not ASCII and the server does not offer SMTPUTF8.
    """
    if not asked.line.isascii() and "SMTPUTF8" not in session.extensions:
        raise ExtensionError(
            f"{asked.shown!r} needs SMTPUTF8 (RFC 6531), which the server does not offer",
            remedy="Ask for a name in ASCII",
        )
    reply = yield from session.ask(asked)
    if not reply.is_success:
        raise refusal(reply, asked.verb)
    return reply


def expand(session: ClientSession, asked: Command) -> Flow[Reply]:
    """Expand a mailing list: EXPN. One Expand event for each line of the reply, none for a 252, by
    which the server declines to say.

    Raises:
        ReplyError, ExtensionError: as `verify`.
    """
    reply = yield from verify(session, asked)
    for line in reply.lines if reply.code != CANNOT_TELL else ():
        session.observer.emit(ExpandEvent(line.removeprefix(reply.enhanced_code).strip()))
    return reply
