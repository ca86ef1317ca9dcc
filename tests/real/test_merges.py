"""What a real Postfix delivers of a merge, as three independent parsers read it."""

from __future__ import annotations

import base64
import datetime
import io
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import icalendar
import pandas as pd
import polars as pl
import pytest
from matplotlib.figure import Figure

from judges.parsers import NAMES, Judges
from servers.postfix import Delivered, Postfix
from smtp_nb import Attachment, MailMerge, Template

pytestmark = pytest.mark.real

ANN = '"Müller, Ann" <ann@school.test>'
INVITATION = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//school.test//exams//EN
METHOD:REQUEST
BEGIN:VEVENT
UID:{{ name }}@school.test
DTSTAMP:20261130T090000Z
DTSTART:20261201T100000Z
DTEND:20261201T110000Z
SUMMARY:Exam review of {{ name }}; room 4, second floor, next to the library – bring a pen
ORGANIZER;CN=Teacher:mailto:teacher@school.test
ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{{ address }}
END:VEVENT
END:VCALENDAR
"""


def parsed(delivered: Delivered) -> EmailMessage:
    found = message_from_bytes(delivered.content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def in_python(delivered: Delivered) -> dict[str, Any]:
    """The same as the other two judges say."""
    mail = parsed(delivered)
    text, html = mail.get_body(["plain"]), mail.get_body(["html"])
    assert text is not None
    related = [part for part in mail.walk() if part["Content-ID"]]
    return {
        "html": html.get_content() if html else "",
        "pictures": [str(part["Content-ID"]).strip("<>") for part in related],
        "to": [[box.display_name, box.addr_spec] for box in mail["To"].addresses],
        "subject": str(mail["Subject"]),
        "text": text.get_content(),
        "files": [
            [part.get_filename(), base64.b64encode(part.get_payload(decode=True) or b"").decode()]
            for part in mail.iter_attachments()
        ],
    }


def test_groups_several_to_files_and_return_paths_arrive_as_they_were_meant(
    postfix: Postfix, tmp_path: Path, judges: Judges
) -> None:
    postfix.clear()
    orders = pd.DataFrame(
        {
            "child": ["Zoë", "Ben, Jr.", "Zoë"],
            "mother": [ANN, "bea@school.test", ANN],
            "father": ["cem@school.test", None, "cem@school.test"],
            "item": ["Pen", "Ink", "Größe 5"],
            "price": [1.5, 2.25, 3.0],
        }
    )
    files = [
        Attachment(frame='rows[["item", "price"]]', filename="orders of {{ child }}.csv"),
        Attachment(data=bytes(range(256)), filename="octets.bin"),
    ]
    merge = MailMerge(
        orders,
        Template(
            subject="Orders of {{ child }}",
            markdown="Dear parents of {{ child }},\n\n{{ rows.price | sum }} in all",
            attachments=files,
        ),
        to=["mother", "father"],
        group_by="child",
        from_="Shop <shop@school.test>",
        return_path="bounces+{{ key }}@school.test",
        server=f"smtp://127.0.0.1:{postfix.relay_port}?tls=none",
        journal=tmp_path / "campaign.sqlite",
    )
    assert merge.run(progress=None)["outcome"].tolist() == ["ACCEPTED"] * 3
    arrived = sorted(postfix.messages(), key=lambda one: one.recipient)
    assert [one.recipient for one in arrived] == [f"{n}@school.test" for n in ("ann", "bea", "cem")]
    # One return path for each message, and none for two of them.
    assert arrived[0].sender == arrived[2].sender != arrived[1].sender
    assert all(re.fullmatch(r"bounces\+[0-9a-f]{32}@school\.test", one.sender) for one in arrived)
    octets = base64.b64encode(bytes(range(256))).decode()
    written = {
        "ann": ("Zoë", [["Müller, Ann", "ann@school.test"], ["", "cem@school.test"]], "4.5"),
        "bea": ("Ben, Jr.", [["", "bea@school.test"]], "2.25"),
    }
    sheets = {
        "ann": "item,price\r\nPen,1.5\r\nGröße 5,3.0\r\n",
        "bea": "item,price\r\nInk,2.25\r\n",
    }
    read = judges.read([one.content for one in arrived[:2]])
    for delivered, others in zip(arrived, read, strict=False):
        who = delivered.recipient.partition("@")[0]
        child, to, total = written[who]
        for said in (in_python(delivered), *(others[name] for name in NAMES)):
            assert said["to"] == to
            assert said["subject"] == f"Orders of {child}"
            assert said["text"].split() == f"Dear parents of {child}, {total} in all".split()
            (sheet, other) = said["files"]
            assert sheet[0] == f"orders of {child}.csv"
            assert base64.b64decode(sheet[1]).decode("utf-8-sig") == sheets[who]
            assert other == ["octets.bin", octets]


def test_an_invitation_arrives_as_its_rfcs_want_it(
    postfix: Postfix, tmp_path: Path, judges: Judges
) -> None:
    postfix.clear()
    merge = MailMerge(
        pd.DataFrame({"name": ["Zoë, the 2nd; \\o/"], "email": ["zoe@school.test"]}),
        Template(subject="Review", text="Come", html="<p>Come</p>", calendar=INVITATION),
        to="email",
        from_="Teacher <teacher@school.test>",
        server=f"smtp://127.0.0.1:{postfix.relay_port}?tls=none",
        journal=tmp_path / "campaign.sqlite",
    )
    assert merge.run(progress=None)["outcome"].tolist() == ["ACCEPTED"]
    (delivered,) = postfix.messages()
    (calendar,) = (p for p in parsed(delivered).walk() if p.get_content_type() == "text/calendar")
    # RFC 6047 section 2.4: the method of the object and of its type agree, and the charset is said.
    assert calendar["Content-Type"].params == {"charset": "utf-8", "method": "REQUEST"}
    octets = calendar.get_payload(decode=True)
    assert isinstance(octets, bytes)
    # RFC 5545 section 3.1: lines end with CRLF and have at most 75 octets.
    assert octets.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert max(map(len, octets.split(b"\r\n"))) <= 75
    read = icalendar.Calendar.from_ical(octets)
    (event,) = read.walk("VEVENT")
    assert (read.errors, event.errors) == ([], [])
    # RFC 5546 section 3.2.2: what a REQUEST has to have; and here the organizer is who sends it.
    assert read["METHOD"] == "REQUEST"
    assert {"DTSTAMP", "DTSTART", "ORGANIZER", "SUMMARY", "UID", "ATTENDEE"} <= set(event)
    assert event["ORGANIZER"] == "mailto:teacher@school.test"
    assert event["ATTENDEE"] == "mailto:zoe@school.test"
    assert str(event["SUMMARY"]).startswith("Exam review of Zoë, the 2nd; \\o/; room 4, second")
    assert str(event["UID"]) == "Zoë, the 2nd; \\o/@school.test"
    (others,) = judges.read([delivered.content])
    for said in (in_python(delivered), *(others[name] for name in NAMES)):
        assert said["text"].strip() == "Come"
        (data,) = (data for name, data in said["files"] if name == "invite.ics")
        # postal-mime makes the line ends of what it knows as a calendar its own.
        assert base64.b64decode(data).splitlines() == octets.splitlines()


def test_formats_pictures_and_sheets_of_another_frame_arrive_as_they_were_meant(
    postfix: Postfix, tmp_path: Path, judges: Judges
) -> None:
    postfix.clear()
    (tmp_path / "logo.png").write_bytes(figure([2, 1]))
    orders = pl.DataFrame(
        {
            "name": ["Müller, Zoë", "Müller, Zoë", "Gone"],
            "email": ["zoe@school.test", "Zoe@SCHOOL.test\u200b", "gone@school.test"],
            "item": ["Pen", "=1+1", "Ink"],
            "price": [1234.5, 0.25, 1.0],
            "due": [datetime.date(2026, 12, 24)] * 3,
        }
    )
    merge = MailMerge(
        orders,
        Template(
            subject="{{ rows.price.sum() | money }}",
            markdown="![Logo](logo.png)\n\nbis zum {{ due | date('long') }}:"
            " {{ 0.19 | percent }}\n\n{{ rows[['item', 'price']] | table }}\n\n"
            "{{ plot(rows) | image(alt='Preise') }}",
            attachments={"{{ name }}.xlsx": "{{ rows[['item', 'price']] }}"},
            functions={"plot": lambda rows: figure(rows["price"])},
            attachment_root=tmp_path,
            locale="de_DE",
        ),
        to="{{ name }} <{{ email }}>",
        group_by=["name", "due"],
        suppress=["GONE@school.test"],
        from_="Shop <shop@school.test>",
        server=f"smtp://127.0.0.1:{postfix.relay_port}?tls=none",
        journal=tmp_path / "campaign.sqlite",
    )
    assert merge.run(progress=None)["outcome"].tolist() == ["ACCEPTED", "SKIPPED"]
    (delivered,) = postfix.messages()
    (others,) = judges.read([delivered.content])
    for said in (in_python(delivered), *(others[name] for name in NAMES)):
        assert said["to"] == [["Müller, Zoë", "zoe@school.test"]]
        assert said["subject"].split() == ["1.234,75", "€"]
        assert " ".join(said["text"].split()) == (
            "[Logo] bis zum 24. Dezember 2026: 19 % item price Pen 1234.5 =1+1 0.25 [Preise]"
        )
        shown = re.findall(r'src="cid:([^"]+)"', said["html"])
        assert sorted(shown) == sorted(said["pictures"])
        assert len(set(shown)) == 2
        named = dict(said["files"])
        sheet = pd.read_excel(io.BytesIO(base64.b64decode(named["Müller, Zoë.xlsx"])))
        assert sheet.to_numpy().tolist() == [["Pen", 1234.5], ["=1+1", 0.25]]
    related = [part for part in parsed(delivered).walk() if part["Content-ID"]]
    for picture in related:
        assert bytes(picture.get_payload(decode=True)).startswith(b"\x89PNG\r\n\x1a\n")
    assert len(related) == 2


def figure(values: Any) -> bytes:
    """A plot as the bytes of a picture."""
    drawn, file = Figure(figsize=(1, 1)), io.BytesIO()
    drawn.subplots().plot(list(values))
    drawn.savefig(file)
    return file.getvalue()
