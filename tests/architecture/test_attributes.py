"""An attribute that an object does not have is refused, on every public object."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from inspect import signature
from typing import Any

import pandas as pd
import pytest

import smtp_nb
import smtp_nb.classroom
import smtp_nb.merge
import smtp_nb.sandbox
from smtp_nb import (
    DKIM,
    SMTP,
    AsyncSMTP,
    Attachment,
    Certificate,
    Firewall,
    Header,
    MailMerge,
    MessageRecipient,
    Outcome,
    PITrailEvent,
    Receipt,
    RecipientResult,
    Template,
    Trail,
    TrailDirection,
)
from smtp_nb.classroom import (
    Attack,
    Authentication,
    ClassLog,
    Classroom,
    ClientStepper,
    HexDump,
    Lesson,
    Net,
    Poll,
    Quiz,
    Score,
    SigningKey,
    Stepper,
    StrangerLimits,
    Student,
    Tap,
    Terminal,
    Zone,
)
from smtp_nb.classroom.exercises.exercise import Exercise
from smtp_nb.errors import AttributeRefused, InputError, SettingError
from smtp_nb.merge import MergeJob, Options, Progress, Summary
from smtp_nb.merge.results.throughput import Throughput
from smtp_nb.model import events
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.receipt import TLSInfo
from smtp_nb.sandbox import Fault, Inbox, Limits, Message, SandboxServer, Session


def merge() -> MailMerge:
    frame = pd.DataFrame({"email": ["a@x.test"]})
    return MailMerge(frame, Template(subject="Hi", text="Hello"), to="email", from_="b@x.test")


def bare(kind: type) -> Any:
    """An object that nobody has filled: it is about its names alone."""
    return kind.__new__(kind)


MAKERS: dict[type, Callable[[], Any]] = {
    SMTP: SMTP,
    AsyncSMTP: AsyncSMTP,
    Attachment: lambda: Attachment(data=b"x", filename="x.txt"),
    Certificate: Certificate,
    Firewall: Firewall,
    Header: Header,
    MessageRecipient: MessageRecipient,
    MailMerge: merge,
    Template: Template,
    Trail: Trail,
    PITrailEvent: lambda: PITrailEvent(TrailDirection.CLIENT, "NOOP", datetime.now(UTC)),
    RecipientResult: lambda: RecipientResult("a@x.test", RecipientType.TO, Outcome.ACCEPTED),
    Inbox: Inbox,
    SandboxServer: SandboxServer,
    Limits: Limits,
    type(SMTP().settings): lambda: SMTP().settings,
    type(SMTP().on_pi_trail): lambda: SMTP().on_pi_trail,
    Lesson: lambda: bare(Lesson),
    Authentication: lambda: bare(Authentication),
    Net: lambda: bare(Net),
    SigningKey: lambda: SigningKey("", ""),
    Zone: Zone,
    Score: lambda: Score(Exercise("1.1", "say hello", 1, lambda seen: iter(())), ()),
    Session: lambda: Session(1, "127.0.0.1:9", ()),
    Options: Options,
    Progress: lambda: Progress(0, 1),
    Summary: lambda: Summary("merge", {}),
    Throughput: Throughput,
    Student: lambda: Student("ann", ()),
    StrangerLimits: StrangerLimits,
    Poll: lambda: Poll("?", ("a", "b"), None, list),
    **{
        kind: lambda kind=kind: bare(kind)
        for kind in (
            Attack,
            ClientStepper,
            DKIM,
            Classroom,
            ClassLog,
            Fault,
            HexDump,
            MergeJob,
            Message,
            Quiz,
            Receipt,
            Stepper,
            Tap,
            Terminal,
            TLSInfo,
        )
    },
}
EVENTS = [kind for name, kind in vars(events).items() if name.endswith("Event") and name != "Event"]
MAKERS |= {kind: lambda kind=kind: bare(kind) for kind in EVENTS if kind is not PITrailEvent}


def public_classes() -> set[type]:
    """Everything that a user can hold, but for values that nobody fills: numbers and errors."""
    rooms = (smtp_nb, smtp_nb.sandbox, smtp_nb.merge, smtp_nb.classroom)
    found = [getattr(room, name) for room in rooms for name in room.__all__]
    kinds = {item for item in found if isinstance(item, type)}
    return {kind for kind in kinds if not issubclass(kind, Enum | Exception)}


def test_every_public_class_is_looked_at() -> None:
    assert public_classes() <= MAKERS.keys()


@pytest.mark.parametrize("kind", MAKERS, ids=lambda kind: kind.__name__)
def test_an_unknown_attribute_is_refused_with_the_nearest_name(kind: type) -> None:
    item = MAKERS[kind]()
    public = sorted(name for name in dir(kind) if name[0] != "_")
    known = max(public, key=len) if public else ""
    mistyped = known[:-2] + known[-1:] if known else "anything"
    for act in (
        lambda name: setattr(item, name, "Zugang geheim"),
        lambda name: getattr(item, name),
    ):
        for name in (mistyped, "qqqqqqqq"):
            with pytest.raises(AttributeRefused) as caught:
                act(name)
            error = caught.value
            assert isinstance(error, SettingError)
            assert isinstance(error, AttributeError)
            assert kind.__name__ in str(error)
            assert repr(name) in str(error)
            assert error.remedy
            assert "geheim" not in str(error)
            if name == mistyped and known:
                assert f"Did you mean {known}?" == error.remedy
    assert not hasattr(item, mistyped)


WORDS = {
    "SSLStartMode": "ssl_start_mode",
    "MailServer": "mail_server",
    "BCc": "bcc",
    "From": "from_",
    "Subject": "subject",
    "PITrail": "on_pi_trail",
    "OnPITrail": "on_pi_trail",
    "on_pitrail": "on_pi_trail",
    "on_pi_trial": "on_pi_trail",
    "subjet": "subject",
    "message_txt": "message_text",
    "text": "message_text",
    "body": "message_text",
    "html": "message_html",
    "markdown": "message_markdown",
    "to": "send_to",
    "recipients": "send_to",
    "from_addr": "from_",
    "attachment": "attachments",
    "files": "attachments",
    "host": "mail_server",
    "port": "mail_port",
    "username": "user",
    "passwd": "password",
    "starttls": "ssl_start_mode",
    "proxy": "firewall",
    "SendCommand": "send_command",
    "sendmail": "send",
    "headers": "other_headers",
    "date": "message_date",
    "charset": 'settings["Charset"]',
    "KeepQueue": 'settings["KeepQueue"]',
    "allow_clear_text_auth": 'settings["AllowClearTextAuth"]',
    "FirewallHost": "firewall.host",
}


@pytest.mark.parametrize(("word", "ours"), WORDS.items())
def test_the_words_of_others_lead_to_ours(word: str, ours: str) -> None:
    smtp = SMTP()
    for act in (lambda: setattr(smtp, word, 2), lambda: getattr(smtp, word)):
        with pytest.raises(AttributeRefused) as caught:
            act()
        assert ours in caught.value.remedy


@pytest.mark.parametrize("word", ["text", "mail_sever", "charset", "SSLStartMode", "to"])
def test_a_keyword_leads_where_the_attribute_leads(word: str) -> None:
    with pytest.raises(SettingError) as caught:
        SMTP(**{word: "x"})
    assert WORDS.get(word, "mail_server") in caught.value.remedy


# A score is made by a check, and what a stepper takes besides is the component's.
MADE_BY_USERS = sorted(public_classes() - {Score, ClientStepper}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", MADE_BY_USERS, ids=lambda kind: kind.__name__)
def test_an_unknown_argument_is_refused_with_the_nearest_name(kind: type) -> None:
    known = [
        parameter.name
        for parameter in signature(kind).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        and parameter.name[0] != "_"
    ]
    for name in known[-1:]:
        mistyped = f"{name[:-1]}q{name[-1:]}"
        with pytest.raises(SettingError) as caught:
            kind(**{mistyped: "Zugang geheim"})
        assert repr(mistyped) in str(caught.value)
        assert name in caught.value.remedy
        assert "geheim" not in str(caught.value)


FOREIGN = {
    "Template(body=)": (lambda: Template(body="x"), "text"),
    "Template(title=)": (lambda: Template(title="x"), "subject"),
    "MailMerge(sever=)": (lambda: MailMerge([], merge_template(), to="e", sever="x"), "server"),
    "server.refuze": (lambda: setattr(SandboxServer(), "refuze", ()), "SandboxServer(refuse=…)"),
    "server.tsl": (lambda: setattr(SandboxServer(), "tsl", ()), "SandboxServer(tls=…)"),
    "merge.suppress": (lambda: setattr(merge(), "suppress", ()), "MailMerge(…, suppress=…)"),
    "merge.template": (lambda: setattr(merge(), "template", None), "MailMerge(…, template=…)"),
}


def merge_template() -> Template:
    return Template(subject="Hi", text="Hello")


@pytest.mark.parametrize("case", FOREIGN)
def test_what_was_meant_is_named_at_every_door(case: str) -> None:
    act, ours = FOREIGN[case]
    with pytest.raises(SettingError) as caught:
        act()
    assert ours in caught.value.remedy


SECRET = "Zugang-geheim"
WRONG_TYPES: dict[str, Callable[[], Any]] = {
    "Attachment.path": lambda: Attachment(path=5),
    "Attachment.filename": lambda: Attachment(data=b"x", filename=b"x"),
    "Attachment.cid": lambda: Attachment(data=b"x", filename="x", cid=["x"]),
    "Template.subject": lambda: Template(subject=["x"], text="x"),
    "Template.cc": lambda: Template(subject="x", text="x", cc=["a@x.test"]),
    "Template.headers": lambda: Template(subject="x", text="x", headers={"X-A": 5}),
    "Template.attachments": lambda: Template(subject="x", text="x", attachments=5),
    "Template.timezone": lambda: Template(subject="x", text="x", timezone=5),
    "MailMerge.template": lambda: MailMerge([], "x", to="email"),
    "MailMerge.from_": lambda: MailMerge([], merge_template(), to="email", from_=5),
    "MailMerge.limit": lambda: MailMerge([], merge_template(), to="email", limit="x"),
    "run.limit": lambda: merge().run(limit=1.5),
    "run.only_to": lambda: merge().run(only_to=b"x"),
    "run.domain_rates": lambda: merge().run(domain_rates=["x"]),
    "run.quiet_hours": lambda: merge().run(quiet_hours=5),
    "merge.preview": lambda: merge().preview("x"),
    "merge.save": lambda: merge().save(5),
    "merge.resolve": lambda: merge().resolve("a@x.test", 5),
    "SandboxServer.auth": lambda: SandboxServer(auth={"ann": [SECRET]}),
    "SandboxServer.without": lambda: SandboxServer(without=5),
    "SandboxServer.limits": lambda: SandboxServer(limits=5),
    "server.inject": lambda: SandboxServer().inject("reply", code="x"),
    "Header.value": lambda: Header("X-A", 5),
    "DKIM.key": lambda: DKIM("x.test", "s", 5),
    "Certificate.source": lambda: Certificate(source=[SECRET]),
    "certificate.encoded": lambda: setattr(Certificate(), "encoded", 5),
    "explain": lambda: smtp_nb.explain(5.5),
    "from_url": lambda: SMTP.from_url(5),
    "verify": lambda: SMTP().verify(5),
    "expand": lambda: AsyncSMTP.from_url(["x"]),
    "send_command": lambda: SMTP().send_command(b"NOOP"),
    "queue": lambda: SMTP().queue(5),
    "process_queue": lambda: SMTP().process_queue(5),
}


@pytest.mark.parametrize("door", WRONG_TYPES)
def test_a_wrong_type_is_refused_where_it_is_given(door: str) -> None:
    with pytest.raises(SettingError) as caught:
        WRONG_TYPES[door]()
    assert isinstance(caught.value, TypeError)
    assert caught.value.remedy
    assert SECRET not in str(caught.value)
    no_frame_shows_the_secret(caught.value)


def no_frame_shows_the_secret(error: Exception) -> None:
    for frame, _line in traceback.walk_tb(error.__traceback__):
        if "/smtp_nb/" in frame.f_code.co_filename:
            texts = [v for v in frame.f_locals.values() if isinstance(v, str | list | dict | tuple)]
            assert SECRET not in repr(texts)


def test_a_refused_login_by_hand_leaves_nothing_in_a_frame() -> None:
    for act in (
        lambda: SMTP().send_command(f"AUTH PLAIN {SECRET}"),
        lambda: asyncio.run(AsyncSMTP().send_command(f"AUTH PLAIN {SECRET}")),
        lambda: DKIM("x.test", "s", SECRET),
    ):
        with pytest.raises(InputError) as caught:
            act()
        no_frame_shows_the_secret(caught.value)


@pytest.mark.parametrize("option", Options.__dataclass_fields__)
def test_an_option_is_given_to_a_run_and_not_assigned(option: str) -> None:
    with pytest.raises(AttributeRefused, match=rf"run\({option}=…\)"):
        setattr(merge(), option, 1)


@pytest.mark.parametrize("argument", ["refuse", "auth", "tls", "without", "max_size", "lists"])
def test_an_argument_of_the_sandbox_is_given_when_it_is_made(argument: str) -> None:
    with pytest.raises(AttributeRefused, match=rf"SandboxServer\({argument}=…\)"):
        setattr(SandboxServer(), argument, ())


def test_what_can_only_be_read_says_so() -> None:
    for item, name in ((SMTP(), "last_reply"), (SMTP(), "extensions"), (merge(), "name")):
        with pytest.raises(AttributeRefused, match="can only be read"):
            setattr(item, name, "x")


def test_a_property_that_refuses_to_be_read_says_why_itself() -> None:
    with pytest.raises(AttributeError, match="can only be assigned"):
        _ = SMTP().command


def test_a_subclass_declares_its_own_attributes() -> None:
    class Mine(SMTP):
        course: str = ""
        room: int

    mine = Mine(subject="x")
    mine.course, mine.room, mine._private = "7b", 3, 1
    assert (mine.course, mine.room) == ("7b", 3)
    with pytest.raises(AttributeRefused):
        mine.cuorse = "7b"
