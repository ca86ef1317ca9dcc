"""Header injection: what a visitor types into a form becomes a header of its own (CWE-93)."""

from __future__ import annotations

import re
from collections.abc import Set
from urllib.parse import unquote

from smtp_nb.classroom.attacks.octets import shown_lines
from smtp_nb.classroom.attacks.plot import (
    EXTRAS,
    AttackResult,
    Control,
    Defence,
    InboxRow,
    Plot,
    WireRow,
)
from smtp_nb.client.smtp import SMTP
from smtp_nb.errors import SMTPError
from smtp_nb.model.display import visible
from smtp_nb.model.enums import TrailDirection
from smtp_nb.sandbox.messages.mailbox import Message
from smtp_nb.sandbox.server import SandboxServer

_FORM, _OFFICE = "form@shop.test", "office@shop.test"
_TEXT = "When do you open?"
_HEADERS = {"from", "to", "subject", "date", "message-id", "mime-version"}
_OURS = re.compile(r"content-.*|x-mailer|user-agent")
_HONEST = "Prices: 3 for 2, or 4?"


def _play(written: str, on: Set[str]) -> AttackResult:
    """Send what the form sends, then an honest question."""
    with SandboxServer(inline=True, hostname="shop.test", without=EXTRAS) as server:
        refused = _program(server, unquote(written), on)
        found = list(server.messages)
        wire = tuple(_wire(server)) or (WireRow("program → visitor", refused),)
    hostile = [message for message in found if _is_hostile(message)]
    return AttackResult(
        bool(hostile),
        _words(hostile, refused),
        wire,
        tuple(_row(message) for message in found),
        (Control("an honest question", _arrives(on)),),
    )


def _program(server: SandboxServer, subject: str, on: Set[str]) -> str:
    """The shop's program. Returns what it tells the visitor if it sends nothing."""
    if "letters" in on:
        subject = re.sub(r"[^A-Za-z0-9 ]", "", subject)
    smtp: SMTP = SMTP.from_url(server.url, from_=_FORM)
    try:
        if "envelope" in on or "library" in on:
            smtp.send_to = _OFFICE
        if "library" in on:
            smtp.subject, smtp.message_text = subject, _TEXT
            smtp.send()
        else:  # as in many programs: headers are text, glued together
            smtp.send(
                f"From: {_FORM}\r\nTo: {_OFFICE}\r\nSubject: {subject}\r\n\r\n{_TEXT}\r\n".encode()
            )
    except SMTPError as error:
        return error.description
    return ""


def _is_hostile(message: Message) -> bool:
    """True if it went elsewhere, or says what the program does not."""
    names = {name.lower() for name, _ in message.header_rows()}
    extra = [name for name in names - _HEADERS if not _OURS.fullmatch(name)]
    body = message.content.partition(b"\r\n\r\n")[2].strip()
    return list(message.rcpt_tos) != [_OFFICE] or bool(extra) or body != _TEXT.encode()


def _wire(server: SandboxServer) -> list[WireRow]:
    rows = []
    for direction, octets in server.sessions[-1].wire if server.sessions else ():
        is_ours = direction is TrailDirection.CLIENT
        who = "program → server" if is_ours else "server → program"
        for line in shown_lines(octets):
            is_hostile = is_ours and re.search("victim|evil|pills", line) is not None
            rows.append(WireRow(who, line, is_hostile))
    return rows


def _row(message: Message) -> InboxRow:
    to = ", ".join(message.rcpt_tos)
    return InboxRow(message.mail_from, to, visible(message.subject), _is_hostile(message))


def _words(hostile: list[Message], refused: str) -> str:
    if refused:
        return f"The program sends nothing: {refused}"
    others = [one for message in hostile for one in message.rcpt_tos if one != _OFFICE]
    if others:
        return f"The shop has sent Eve's letter to {' and '.join(others)}"
    return "The letter says what Eve wants" if hostile else "The office alone has a letter"


def _arrives(on: Set[str]) -> bool:
    with SandboxServer(inline=True, hostname="shop.test", without=EXTRAS) as server:
        _program(server, _HONEST, on)
        found = list(server.messages)
    return [message.subject for message in found] == [_HONEST] and not _is_hostile(found[0])


INJECTION = Plot(
    title="Header injection",
    story=(
        "A shop has a form on its page: a visitor types a subject, and the program puts it into a"
        " letter to the office. Eve types more than a subject. It arrives as the browser sends it,"
        " with %0d%0a for CR LF."
    ),
    asks="The subject, as the form sends it",
    presets={
        "Bcc": "Hello%0d%0aBcc: ann@victim.test, ben@victim.test",
        "Bcc with LF alone": "Hello%0aBcc: ann@victim.test",
        "another body": "Hello%0d%0a%0d%0aBuy my pills",
        "another Reply-To": "Hello%0d%0aReply-To: eve@evil.test",
        "no attack": "Hello",
    },
    defences={
        "library": Defence(
            "The program sets properties",
            "A library puts the letter together, and refuses a line end in a header",
        ),
        "envelope": Defence(
            "The recipient stands in the program",
            "Whatever the headers say, the envelope names the office alone",
        ),
        "letters": Defence(
            "Only letters and digits pass",
            "Everything else is removed from the subject before it is used",
        ),
    },
    play=_play,
)
