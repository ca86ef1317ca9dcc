"""Invitations, read back by the icalendar package."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

import icalendar
import pandas as pd
import pytest

from smtp_nb import SMTP
from smtp_nb.errors import InputError
from smtp_nb.merge import MailMerge, Template
from smtp_nb.sandbox import SandboxServer

INVITATION = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//school.test//exams//EN
METHOD:REQUEST
BEGIN:VEVENT
UID:{{ id }}@school.test
DTSTAMP:20261130T090000Z
DTSTART:20261201T{{ hour }}0000Z
SUMMARY:Exam review of {{ name }} – with a very long line that has to be folded somewhere
ORGANIZER:mailto:teacher@school.test
ATTENDEE;CN="{{ name }}";RSVP=TRUE:mailto:{{ email }}
END:VEVENT
END:VCALENDAR
"""
FIXED = INVITATION.replace("{{ id }}", "1").replace("{{ hour }}", "10")
FIXED = FIXED.replace("{{ name }}", "Zoë").replace("{{ email }}", "zoe@school.test")


def merged(name: str) -> MailMerge:
    frame = pd.DataFrame({"name": [name], "email": ["zoe@school.test"], "id": [7], "hour": [10]})
    template = Template(subject="Review", text="Come", html="<p>Come</p>", calendar=INVITATION)
    return MailMerge(frame, template, to="email", from_="teacher@school.test")


def parts(source: bytes) -> list[Any]:
    return list(message_from_bytes(source, policy=policy.default).walk())


def test_an_invitation_is_an_alternative_and_a_file() -> None:
    with SandboxServer() as server:
        merge = merged("Zoë")
        merge.server = SMTP.from_url(server.url)
        merge.run(progress=None)
        found = parts(server.messages[0].content)
    assert [part.get_content_type() for part in found] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar",
        "application/ics",
    ]  # fmt: skip
    calendar, file = found[4], found[5]
    assert calendar["Content-Type"].params == {"charset": "utf-8", "method": "REQUEST"}
    assert file.get_filename() == "invite.ics"
    for octets in (calendar.get_payload(decode=True), file.get_content()):
        assert all(len(line) <= 75 for line in octets.split(b"\r\n"))
        read = icalendar.Calendar.from_ical(octets)
        (event,) = read.walk("VEVENT")
        assert read["METHOD"] == "REQUEST"
        assert event["UID"] == "7@school.test"
        assert event["ATTENDEE"].params["CN"] == "Zoë"
        assert str(event["SUMMARY"]).startswith("Exam review of Zoë – with")


@pytest.mark.parametrize("name", ["Ann\nATTENDEE:mailto:evil@x.test", "a;b,c\\d", "Ann\r\nX:1"])
def test_a_value_is_text_and_no_property(name: str) -> None:
    template = Template(calendar=INVITATION.replace('CN="{{ name }}";', ""), text="t", subject="s")
    frame = pd.DataFrame({"name": [name], "email": ["a@x.test"], "id": [7], "hour": [10]})
    row = MailMerge(frame, template, to="email", from_="t@x.test").preview(1)[0]
    assert row.message is not None
    (event,) = icalendar.Calendar.from_ical(row.message.letter.draft.calendar).walk("VEVENT")
    assert event["ATTENDEE"] == "mailto:a@x.test"
    assert name.replace("\r\n", "\n") in str(event["SUMMARY"])


def test_a_quotation_mark_leaves_no_parameter() -> None:
    problems = merged('x":mailto:evil@x.test').check()
    assert problems["column"].tolist() == ["calendar"]


@pytest.mark.parametrize("kind", ["text", "octets", "object"])
def test_a_message_of_the_component_is_an_invitation(kind: str) -> None:
    given: Any = {
        "text": FIXED,
        "octets": FIXED.encode(),
        "object": icalendar.Calendar.from_ical(FIXED),
    }[kind]
    with SandboxServer() as server, SMTP.from_url(server.url, calendar=given) as smtp:
        smtp.from_, smtp.send_to, smtp.subject = "t@x.test", "a@x.test", "s"
        smtp.message_text = "Come"
        smtp.send()
        assert smtp.clone().calendar == smtp.calendar
        (whole, text, calendar) = parts(server.messages[0].content)
    assert whole.get_content_type() == "multipart/alternative"
    assert text.get_content().strip() == "Come"
    assert calendar["Content-Type"].params["method"] == "REQUEST"
    read = icalendar.Calendar.from_ical(calendar.get_payload(decode=True))
    assert read.walk("VEVENT")[0]["ATTENDEE"].params["CN"] == "Zoë"


@pytest.mark.parametrize(
    "wrong",
    ["hello", FIXED.replace("METHOD:REQUEST\n", ""), FIXED.replace("END:VCALENDAR", ""), 3,
     b"\xff", FIXED.replace("Zoë", "Z\x00"), FIXED.replace("METHOD", "METHOD:PUBLISH\nMETHOD")],
)  # fmt: skip
def test_what_is_no_invitation_is_refused(wrong: Any) -> None:
    with pytest.raises(InputError, match="calendar"):
        SMTP(calendar=wrong)
