"""Invitations, read back by the icalendar package."""

from __future__ import annotations

import datetime
import re
from email import message_from_bytes, policy
from textwrap import indent
from typing import Any

import icalendar
import pandas as pd
import pytest

from smtp_nb import SMTP
from smtp_nb.compose.calendar import calendar_remarks, calendar_text
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


def drafted(calendar: Any, **columns: Any) -> str:
    """The calendar of one row, as it is sent; no problem was found with it."""
    frame = pd.DataFrame({"email": ["a@x.test"], **{name: [v] for name, v in columns.items()}})
    template = Template(subject="s", text="{{ email }}", calendar=calendar)
    merge = MailMerge(frame, template, to="email", from_="t@x.test")
    assert merge.check()["message"].tolist() == []
    message = merge.preview(1)[0].message
    assert message is not None
    return message.letter.draft.calendar


@pytest.mark.parametrize("quotes", ['"', ""])
@pytest.mark.parametrize("name", ['Zoë "Z"; Müller, x:y', 'x":mailto:evil@x.test', "a\nb", "Ann"])
def test_a_value_in_a_parameter_stays_there(name: str, quotes: str) -> None:
    calendar = INVITATION.replace('CN="{{ name }}"', f"CN={quotes}{{{{ name }}}}{quotes}")
    text = drafted(calendar, name=name, id=7, hour=10)
    (event,) = (read := icalendar.Calendar.from_ical(text)).walk("VEVENT")
    assert (read.errors, event.errors) == ([], [])
    assert event["ATTENDEE"] == "mailto:a@x.test"
    assert event["ATTENDEE"].params["CN"] == " ".join(name.replace('"', "'").split())


BERLIN = pd.Timestamp("2026-12-01 10:00", tz="Europe/Berlin")


@pytest.mark.parametrize(
    ("line", "value", "expected"),
    [
        ("DTSTART:{{ x }}", pd.Timestamp("2026-12-01 09:00"), "DTSTART:20261201T090000"),
        ("DTSTART:{{ x }}", BERLIN, "DTSTART:20261201T090000Z"),
        (
            "DTSTART;TZID=Europe/Berlin:{{ x }}",
            BERLIN.tz_convert("UTC"),
            "DTSTART;TZID=Europe/Berlin:20261201T100000",
        ),
        ("DTSTART;VALUE=DATE:{{ x }}", pd.Timestamp("2026-12-01"), "DTSTART;VALUE=DATE:20261201"),
        ("DTSTART;VALUE=DATE:{{ x }}", datetime.date(2026, 12, 1), "DTSTART;VALUE=DATE:20261201"),
        ("DTSTART:{{ x }}", "20261201T090000Z", "DTSTART:20261201T090000Z"),
        ("DURATION:{{ x }}", pd.Timedelta("1h30m"), "DURATION:PT5400S"),
        ("TRIGGER:-{{ x }}", datetime.timedelta(minutes=15), "TRIGGER:-PT900S"),
        ("URL:{{ x }}", "https://x.test/?a=1,2;b", "URL:https://x.test/?a=1,2;b"),
        ("RRULE:{{ x }}", "FREQ=WEEKLY;COUNT=3", "RRULE:FREQ=WEEKLY;COUNT=3"),
        ("GEO:{{ x }}", "52.5;13.4", "GEO:52.5;13.4"),
        ("LOCATION:{{ x }}", "Room 4, left; up", "LOCATION:Room 4\\, left\\; up"),
        ("COMMENT:at {{ x }}", pd.Timestamp("2026-12-01 09:00"), "COMMENT:at 2026-12-01 09:00:00"),
    ],
)
def test_a_value_is_written_as_its_property_wants_it(line: str, value: Any, expected: str) -> None:
    name = re.split("[;:]", line)[0]
    without = re.sub(rf"(?m)^{name}[;:].*\n", "", FIXED)
    zone = "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nEND:VTIMEZONE\nBEGIN:VEVENT"
    text = drafted(
        without.replace("END:VEVENT", f"{line}\nEND:VEVENT").replace("BEGIN:VEVENT", zone), x=value
    )
    assert expected in text.replace("\n ", "").splitlines()


