"""Spoofing: a sender that is not one's own, in the envelope and in From (RFC 7489 section 2)."""

from __future__ import annotations

import re
from collections.abc import Set
from email.utils import parseaddr
from functools import lru_cache

from smtp_nb.classroom.attacks.octets import shown_lines
from smtp_nb.classroom.attacks.plot import (
    AttackResult,
    Control,
    Defence,
    InboxRow,
    Plot,
    SenderCheck,
    WireRow,
)
from smtp_nb.classroom.net import Net
from smtp_nb.classroom.relaying.authentication import authenticate
from smtp_nb.classroom.relaying.keys import SigningKey, signing_key
from smtp_nb.classroom.terminal import Terminal
from smtp_nb.classroom.zone import Zone
from smtp_nb.client.smtp import SMTP
from smtp_nb.compose.dkim import DKIM
from smtp_nb.errors import InputError
from smtp_nb.model.display import visible
from smtp_nb.model.enums import TrailDirection
from smtp_nb.sandbox.messages.mailbox import Message

_BOSS, _BEN, _PUPIL = "boss@bank.test", "ben@home.test", "ben@school.test"
_EVES_ADDRESS = "198.51.100.9"
_OWN = f"v=spf1 ip4:{_EVES_ADDRESS} -all"
_WRITTEN = re.compile(r"\s*(\S+@[^\s@/]+)\s*/\s*(\S+@[^\s@/]+)\s*\Z")
_END = r"\r\n"
_EVES_OWN = "crook.test"


@lru_cache(maxsize=1)
def _key() -> SigningKey:
    """The bank's key: making one takes a while, and which it is changes nothing."""
    return signing_key(1024)


def _zone(on: Set[str]) -> Zone:
    zone = Zone(
        {
            "bank.test": {"MX": "10 mx.bank.test"},
            "mx.bank.test": {"A": "192.0.2.1"},
            "home.test": {"MX": "10 mx.home.test"},
            "mx.home.test": {"A": "192.0.2.2"},
            "school.test": {"MX": "10 mx.school.test"},
            "mx.school.test": {"A": "192.0.2.3"},
            "crook.test": {"A": _EVES_ADDRESS, "TXT": _OWN},
            "bank-pay.test": {"A": _EVES_ADDRESS, "TXT": _OWN},
        }
    )
    if "spf" in on:
        zone["bank.test"] = {"MX": "10 mx.bank.test", "TXT": "v=spf1 mx -all"}
    if "dkim" in on:
        zone["s1._domainkey.bank.test"] = {"TXT": _key().record}
    if "dmarc" in on:
        zone["_dmarc.bank.test"] = {"TXT": "v=DMARC1; p=reject"}
    return zone


def _play(written: str, on: Set[str]) -> AttackResult:
    """Deliver Eve's letter to Ben's server, and two of the bank's."""
    found = _WRITTEN.match(written)
    if found is None:
        raise InputError(
            f"{written[:60]!r} does not name two senders",
            remedy="Write that of the envelope, a slash, and that of From: eve@crook.test / "
            + _BOSS,
        )
    envelope, author = found.groups()
    letter = f"From: {author}\r\nSubject: Pay at once\r\n\r\nPay Eve."
    zone = _zone(on)
    with Net(zone) as net:
        with Terminal(net.url("home.test", peer=_EVES_ADDRESS)) as terminal:
            terminal.dialogue(
                f"HELO crook.test\nMAIL FROM:<{envelope}>\nRCPT TO:<{_BEN}>\nDATA\n"
                f"{letter}\n.\nQUIT"
            )
        server = net["home.test"]
        inbox = list(server.messages)
        wire = tuple(
            _row(direction, line, (envelope, author))
            for direction, octets in server.sessions[0].wire
            for line in shown_lines(octets)
        )
    return AttackResult(
        any(map(_is_hostile, inbox)),
        _words(inbox, wire),
        wire,
        tuple(map(_letter, inbox)),
        (
            Control("the bank's letter to Ben", _arrives(_BEN, on)),
            Control("the bank's letter that his school forwards", _arrives(_PUPIL, on)),
        ),
        tuple(_checks(letter.encode(), envelope, zone)),
    )


