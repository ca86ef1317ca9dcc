"""Message properties and settings: what a server gets because of each."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.fronts import Front, letter
from smtp_nb import Header, Importance, MessageRecipient, Priority, RecipientType, Sensitivity
from smtp_nb.errors import RefusedError
from smtp_nb.sandbox import SandboxServer

PRIORITIES = {name: [f"SMTP.{name.title()}"] for name in ("importance", "priority", "sensitivity")}
LONG = "word " * 40 + "end"


def sent(front: Front, settings: dict[str, str] | None = None, **properties: Any) -> Any:
    """Send a letter with these; gives what the server got."""
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port, **properties))
        for name, value in (settings or {}).items():
            smtp.config(f"{name}={value}")
        assert front.run(smtp.send())
        return server.messages[0]


def row(name: str, prop: str, value: Any, header: str, shown: str | None) -> Any:
    # A value of an enumeration shows its property too.
    names = {name, *PRIORITIES.get(prop, ())}
    marks = pytest.mark.covers(*names)
    return pytest.param(prop, value, header, shown, marks=marks, id=f"{prop}={value!s}")


DATE = "Fri, 01 Mar 2024 21:24:52 +0100"
HEADERS = [
    row("SMTP.From", "from_", "Ann Lee <ann@x.test>", "From", "Ann Lee <ann@x.test>"),
    row("SMTP.SendTo", "send_to", "b@x.test; c@x.test", "To", "b@x.test, c@x.test"),
    row("SMTP.Cc", "cc", "Cy <c@x.test>", "Cc", "Cy <c@x.test>"),
    row("SMTP.BCc", "bcc", "eve@x.test", "Bcc", None),
    row("SMTP.ReplyTo", "reply_to", "r@x.test", "Reply-To", "r@x.test"),
    row("SMTP.Subject", "subject", "Grüße", "Subject", "Grüße"),
    row("SMTP.Subject", "subject", "", "Subject", None),
    row(
        "SMTP.ReadReceiptTo",
        "read_receipt_to",
        "r@x.test",
        "Disposition-Notification-To",
        "r@x.test",
    ),
    row(
        "SMTP.DeliveryNotificationTo",
        "delivery_notification_to",
        "r@x.test",
        "Return-Receipt-To",
        "r@x.test",
    ),
    row("SMTP.MessageDate", "message_date", DATE, "Date", DATE),
    row("SMTP.MessageDate", "message_date", "", "Date", None),
    row("SMTP.MessageId", "message_id", "<1@x.test>", "Message-ID", "<1@x.test>"),
    row("SMTP.MessageId", "message_id", "", "Message-ID", None),
    row("SmtpImportances.miUnspecified", "importance", Importance.UNSPECIFIED, "Importance", None),
    row("SmtpImportances.miHigh", "importance", Importance.HIGH, "Importance", "high"),
    row("SmtpImportances.miNormal", "importance", Importance.NORMAL, "Importance", "normal"),
    row("SmtpImportances.miLow", "importance", Importance.LOW, "Importance", "low"),
    row("SmtpPriorities.epUnspecified", "priority", Priority.UNSPECIFIED, "Priority", None),
    row("SmtpPriorities.epNormal", "priority", Priority.NORMAL, "Priority", "normal"),
    row("SmtpPriorities.epUrgent", "priority", Priority.URGENT, "Priority", "urgent"),
    row("SmtpPriorities.epNonUrgent", "priority", Priority.NON_URGENT, "Priority", "non-urgent"),
    row(
        "SmtpSensitivities.esUnspecified",
        "sensitivity",
        Sensitivity.UNSPECIFIED,
        "Sensitivity",
        None,
    ),
    row(
        "SmtpSensitivities.esPersonal",
        "sensitivity",
        Sensitivity.PERSONAL,
        "Sensitivity",
        "Personal",
    ),
    row(
        "SmtpSensitivities.esPrivate", "sensitivity", Sensitivity.PRIVATE, "Sensitivity", "Private"
    ),
    row(
        "SmtpSensitivities.esCompanyConfidential",
        "sensitivity",
        Sensitivity.COMPANY_CONFIDENTIAL,
        "Sensitivity",
        "Company-Confidential",
    ),
    row("SMTP.OtherHeaders", "other_headers", "X-Course: 7", "X-Course", "7"),
    row("SMTP.OtherHeaders", "other_headers", "\nX-Course: 7", "Subject", None),
]


@pytest.mark.parametrize(("prop", "value", "header", "shown"), HEADERS)
def test_a_property_is_a_header_field(front: Front, prop, value, header, shown):
    message = sent(front, **{prop: value})
    found = message.parsed[header]
    assert (None if found is None else str(found)) == shown


@pytest.mark.covers("SMTP.MessageDate")
@pytest.mark.covers("SMTP.MessageId")
def test_a_star_makes_a_date_and_an_id_of_its_own(front: Front):
    first, second = (sent(front).parsed for _ in range(2))
    assert first["Date"].datetime.tzinfo is not None
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Message-ID"].endswith("@example.test>")


@pytest.mark.covers("SMTP.MessageIdAlgorithm")
@pytest.mark.parametrize(("name", "digits"), [("MD5", 32), ("SHA1", 40), ("SHA256", 64)])
def test_the_algorithm_makes_the_message_id(front: Front, name, digits):
    found = sent(front, {"MessageIdAlgorithm": name}).parsed["Message-ID"]
    assert len(found.strip("<>").partition("@")[0]) == digits


@pytest.mark.covers("SMTP.ReturnPath")
@pytest.mark.covers("SMTP.From")
def test_the_return_path_is_the_sender_of_the_envelope(front: Front):
    assert sent(front).mail_from == "ann@example.test"
    message = sent(front, return_path="bounces@x.test")
    assert message.mail_from == "bounces@x.test"
    assert str(message.parsed["From"]) == "ann@example.test"


@pytest.mark.covers("SMTP.Charset")
@pytest.mark.parametrize(("charset", "word"), [("iso-8859-1", "iso-8859-1"), ("", "utf-8")])
def test_the_charset_is_that_of_header_and_text(front: Front, charset, word):
    message = sent(front, {"Charset": charset}, subject="Grüße", message_text="über")
    head = message.content.partition(b"\r\n\r\n")[0].lower()
    assert f"=?{word}?".encode() in head
    assert f"charset={word}".encode() in head.replace(b'"', b"")
    assert str(message.parsed["Subject"]) == "Grüße"
    assert message.parsed.get_content().strip() == "über"


@pytest.mark.covers("SMTP.FoldHeaders")
@pytest.mark.covers("SMTP.MaxHeaderLength")
@pytest.mark.parametrize(
    ("settings", "longest"),
    [({}, 80), ({"MaxHeaderLength": "60"}, 60), ({"FoldHeaders": "False"}, 1000)],
)
def test_header_lines_are_folded_at_their_length(front: Front, settings, longest):
    message = sent(front, settings, subject=LONG)
    lines = message.content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    # A Message-ID is one word, and cannot be folded.
    lengths = [len(line) + 2 for line in lines if not line.startswith((b"Message-ID", b" <"))]
    assert max(lengths) <= longest
    assert (max(lengths) > 80) is (longest == 1000)
    assert str(message.parsed["Subject"]) == LONG


@pytest.mark.covers("SMTP.Message")
@pytest.mark.covers("SMTP.MessageB")
@pytest.mark.parametrize("prop", ["message", "message_b"])
def test_a_raw_message_is_sent_untouched(front: Front, prop):
    raw = b"subject:odd\r\nX-8bit: 1\r\n\r\n.dot\r\n..two\r\n\xff\xfe\r\n"
    with SandboxServer(without=["CHUNKING"]) as server:
        smtp = front.make(**letter(server.port))
        setattr(smtp, prop, raw)
        assert smtp.message_b == raw
        assert front.run(smtp.send())
        assert server.messages[0].content == raw


@pytest.mark.covers("SMTP.MessageText")
def test_lines_that_begin_with_a_dot_arrive_as_they_were(front: Front):
    text = ".one\n..two\n.\nthree\n"
    with SandboxServer(without=["CHUNKING"]) as server:
        smtp = front.make(**letter(server.port, message_text=text))
        assert front.run(smtp.send())
        assert server.messages[0].parsed.get_content().replace("\r\n", "\n") == text


# -- headers told beforehand --------------------------------------------------------------------


@pytest.mark.covers("SMTP.MessageHeaders")
@pytest.mark.covers("SMTP.MessageHeadersString")
@pytest.mark.covers("Header.Field")
@pytest.mark.covers("Header.Value")
def test_the_headers_are_told_as_they_will_be_sent(front: Front):
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port), message_id="<1@x.test>", message_date=DATE)
        smtp.other_headers = "X-A: b\n c"
        told = smtp.message_headers_string
        fields = smtp.message_headers
        front.run(smtp.send())
        content = server.messages[0].content
    assert content.startswith(told.encode() + b"\r\n")
    assert Header("Subject", "Hello") in fields
    assert Header("X-A", "b c") in fields
    assert [field.field for field in fields][:2] == ["Date", "From"]


@pytest.mark.covers("Header.Header()", "Header.Header(field, value)")
def test_a_header_is_two_texts():
    header = Header()
    header.field, header.value = "X-A", "b"
    assert header == Header("X-A", "b")


# -- recipients ---------------------------------------------------------------------------------


@pytest.mark.covers("SMTP.MessageRecipients")
@pytest.mark.covers("MessageRecipient.Address")
@pytest.mark.covers("MessageRecipient.Name")
@pytest.mark.covers("MessageRecipient.Options")
@pytest.mark.covers("MessageRecipient.RecipientType")
def test_recipients_by_type_with_options(front: Front):
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        smtp.message_recipients.append(MessageRecipient("c@x.test", 1, name="Cy"))
        smtp.message_recipients.append(MessageRecipient("b@x.test", "bcc", options="NOTIFY=NEVER"))
        assert (smtp.cc, smtp.bcc) == ("Cy <c@x.test>", "b@x.test")
        assert [r.recipient_type for r in smtp.message_recipients] == list(RecipientType)
        assert front.run(smtp.send())
        message, session = server.messages[0], server.sessions[0]
    assert list(message.rcpt_tos) == ["ben@example.test", "c@x.test", "b@x.test"]
    assert message.parsed["Bcc"] is None
    assert "RCPT TO:<b@x.test> NOTIFY=NEVER" in str(session)


@pytest.mark.covers("SMTP.AllowEmptyTo")
@pytest.mark.parametrize("prop", ["cc", "bcc"])
def test_with_allow_empty_to_cc_or_bcc_suffice(front: Front, prop):
    message = sent(front, {"AllowEmptyTo": "True"}, send_to="", **{prop: "b@x.test"})
    assert list(message.rcpt_tos) == ["b@x.test"]
    assert message.parsed["To"] is None


SWITCHES = [
    ("StopOnToErrors", "send_to", True),
    ("StopOnCcErrors", "cc", True),
    ("StopOnBccErrors", "bcc", False),
]


@pytest.mark.parametrize(
    ("switch", "prop", "stops"),
    [pytest.param(*r, marks=pytest.mark.covers(f"SMTP.{r[0]}"), id=r[0]) for r in SWITCHES],
)
@pytest.mark.parametrize("value", [None, True, False])
def test_a_switch_decides_whether_a_refusal_stops_the_message(
    front: Front, switch, prop, stops, value
):
    with SandboxServer(refuse=["nobody@*"]) as server:
        smtp = front.make(**letter(server.port, send_to="a@x.test"))
        setattr(smtp, prop, f"{smtp.send_to if prop == 'send_to' else 'c@x.test'}, nobody@x.test")
        errors: list[Any] = []
        smtp.on_error += errors.append
        if value is not None:
            smtp.settings[switch] = value
        if stops if value is None else value:
            with pytest.raises(RefusedError) as caught:
                front.run(smtp.send())
            assert caught.value.reply.code == 550
            assert (len(server.messages), errors) == (0, [])
        else:
            assert front.run(smtp.send()).outcome == "PARTIAL"
            assert len(server.messages) == 1
            assert ["nobody@x.test" in error.description for error in errors] == [True]