def test_a_line_break_leaves_no_property_that_is_no_text() -> None:
    frame = pd.DataFrame({"email": ["a@x.test"], "x": ["a@x.test\nATTENDEE:mailto:evil@x.test"]})
    template = Template(subject="s", text="t", calendar=FIXED.replace("zoe@school.test", "{{ x }}"))
    problems = MailMerge(frame, template, to="email", from_="t@x.test").check()
    assert "line break" in " ".join(problems["message"])


@pytest.mark.parametrize(
    "given",
    [
        "{{ made }}",
        "{{ make(email) }}",
    ],
)
@pytest.mark.parametrize("kind", [str, bytes, icalendar.Calendar.from_ical])
def test_one_expression_may_give_the_whole_object(given: str, kind: Any) -> None:
    frame = pd.DataFrame({"email": ["a@x.test"], "made": pd.Series([None], dtype=object)})
    made = FIXED.encode() if kind is bytes else kind(FIXED)
    frame.at[0, "made"] = made
    template = Template(
        subject="s", text="{{ email }}", calendar=given, functions={"make": lambda email: made}
    )
    message = MailMerge(frame, template, to="email", from_="t@x.test").preview(1)[0].message
    assert message is not None
    (event,) = icalendar.Calendar.from_ical(message.letter.draft.calendar).walk("VEVENT")
    assert event["SUMMARY"].startswith("Exam review of Zoë")


def test_a_row_without_an_object_has_no_invitation() -> None:
    assert drafted("{{ made | default('') }}", made=None) == ""


@pytest.mark.parametrize(
    "given", [FIXED.encode(), icalendar.Calendar.from_ical(FIXED), f"\n{indent(FIXED, '    ')}    "]
)
def test_a_template_takes_what_the_component_takes(given: Any) -> None:
    assert icalendar.Calendar.from_ical(drafted(given)).walk("VEVENT")


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        ("UID:1@school.test\n", "no UID"),
        ("DTSTAMP:20261130T090000Z\n", "no DTSTAMP"),
        ("DTSTART:20261201T100000Z\n", "no DTSTART"),
        ("ORGANIZER:mailto:teacher@school.test\n", "no ORGANIZER"),
        ('ATTENDEE;CN="Zoë";RSVP=TRUE:mailto:zoe@school.test\n', "no ATTENDEE"),
        ("PRODID:-//school.test//exams//EN\n", "no PRODID"),
        ("VERSION:2.0\n", "no VERSION"),
    ],
)
def test_what_an_invitation_lacks_is_a_warning(gone: str, words: str) -> None:
    assert gone in FIXED
    template = Template(subject="s", text="{{ email }}", calendar=FIXED.replace(gone, ""))
    frame = pd.DataFrame({"email": ["a@x.test"]})
    problems = MailMerge(frame, template, to="email", from_="t@x.test").check()
    assert problems["severity"].tolist() == ["warning"]
    assert words in problems["message"][0]


def test_a_zone_that_is_not_described_is_a_warning() -> None:
    calendar = FIXED.replace("DTSTART:", "DTSTART;TZID=Europe/Berlin:").replace("100000Z", "100000")
    assert [said for said, _ in calendar_remarks(calendar_text(calendar))] == [
        "the calendar has no VTIMEZONE for Europe/Berlin (RFC 5545 section 3.2.19)"
    ]


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
     FIXED.replace("END:VEVENT\n", ""), FIXED.replace("T100000Z", " 10:00"),
     b"\xff", FIXED.replace("Zoë", "Z\x00"), FIXED.replace("METHOD", "METHOD:PUBLISH\nMETHOD")],
)  # fmt: skip
def test_what_is_no_invitation_is_refused(wrong: Any) -> None:
    with pytest.raises(InputError, match="calendar"):
        SMTP(calendar=wrong)