def _is_hostile(message: Message) -> bool:
    """True if it shows a sender that is not Eve, although she has sent it."""
    is_hers = b"Pay Eve." in message.content
    return is_hers and not _author(message).endswith(f"@{_EVES_OWN}")


def _author(message: Message) -> str:
    return parseaddr(message.parsed["From"] or "")[1]


def _row(direction: TrailDirection, line: str, names: tuple[str, str]) -> WireRow:
    if direction is not TrailDirection.CLIENT:
        return WireRow("Ben's server → Eve", line)
    is_sender = line.startswith(("MAIL FROM", "From"))
    is_false = is_sender and any(name in line and _EVES_OWN not in name for name in names)
    return WireRow("Eve → Ben's server", line, is_false)


def _letter(message: Message) -> InboxRow:
    return InboxRow(
        visible(_author(message)),
        ", ".join(message.rcpt_tos),
        visible(message.subject),
        _is_hostile(message),
        visible(str(message.root.get("Authentication-Results")).partition("; ")[2]),
    )


def _words(inbox: list[Message], wire: tuple[WireRow, ...]) -> str:
    if inbox:
        return f"Ben has a letter, and From says {visible(_author(inbox[0]))}"
    refused = next((row.text for row in wire if row.text.startswith("550 ")), "")
    return f"Ben's server refuses the letter: {refused.partition(_END)[0]}"


def _checks(letter: bytes, envelope: str, zone: Zone) -> list[SenderCheck]:
    """What SPF, DKIM and DMARC say of Eve's letter, by an empty zone and by this one."""
    before, now = (
        authenticate(one, letter, mail_from=envelope, peer=_EVES_ADDRESS, hello="crook.test").rows()
        for one in (_zone(frozenset()), zone)
    )
    return [
        SenderCheck(name, about, old, new, why)
        for (name, about, old, _), (_, _, new, why) in zip(before, now, strict=True)
    ]


def _arrives(recipient: str, on: Set[str]) -> bool:
    """Let the bank write to Ben, at home or by way of his school."""
    with Net(_zone(on), forward={_PUPIL: _BEN}) as net:
        bank = SMTP.from_url(
            net["bank.test"].url,
            from_=_BOSS,
            send_to=recipient,
            subject="Invoice",
            message_text="See you",
            dkim=DKIM("bank.test", "s1", _key().private) if "dkim" in on else None,
        )
        bank.send()
        return len(net["home.test"].messages) == 1


SPOOFING = Plot(
    title="Spoofing",
    story=(
        "Eve writes to Ben as if she were his bank. SMTP asks for no passport: the sender in the"
        " envelope and the one in From are what the client says. What Ben's server can check is"
        " what the bank has published in the DNS."
    ),
    asks="The sender in the envelope, a slash, and that in From",
    presets={
        "both": f"{_BOSS} / {_BOSS}",
        "From alone": f"eve@crook.test / {_BOSS}",
        "a domain that looks alike": "boss@bank-pay.test / boss@bank-pay.test",
        "no attack": "eve@crook.test / eve@crook.test",
    },
    defences={
        "spf": Defence(
            "The bank publishes SPF",
            "Its servers alone may have bank.test in the envelope (RFC 7208). From is not looked"
            " at",
        ),
        "dkim": Defence(
            "The bank signs with DKIM",
            "A signature shows that a letter is the bank's; a letter without one may be too"
            " (RFC 6376)",
        ),
        "dmarc": Defence(
            "The bank publishes DMARC, p=reject",
            "A letter with bank.test in From is refused unless SPF or DKIM speaks for that domain",
        ),
    },
    play=_play,
)
