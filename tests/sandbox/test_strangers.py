"""Whatever strangers write, their mail is read, and in a bounded number of steps."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from IPython.lib.pretty import pretty

from sandbox.corpus import CORPUS, ECHO, message, random_message
from smtp_nb.sandbox import SandboxServer
from smtp_nb.sandbox.messages.mailbox import Inbox, Message
from smtp_nb.sandbox.messages.parts import MAX_DEPTH, MAX_FIELDS, MAX_PARTS, parameters, read
from smtp_nb.sandbox.messages.words import UNREADABLE, header_text
from smtp_nb.widgets import InboxView
from smtp_nb.widgets.inbox import opened, summary
from smtp_nb.widgets.letter import MAX_IMAGES

MAX_STEPS = 100_000
MAX_PAGE = 8_000_000
RANDOM = 2_000


class TooManySteps(Exception):
    """The work goes on beyond all bounds."""


def steps(work: Callable[[], object], most: int = MAX_STEPS) -> int:
    """How many calls, of Python's functions and C's, the work takes."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")
        if count > most:
            raise TooManySteps

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def octets(value: object) -> int:
    """What a value weighs on its way to the page."""
    return len(repr(value))


def everything(mail: Message) -> Iterator[object]:
    """All views of one message."""
    inbox = Inbox()
    inbox.add(mail)
    yield mail.subject
    yield summary(0, mail)
    yield opened(0, mail)
    yield mail._repr_html_()
    yield pretty(mail)
    yield repr(mail)
    yield pretty(inbox)
    yield inbox._repr_html_()


def parsed(mail: Message) -> None:
    """All that a user may ask of the parsed view without a guard."""
    for part in mail.parsed.walk():
        for value in part.values():
            str(value)
        part.get_content_type(), part.get_filename(), part.is_multipart()


@pytest.mark.parametrize("name", CORPUS)
def test_no_view_of_a_hostile_message_raises_or_swells(name: str) -> None:
    mail = message(CORPUS[name])
    assert steps(lambda: list(everything(mail))) < MAX_STEPS
    for view in everything(mail):
        assert octets(view) < MAX_PAGE


@pytest.mark.parametrize("name", CORPUS)
def test_the_parsed_view_of_a_hostile_message_is_read_in_bounded_steps(name: str) -> None:
    mail = message(CORPUS[name])
    assert steps(lambda: parsed(mail), 3_000_000) < 3_000_000


def test_two_thousand_random_messages_are_shown() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(RANDOM):
            mail = message(random_message(seed))
            assert steps(lambda mail=mail: list(everything(mail)), 50_000), seed
            assert octets(opened(0, mail)) < 200_000
            parsed(mail)


def test_one_hostile_message_hides_no_other() -> None:
    with SandboxServer() as server:
        for content in (CORPUS["surrogate"], b"Subject: harmless\r\n\r\nhi", *CORPUS.values()):
            server.messages.add(message(content))
        view = InboxView(server)
        sent: list[dict[str, object]] = []
        view.send = lambda content, buffers=None: sent.append(content)
        view.refresh()
        for form in view.static_forms():
            assert len(form) < 100_000
        server.clear()
        for name in ("surrogate", "nested multiparts"):
            server.messages.add(message(CORPUS[name]))
        server.messages.add(message(b"Subject: harmless\r\n\r\nhi"))
        for form in view.static_forms():
            assert "harmless" in form
            assert UNREADABLE in form
        view.close()


def test_a_header_that_cannot_be_read_says_so_in_its_place() -> None:
    mail = message(b"From: ann@x.test\r\nSubject: =?unicode_escape?q?=5Cud800?=\r\n\r\nhi\r\n")
    assert mail.subject == UNREADABLE
    assert opened(0, mail)["headers"] == [["From", "ann@x.test"], ["Subject", UNREADABLE]]
    assert mail.parsed["Subject"] == UNREADABLE
    assert mail.parsed["From"].addresses[0].username == "ann"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?q?Z=C3=BCrich?=", "Zürich"),
        (b"=?UTF-8?B?WsO8cmljaA==?=", "Zürich"),
        (b"=?utf-8*de?q?a_b?=", "a b"),
        (b"a =?utf-8?q?b?= c", "a b c"),
        (b"=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"),
        (b"=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü"),
        (b"=?utf-8?q?=C3=BC?= =?latin1?q?=FC?= x", "üü x"),
        (b"Z\xc3\xbcrich", "Zürich"),
        (b"a\r\n b", "a b"),
        (b"=?utf-8?q?a b?=", "=?utf-8?q?a b?="),
        (b"=?utf-8?b?YWI?=", "ab"),
    ],
)
def test_encoded_words_are_read_as_rfc_2047_says(raw: bytes, text: str) -> None:
    assert header_text(raw) == text


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a/b; charset=utf-8", {"charset": "utf-8"}),
        ('a/b; Name="a \\"b\\"; c"', {"name": 'a "b"; c'}),
        ("a; filename*=utf-8''%C3%BC.txt", {"filename": "ü.txt"}),
        ("a; filename*0*=utf-8''%C3; filename*1*=%BC; filename*2=x", {"filename": "üx"}),
    ],
)
def test_parameters_are_read_as_rfc_2231_says(value: str, found: dict[str, str]) -> None:
    assert {name: text for name, text in parameters(value).items() if "*" not in name} == found


