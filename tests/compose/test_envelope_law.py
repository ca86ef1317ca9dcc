"""The envelope law: a message goes to the mailboxes of its object, and shows what its author wrote.

Messages are made by chance, long names with every special character among them. Three parsers that
are not ours read what is on the wire: Python's, mailparser and postal-mime.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.headerregistry import Address, Group
from email.message import EmailMessage, Message
from email.utils import formataddr
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from judges.parsers import NAMES, Judges
from smtp_nb.compose.given.given_message import GivenMessage, GivenReader
from smtp_nb.errors import InjectionError
from smtp_nb.model.address import CONTROLS

FIELDS = ("To", "Cc", "Bcc")
# Every special of RFC 5322, what looks like an address or an encoded word, and other scripts.
PIECES = [
    *'()<>[]:;@\\,."',
    *"aZ é李😀-_?='",
    " ",
    "evil@attacker.test",
    "<evil@attacker.test>",
    ", evil@attacker.test, ",
    "=?utf-8?q?evil=40attacker=2Etest?=",
    "=?utf-8?b?",
    "?=",
    "long enough to be folded somewhere, and longer",
    "undisclosed: ;",
]
LONG = "evil@attacker.test, a display name that is long enough for the header to be folded here"


@dataclass
class Written:
    """What the author of a message wrote.

    Attributes:
        shown: display name and address of each mailbox, by the name of its field.
    """

    message: Message
    shown: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    subject: str = ""

    @property
    def header(self) -> dict[str, list[tuple[str, str]]]:
        """What readers see of it."""
        return {name: boxes for name, boxes in self.shown.items() if name != "Bcc"}


names = st.lists(st.sampled_from(PIECES), max_size=8).map(
    # A name at whose ends or in whose middle is more than one space is not the same for readers.
    lambda pieces: " ".join("".join(pieces).split())
)
locals_ = st.sampled_from(["a", "b.c", "d+e", "x" * 60, "o'hara", "a_b"])
domains = st.sampled_from(["x.test", "mail.example.test"])
boxes = st.builds(lambda name, local, domain: (name, f"{local}@{domain}"), names, locals_, domains)
groups = st.tuples(names.filter(lambda name: name.strip()), st.lists(boxes, max_size=3))
lists = st.lists(boxes | groups, max_size=4)


def flat(entries: list[Any]) -> list[tuple[str, str]]:
    found = []
    for name, rest in entries:
        found += [(name, rest)] if isinstance(rest, str) else rest
    return found


def address(box: tuple[str, str]) -> Address:
    return Address(box[0], addr_spec=box[1])


def as_objects(entries: list[Any]) -> list[Any]:
    return [
        address((name, rest)) if isinstance(rest, str) else Group(name, tuple(map(address, rest)))
        for name, rest in entries
    ]


def as_text(entries: list[Any]) -> str:
    """As people write it for the older classes: with formataddr, encoded words and all."""
    texts = []
    for name, rest in entries:
        if isinstance(rest, str):
            texts.append(formataddr((name, rest)))
        else:
            members = ", ".join(map(formataddr, rest))
            shown = formataddr((name, "a@b")).rpartition(" <")[0]
            texts.append(f"{shown}: {members};")
    return ", ".join(texts)


def plain(text: str) -> str:
    return text.replace("=?", "=")


@st.composite
def messages(draw: st.DrawFn) -> Written:
    kind = draw(
        st.sampled_from([policy.default, policy.SMTP, policy.SMTPUTF8, policy.compat32]),
    )
    is_old = kind is policy.compat32
    made: Any = Message() if is_old else EmailMessage(policy=kind)
    written = Written(made)
    for name in ("From", "Reply-To", *FIELDS):
        entries = draw(st.lists(boxes, min_size=1, max_size=1) if name == "From" else lists)
        if is_old:
            # An unquoted name of encoded words is one: what it says is what it decodes to.
            entries = [
                (plain(shown), rest if isinstance(rest, str) else [(plain(n), a) for n, a in rest])
                for shown, rest in entries
            ]
        if entries:
            made[name] = as_text(entries) if is_old else as_objects(entries)
            written.shown[name] = flat(entries)
    subject = draw(names)
    # What an older class is given as encoded words goes out as them.
    if subject and not (is_old and "=?" in subject):
        made["Subject"] = subject
        # The other classes decode what they are given.
        written.subject = str(made["Subject"])
    made.set_payload("From here on\r\n.dot\r\n")
    return written


def recipients(found: GivenMessage) -> list[tuple[str, str]]:
    return [(item.kind.name.title(), item.address) for item in found.recipients]


def expected(written: Written) -> list[tuple[str, str]]:
    return [(name, spec) for name in FIELDS for _, spec in written.shown.get(name, [])]


def spaced(name: str) -> str:
    """A name without what Python's parser (as of 3.13) gets wrong: it does not take out the space
    between two encoded words."""
    return "".join(name.split())


def in_python(raw: bytes, name: str) -> list[tuple[str, str]]:
    found = message_from_bytes(raw, policy=policy.default)[name]
    return [(spaced(box.display_name), box.addr_spec) for box in found.addresses]


def test_any_message_goes_to_its_mailboxes_and_three_parsers_read_what_was_written(
    judges: Judges,
) -> None:
    made: list[Written] = []
    wire: list[bytes] = []

    # Slow is the making of messages, by the package.
    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(messages())
    def law(written: Written) -> None:
        if CONTROLS.search(written.subject):  # that of a broken encoded word
            with pytest.raises(InjectionError, match="Subject holds the control character"):
                GivenReader().read(written.message)
            return
        found = GivenReader().read(written.message)
        assert recipients(found) == expected(written)
        assert found.sender.address == written.shown["From"][0][1]
        raw = bytes(found.content)
        assert raw.isascii()
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert re.search(rb"^(resent-)?bcc:", raw, re.IGNORECASE | re.MULTILINE) is None
        assert raw.endswith(b"\r\n\r\nFrom here on\r\n.dot\r\n")
        for name, boxes in written.header.items():
            assert in_python(raw, name) == [(spaced(shown), spec) for shown, spec in boxes]
        subject = message_from_bytes(raw, policy=policy.default)["Subject"]
        assert str(subject or "") == written.subject
        made.append(written)
        wire.append(raw)

    law()
    # One run of node for all of them.
    for written, raw, found in zip(made, wire, judges.read(wire), strict=True):
        for judge in NAMES:
            for name, boxes in written.header.items():
                read = [tuple(box) for box in found[judge][name.lower()]]
                assert read == boxes, (judge, raw)
            assert found[judge]["subject"] == written.subject, (judge, raw)


def test_judges_read_names_whose_words_are_folded(judges: Judges) -> None:
    name = "Prof. Dr. Jörg Müller-Lüdenscheidt, Abteilung für Übergrößen (Straße) <intern>"
    made = EmailMessage()
    made["From"] = Address("Ann", addr_spec="ann@x.test")
    made["To"] = [Address(name, addr_spec="j@x.test"), Address(LONG, addr_spec="to@x.test")]
    made["References"] = f"<{'reference-' * 8}id@mail.test>"
    made["Subject"] = name
    made.set_content("Grüße\n")
    made.add_attachment(b"\0\xff", maintype="application", subtype="zip", filename="Größe.zip")
    raw = bytes(GivenReader().read(made).content)
    (found,) = judges.read([raw])
    for judge in NAMES:
        assert found[judge]["to"] == [[name, "j@x.test"], [LONG, "to@x.test"]]
        assert found[judge]["references"] == made["References"]
        assert found[judge]["subject"] == name
        assert found[judge]["text"].strip() == "Grüße"
        assert found[judge]["files"] == [["Größe.zip", "AP8="]]
