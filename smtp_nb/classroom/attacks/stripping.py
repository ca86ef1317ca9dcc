"""STARTTLS stripping: an attacker in the middle hides that TLS is offered (RFC 3207 section 6)."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from smtp_nb.classroom.attacks.octets import octets_of
from smtp_nb.classroom.attacks.plot import (
    EXTRAS,
    AttackResult,
    Control,
    Defence,
    InboxRow,
    Plot,
    WireRow,
)
from smtp_nb.classroom.middle.eavesdropper import CLIENT
from smtp_nb.classroom.middle.tap import Sightings, Tap
from smtp_nb.client.smtp import SMTP
from smtp_nb.errors import ExtensionError, InputError, SMTPError
from smtp_nb.model.display import visible
from smtp_nb.sandbox.messages.mailbox import Message
from smtp_nb.sandbox.server import SandboxServer

_SECRET = "the door opens with 4711"
_MODES = ("listen", "strip", "inject")


def _play(written: str, on: Set[str]) -> AttackResult:
    """Send the letter past Eve, and once without her."""
    mode, _, text = written.strip().partition(" ")
    if mode not in _MODES:
        raise InputError(
            f"{mode!r} is not among what Eve does", remedy="Write listen, strip or inject"
        )
    added = octets_of(text) if mode == "inject" else b""
    with _server() as server:
        with Tap(server, strip_starttls=mode == "strip", inject=added) as tap:
            trouble = _send(tap.url, on)
            seen = tap.seen
        found = list(server.messages)
    is_read = any(one.is_plain and _SECRET.encode() in one.octets for one in seen)
    return AttackResult(
        is_read,
        _words(is_read, trouble),
        tuple(_wire(seen)),
        tuple(_row(message) for message in found),
        (Control("an untouched letter", _arrives(on)),),
    )


def _server() -> SandboxServer:
    return SandboxServer(inline=True, tls="starttls", hostname="mail.test", without=EXTRAS)


def _send(url: str, on: Set[str]) -> str:
    """Ann's program. Returns what it tells her if it sends nothing."""
    letter: dict[str, Any] = {
        "from_": "ann@school.test",
        "send_to": "ben@school.test",
        "subject": "The door",
        "message_text": _SECRET,
    }
    where = f"{url}&tls=implicit" if "implicit" in on else url
    try:
        SMTP.from_url(where, **letter).send()
    except ExtensionError as error:
        if "required" in on:
            return error.description
        # "Use TLS if it is offered" is what many programs do.
        SMTP.from_url(f"{url}&tls=none", **letter).send()
    except SMTPError as error:
        return error.description
    return ""


def _wire(seen: Sightings) -> list[WireRow]:
    rows = []
    for one in seen:
        who = "Ann → server" if one.direction is CLIENT else "server → Ann"
        text = str(one).strip().removeprefix("->").removeprefix("<-").strip()
        rows.append(WireRow(who, visible(text), one.is_changed))
    return rows


def _row(message: Message) -> InboxRow:
    return InboxRow(message.mail_from, ", ".join(message.rcpt_tos), visible(message.subject))


def _words(is_read: bool, trouble: str) -> str:
    if is_read:
        return f"Eve has read: {_SECRET}"
    if trouble:
        return f"Ann's program sends nothing: {visible(trouble)}"
    return "Eve sees TLS records, and reads none of them"


def _arrives(on: Set[str]) -> bool:
    with _server() as server:
        _send(server.url, on)
        return [message.tls is not None for message in server.messages] == [True]


STRIPPING = Plot(
    title="STARTTLS stripping",
    story=(
        "Ann writes to Ben how the door opens. Eve sits between Ann's program and the server: she"
        " hears all that passes, and may change it."
    ),
    asks="What Eve does: listen, strip, or inject and what",
    presets={
        "strip STARTTLS": "strip",
        "only listen": "listen",
        "inject a reply": r"inject 250-mail.test\r\n250 AUTH PLAIN\r\n",
    },
    defences={
        "required": Defence(
            "TLS is required",
            "The program sends nothing unless TLS was negotiated; else it takes TLS where it is"
            " offered",
        ),
        "implicit": Defence(
            "TLS from the first byte",
            "The program does not ask: on this port it expects TLS at once (RFC 8314)",
        ),
    },
    play=_play,
)