def a_letter() -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"] = "Grüße " * 20, "Bén <ben@x.test>"
    made["To"] = ", ".join(f"Änne {n} <a{n}@x.test>" for n in range(9))
    made.set_content("plain wörds\n.\nFrom here\n")
    made.add_alternative('<p>rich <img src="cid:dot@x"></p>', subtype="html")
    made.get_payload()[1].add_related(b"123", "image", "png", cid="<dot@x>")  # type: ignore[index,union-attr]
    made.add_attachment(b"1,2", maintype="text", subtype="csv", filename="märks.csv")
    inner = EmailMessage()
    inner["Subject"] = "within"
    inner.set_content("inside")
    made.add_attachment(inner)
    return made


@pytest.mark.parametrize(
    "style", [policy.SMTP, policy.SMTPUTF8.clone(cte_type="8bit"), policy.default]
)
def test_sound_mail_is_read_as_the_email_package_reads_it(style: policy.EmailPolicy) -> None:
    raw = a_letter().as_bytes(policy=style)
    ours, theirs = message(raw).parsed, message_from_bytes(raw, policy=policy.default)
    assert ours.as_bytes() == raw.replace(b"\r\n", b"\n")
    for one, other in zip(ours.walk(), theirs.walk(), strict=True):
        assert [(k, str(v)) for k, v in one.items()] == [(k, str(v)) for k, v in other.items()]
        assert one.get_content_type() == other.get_content_type()
        assert one.get_filename() == other.get_filename()
        if one.get_content_maintype() not in ("multipart", "message"):
            assert one.get_content() == other.get_content()
    assert ours["From"].addresses == theirs["From"].addresses


def test_what_lies_beyond_the_bounds_is_said_to_be_left_out() -> None:
    root = read(CORPUS["nested multiparts"])
    depth = 0
    while root.parts:
        root, depth = root.parts[0], depth + 1
    assert (depth, root.is_cut) == (MAX_DEPTH, True)
    many = read(CORPUS["5,000 parts"])
    assert (len(many.parts), many.is_cut) == (MAX_PARTS, True)
    fields = read(CORPUS["60,000 fields"])
    assert (len(fields.fields), fields.is_cut) == (MAX_FIELDS, True)
    assert fields.text(100) == "hi"
    assert ["…", "further header fields are not shown"] in opened(
        0, message(CORPUS["60,000 fields"])
    )["headers"]


def test_images_reach_the_page_within_a_bound_however_often_they_are_named() -> None:
    html = opened(0, message(ECHO))["html"]
    assert "data:image/png;base64," in html
    assert html.count("cid:x") > 300
    assert len(html) < MAX_IMAGES + 10_000


def test_many_recipients_are_counted_not_listed() -> None:
    people = tuple(f"p{n}@x.test" for n in range(1000))
    mail = message(b"\r\n", rcpt_tos=people, rcpt_parameters=({},) * 1000)
    assert "980 more" in repr(mail)
    assert "980 more" in summary(0, mail)["to"]
    assert ["RCPT TO", "and 950 more"] in opened(0, mail)["envelope"]
    assert "and 950 more" in mail._repr_html_()
    assert "and 950 more" in pretty(mail)


def test_a_print_of_a_message_writes_no_control() -> None:
    assert str(message(b"Subject: a\x1b[2J\r\n\r\n\xc2\x9b31m\r\n")) == (
        "Subject: a\\x1b[2J\r\n\r\n\\x9b31m\r\n"
    )
