"""Kinds of header fields: every kind, by every way in."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import SMTPUTF8, compat32, default
from typing import Any

import pytest
from pandas import DataFrame

from smtp_nb import MailMerge, Template
from smtp_nb.compose.draft import Draft
from smtp_nb.compose.fields import HeaderStyle
from smtp_nb.compose.given_message import GivenReader
from smtp_nb.compose.kinds import KINDS, Kind, kind_of, write_field
from smtp_nb.compose.message import compose
from smtp_nb.errors import InputError
from smtp_nb.model.address import parse_mailbox

ANN = parse_mailbox("ann@client.test")
LONG_ID = "<reference-to-a-long-but-perfectly-valid-message-id-that-gets-encoded@mail.example.test>"
KEY = "keydata=" + "mQENBFabc/+123" * 60
# name, the value as people write it, what is read from the wire
CARRIED = [
    ("Reply-To", "Jörg <j@x.test>", "Jörg <j@x.test>"),
    ("Reply-To", '"Müller, Jörg" <j@x.test>', '"Müller, Jörg" <j@x.test>'),
    ("Return-Receipt-To", "Jörg <j@x.test>", "Jörg <j@x.test>"),
    ("Errors-To", "Jörg <j@x.test>", "Jörg <j@x.test>"),
    ("Mail-Followup-To", "Team: Jörg <j@x.test>;", "Team: Jörg <j@x.test>;"),
    ("List-Id", "Mitglieder Zürich <zh.list.test>", "Mitglieder Zürich <zh.list.test>"),
    ("References", f"{LONG_ID} {LONG_ID}", f"{LONG_ID} {LONG_ID}"),
    ("In-Reply-To", LONG_ID, LONG_ID),
    ("List-Unsubscribe", "<https://x.test/" + "u" * 90 + ">", "<https://x.test/" + "u" * 90 + ">"),
    ("List-Post", "<mailto:list@x.test>", "<mailto:list@x.test>"),
    ("Archived-At", "<https://x.test/" + "a" * 90 + ">", "<https://x.test/" + "a" * 90 + ">"),
    ("Auto-Submitted", "auto-replied", "auto-replied"),
    ("Autocrypt", f"addr=a@x.test; {KEY}", f"addr=a@x.test; {KEY}"),
    ("X-Course", "Übung 5 für alle", "Übung 5 für alle"),
    ("X-MiXed-CaSe", "ü" * 300, "ü" * 300),
]
REFUSED = [
    ("References", "<ä@x.test>"),
    ("In-Reply-To", "<ä@x.test>"),
    ("List-Unsubscribe", "<mailto:ü@x.test>"),
    ("Archived-At", "<https://x.test/ü>"),
    ("List-Id", "Zürich <zürich.list.test>"),
    ("Auto-Submitted", "größe"),
    ("DKIM-Signature", "v=1; d=ä.test"),
    ("Errors-To", "Jörg j@x.test"),
]


def by_other_headers(name: str, value: str) -> bytes:
    return bytes(compose(Draft(from_=ANN, other_headers=f"{name}: {value}", text="")))


def by_name(name: str, value: str) -> bytes:
    draft = Draft(from_=ANN, headers=((name, value),), replacing=frozenset({name.lower()}), text="")
    return bytes(compose(draft))


def by_message(kind: Any) -> Callable[[str, str], bytes]:
    def write(name: str, value: str) -> bytes:
        made: Any = Message() if kind is compat32 else EmailMessage(policy=kind)
        for field, text in {"From": "ann@x.test", "Bcc": "b@x.test", name: value}.items():
            made[field] = text
        return bytes(GivenReader().read(made).content)

    return write


def by_octets(name: str, value: str) -> bytes:
    raw = f"From: ann@x.test\nBcc: b@x.test\n{name}: {value}\n\n"
    return bytes(GivenReader().read(raw.encode()).content)


def by_template(name: str, value: str) -> bytes:
    given: Any = {"reply_to": value} if name == "Reply-To" else {"headers": {name: value}}
    template = Template(subject="x", text="x", **given)
    merge = MailMerge(DataFrame({"email": ["b@x.test"]}), template, to="email", from_="a@x.test")
    (row,) = merge.preview(1).rows
    if row.message is None:
        raise InputError(row.problem)
    return bytes(row.message.content)


DOORS: dict[str, Callable[[str, str], bytes]] = {
    "other_headers": by_other_headers,
    "by name": by_name,
    "a message": by_message(default),
    "an older message": by_message(compat32),
    "a message with utf8": by_message(SMTPUTF8),
    "octets": by_octets,
    "a template": by_template,
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize(("name", "value", "read"), CARRIED, ids=lambda text: text[:24])
def test_a_field_carries_its_value_through_every_door(door, name, value, read) -> None:
    octets = door(name, value)
    assert octets.isascii()
    head = octets.partition(b"\r\n\r\n")[0]
    assert re.search(rb"^" + name.encode() + rb":", head, re.MULTILINE), "the name keeps its case"
    found = message_from_bytes(octets, policy=default)[name]
    shown = str(found)
    if kind_of(name) is Kind.SIGNATURE:
        shown, read = shown.replace(" ", ""), read.replace(" ", "")
    assert shown == read
    if kind_of(name) not in (Kind.TEXT, Kind.ADDRESSES, Kind.PHRASE_ID):
        assert b"=?" not in head


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_what_cannot_be_encoded_there_is_refused_by_name(door, name, value) -> None:
    with pytest.raises(InputError, match=name) as caught:
        door(name, value)
    assert caught.value.remedy


@pytest.mark.parametrize("name", sorted(KINDS))
def test_no_listed_field_ever_has_a_word_around_what_it_is_about(name: str) -> None:
    kind = kind_of(name.upper())
    value = {
        Kind.ADDRESSES: "Jörg <j@x.test>",
        Kind.PHRASE_ID: "Jörg <j.x.test>",
    }.get(kind, "<j@x.test>")
    written = write_field(name, value, HeaderStyle())
    assert "<j" in written
    if kind not in (Kind.ADDRESSES, Kind.PHRASE_ID):
        with pytest.raises(InputError, match=name):
            write_field(name, "<jö@x.test>", HeaderStyle())


@pytest.mark.parametrize("name", ["X-Unknown", "Subject", "Comments", "Organization"])
def test_the_rest_is_free_text(name: str) -> None:
    assert kind_of(name) is Kind.TEXT
