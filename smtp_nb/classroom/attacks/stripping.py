"""STARTTLS stripping: an attacker in the middle hides that TLS is offered (RFC 3207 section 6).

Or she offers it herself, with a certificate of her own, and hands on what she has read.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any

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
from smtp_nb.classroom.middle.eavesdropper import CLIENT
from smtp_nb.classroom.middle.tap import Sightings, Tap
from smtp_nb.client.smtp import SMTP
from smtp_nb.errors import ExtensionError, InputError, SMTPError
from smtp_nb.model.display import visible
from smtp_nb.model.events import SSLServerAuthenticationEvent
from smtp_nb.sandbox.messages.mailbox import Message
from smtp_nb.sandbox.server import SandboxServer

_EVE = "Eve's server"
_SECRET = "the door opens with 4711"
_MODES = ("listen", "strip", "inject", "impersonate")


def _play(written: str, on: Set[str]) -> AttackResult:
    """Send the letter past Eve, and once without her."""
    mode, _, text = written.strip().partition(" ")
    if mode not in _MODES:
        raise InputError(
            f"{mode!r} is not among what Eve does",
            remedy="Write listen, strip, inject or impersonate",
        )
    added = octets_of(text) if mode == "inject" else b""
    with _server() as server:
        pin = _pin(server) if "pin" in on else ""
        if mode == "impersonate":
            wire, is_read, trouble = _impersonated(server, on, pin)
        else:
            with Tap(server, strip_starttls=mode == "strip", inject=added) as tap:
                trouble = _send(tap.url, on, pin)
            wire = _wire(tap.seen)
            is_read = any(one.is_plain and _SECRET.encode() in one.octets for one in tap.seen)
        found = list(server.messages)
    return AttackResult(
        is_read,
        _words(is_read, trouble),
        tuple(wire),
        tuple(_row(message) for message in found),
        (Control("an untouched letter", _arrives(on)),),
    )


def _server() -> SandboxServer:
    return SandboxServer(inline=True, tls="starttls", hostname="mail.test", without=EXTRAS)


def _pin(server: SandboxServer) -> str:
    """The digest of the server's key, as Ann's administrator has noted it."""
    from cryptography import x509

    from smtp_nb.wire.certificates.pins import key_digest

    with SMTP.from_url(server.url) as smtp:
        return key_digest(x509.load_der_x509_certificate(smtp.ssl_server_cert.der)).hex()


def _impersonated(server: SandboxServer, on: Set[str], pin: str) -> tuple[list[WireRow], bool, str]:
    """Send the letter to a server of Eve's, who hands on what she has read."""
    with _server() as hers:
        trouble = _send(hers.url, on, pin)
        wire = [
            WireRow(f"Ann → {_EVE}" if direction is CLIENT else f"{_EVE} → Ann", line)
            for direction, octets in hers.sessions[0].wire
            for line in shown_lines(octets)
        ]  # fmt: skip
        for message in hers.messages:
            SMTP.from_url(server.url).send(message.content)
        return wire, bool(hers.messages), trouble


def _send(url: str, on: Set[str], pin: str) -> str:
    """Ann's program. Returns what it tells her if it sends nothing."""
    letter: dict[str, Any] = {
        "from_": "ann@school.test",
        "send_to": "ben@school.test",
        "subject": "The door",
        "message_text": _SECRET,
    }
    where = f"{url}&tls=implicit" if "implicit" in on else url
    smtp = SMTP.from_url(f"{where}&pin=sha256:{pin}" if pin else where, **letter)
    if not pin:  # as many programs do
        smtp.on_ssl_server_authentication = _accept
    try:
        smtp.send()
    except ExtensionError as error:
        if pin or "required" in on:
            return error.description
        # "Use TLS if it is offered" is what many programs do.
        SMTP.from_url(f"{url}&tls=none", **letter).send()
    except SMTPError as error:
        return error.description
    return ""


def _accept(event: SSLServerAuthenticationEvent) -> None:
    event.accept = True


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
        _send(server.url, on, _pin(server) if "pin" in on else "")
        return [message.tls is not None for message in server.messages] == [True]


STRIPPING = Plot(
    title="STARTTLS stripping",
    story=(
        "Ann writes to Ben how the door opens. Eve sits between Ann's program and the server: she"
        " hears all that passes, and may change it. The program takes TLS where it is offered, and"
        " any certificate."
    ),
    asks="What Eve does: listen, strip, impersonate, or inject and what",
    presets={
        "strip STARTTLS": "strip",
        "only listen": "listen",
        "inject a reply": r"inject 250-mail.test\r\n250 AUTH PLAIN\r\n",
        "a certificate of her own": "impersonate",
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
        "pin": Defence(
            "The server's key is pinned",
            "The program knows the digest of the server's public key: TLS with that key, or"
            " nothing. Between servers DANE publishes it in the DNS (RFC 7672)",
        ),
    },
    play=_play,
)
