"""Recipients: To, Cc and Bcc as one list, and three properties that are views of it."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.fronts import Front, letter, said
from smtp_nb import MessageRecipient, Outcome, RecipientType
from smtp_nb.errors import (
    AddressError,
    ExtensionError,
    InjectionError,
    InputError,
    MissingError,
    SettingError,
)
from smtp_nb.sandbox import SandboxServer


def kinds(smtp: Any) -> list[tuple[str, RecipientType]]:
    return [(r.address, r.recipient_type) for r in smtp.message_recipients]


TO, CC, BCC = RecipientType.TO, RecipientType.CC, RecipientType.BCC


@pytest.mark.covers("SMTP.SendTo", "SMTP.Cc", "SMTP.BCc")
def test_assigning_replaces_those_of_that_kind_only(front: Front) -> None:
    smtp = front.make(bcc="e@x.test", send_to="a@x.test, b@x.test", cc=["c@x.test", "d@x.test"])
    assert kinds(smtp) == [
        ("a@x.test", TO),
        ("b@x.test", TO),
        ("c@x.test", CC),
        ("d@x.test", CC),
        ("e@x.test", BCC),
    ]
    smtp.cc = "new@x.test"
    smtp.send_to = ""
    assert kinds(smtp) == [("new@x.test", CC), ("e@x.test", BCC)]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("a@x.test", "a@x.test"),
        ("a@x.test,b@x.test", "a@x.test, b@x.test"),
        ("a@x.test; b@x.test;", "a@x.test, b@x.test"),
        ("Ann <a@x.test>", "Ann <a@x.test>"),
        ('"Lee, Ann" <a@x.test>', '"Lee, Ann" <a@x.test>'),
        ("a@straße.test", "a@xn--strae-oqa.test"),
        ("zoë@x.test", "zoë@x.test"),
        (["a@x.test", "Ben <b@x.test>"], "a@x.test, Ben <b@x.test>"),
        ("", ""),
        ([], ""),
    ],
    ids=str,
)
def test_addresses_are_read_from_a_text_or_a_list(front: Front, given: Any, told: str) -> None:
    smtp = front.make()
    for name in ("send_to", "cc", "bcc"):
        setattr(smtp, name, given)
        assert getattr(smtp, name) == told


@pytest.mark.parametrize(
    "wrong", ["ann", "a@", "@x.test", "a b@x.test", "a@x.test>", "a@x..test", "a@x.test\nBcc: e@x"]
)
def test_what_is_no_address_is_refused_and_changes_nothing(front: Front, wrong: str) -> None:
    smtp = front.make(cc="c@x.test")
    with pytest.raises((AddressError, InjectionError)):
        smtp.cc = f"good@x.test, {wrong}"
    assert smtp.cc == "c@x.test"


@pytest.mark.parametrize("wrong", [5, None, [5], object()])
def test_what_is_no_text_and_no_list_is_refused(front: Front, wrong: Any) -> None:
    with pytest.raises((SettingError, AddressError)):
        front.make(send_to=wrong)


@pytest.mark.covers("SMTP.MessageRecipients")
def test_the_list_is_changed_in_place(front: Front) -> None:
    smtp = front.make(send_to="a@x.test")
    recipients = smtp.message_recipients
    recipients.append("Ben <b@x.test>")
    recipients.append(MessageRecipient("c@x.test", "cc", name="Cay"))
    recipients.insert(0, MessageRecipient("d@x.test", 2))
    assert smtp.send_to == "a@x.test, Ben <b@x.test>"
    assert smtp.cc == "Cay <c@x.test>"
    assert smtp.bcc == "d@x.test"
    del recipients[0]
    recipients[0].address = "z@x.test"
    recipients[1] = MessageRecipient("y@x.test")
    assert (smtp.send_to, smtp.bcc) == ("z@x.test, y@x.test", "")
    recipients.clear()
    assert smtp.send_to == smtp.cc == smtp.bcc == ""
    with pytest.raises(AddressError):
        recipients.append("no address")


@pytest.mark.covers(
    "MessageRecipient.MessageRecipient()",
    "MessageRecipient.MessageRecipient(address)",
    "MessageRecipient.MessageRecipient(address, recipientType)",
)
def test_a_recipient_is_made_empty_or_of_an_address_and_a_type() -> None:
    empty = MessageRecipient()
    with pytest.raises(AddressError) as caught:
        empty.as_recipient()
    assert caught.value.code == 165
    empty.address = "a@x.test"
    assert empty == MessageRecipient("a@x.test") == MessageRecipient("a@x.test", 0)
    made = MessageRecipient("a@x.test", 1).as_recipient()
    assert (made.address, made.kind) == ("a@x.test", CC)


@pytest.mark.parametrize("kind", ["bcc", "Bcc", 2, RecipientType.BCC])
def test_the_kind_of_a_recipient_is_read_when_it_is_assigned_too(front: Front, kind: Any) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port, send_to="to@x.test, hidden@x.test"))
        smtp.message_recipients[1].recipient_type = kind
        assert smtp.message_recipients[1].recipient_type is RecipientType.BCC
        receipt = front.run(smtp.send())
        (message,) = server.messages
    assert [r.kind for r in receipt.recipients] == [TO, BCC]
    assert message.rcpt_tos == ("to@x.test", "hidden@x.test")
    assert b"hidden" not in message.content
    with pytest.raises(SettingError):
        smtp.message_recipients[0].recipient_type = "blind"


def test_what_was_changed_in_place_is_checked_before_a_connection(front: Front) -> None:
    with SandboxServer() as server:
        for change in ({"address": "no"}, {"address": ""}, {"options": "X"}, {"name": "a\r\nb"}):
            smtp = front.make(**letter(server.port))
            for name, value in change.items():
                setattr(smtp.message_recipients[0], name, value)
            with pytest.raises(InputError):
                front.run(smtp.send())
        assert len(server.sessions) == 0


@pytest.mark.parametrize("options", ["NOTIFY=SUCCESS,FAILURE", "NOTIFY SUCCESS,FAILURE"])
def test_options_of_a_recipient_go_to_a_server_that_knows_them(front: Front, options: str) -> None:
    with SandboxServer() as server, SandboxServer(without=["DSN"]) as simple:
        smtp = front.make(**letter(server.port))
        smtp.message_recipients[0].options = options
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
        assert server.messages[0].rcpt_parameters[0]["NOTIFY"] == "SUCCESS,FAILURE"
        smtp.mail_port = simple.port
        with pytest.raises(ExtensionError, match="DSN"):
            front.run(smtp.send())
        assert simple.messages == []


@pytest.mark.parametrize("group", ["undisclosed-recipients:;", '"Our team, all": ;', "Zürich:;"])
def test_a_group_without_members_is_a_to_field(front: Front, group: str) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port, send_to=group, bcc="b@x.test"))
        assert smtp.send_to == group
        front.run(smtp.send())
        (arrived,) = server.messages
        assert arrived.rcpt_tos == ("b@x.test",)
        (found,) = arrived.parsed["To"].groups
        assert (found.display_name, found.addresses) == (group.split(":")[0].strip('"'), ())
    smtp.send_to = "c@x.test"
    assert smtp.send_to == "c@x.test"
    smtp.send_to = group
    smtp.reset_headers()
    assert smtp.send_to == ""


def test_no_recipient_is_error_165(front: Front) -> None:
    smtp = front.make(**letter(25, send_to=""))
    with pytest.raises(MissingError) as caught:
        front.run(smtp.send())
    assert caught.value.code == 165


@pytest.mark.covers("MessageRecipient.Options")
@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ("NOTIFY=NEVER", "NOTIFY=NEVER"),
        ("NOTIFY SUCCESS,FAILURE,DELAY", "NOTIFY=SUCCESS,FAILURE,DELAY"),
        ("notify delay", "notify=delay"),
        ("NOTIFY=FAILURE ORCPT=rfc822;b+2Bc@x.test", "NOTIFY=FAILURE ORCPT=rfc822;b+2Bc@x.test"),
        ("ORCPT utf-8;b\\x{e9}@x.test", "ORCPT=utf-8;b\\x{e9}@x.test"),
    ],
)
def test_options_are_those_of_rfc_3461(front: Front, options: str, sent: str) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        smtp.message_recipients[0].options = options
        assert front.run(smtp.send())
        assert f"RCPT TO:<ben@example.test> {sent}" in said(server)


@pytest.mark.covers("MessageRecipient.Options")
@pytest.mark.parametrize(
    "options",
    ["NOTIFY=", "NOTIFY=MAYBE", "NOTIFY=NEVER,DELAY", "NOTIFY=SUCCESS, DELAY", "NOTIFY", "ORCPT=x",
     "ORCPT=rfc822;a b", "ORCPT=rfc822;a+zz", "NOTIFY=DELAY NOTIFY=NEVER", "A=b\r\nRSET", "A==b"],
)  # fmt: skip
def test_other_options_are_refused_before_a_connection(front: Front, options: str) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        smtp.message_recipients[0].options = options
        with pytest.raises(InputError):
            front.run(smtp.send())
        assert len(server.sessions) == 0
