"""From properties, raw messages and EmailMessages to what arrives; and Bcc, which never does."""

from __future__ import annotations

from email import policy
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any

import pytest

from drivers.fronts import Front, letter, said
from smtp_nb import Attachment, Outcome
from smtp_nb.errors import ExtensionError, InputError, MissingError
from smtp_nb.sandbox import SandboxServer

HIDDEN = "hidden@secret.test"
RAW = b"From: ann@x.test\r\nTo: b@x.test\r\nSubject: raw\r\n\r\n.dot\r\n..two\r\n\r\nend\r\n"


def email(**headers: str) -> EmailMessage:
    message = EmailMessage()
    fields = {"From": "Ann <ann@x.test>", "To": "Ben <ben@x.test>", "Subject": "Héllo"} | headers
    for name, value in fields.items():
        message[name] = value
    message.set_content("It wörks.")
    return message


def arrived(front: Front, smtp: Any, server: SandboxServer, *arguments: Any) -> Any:
    """What the server has of a message that was just sent."""
    smtp.mail_server, smtp.mail_port = server.host, server.port
    assert front.run(smtp.send(*arguments)).outcome is Outcome.ACCEPTED
    return server.messages[-1]


# -- from properties ----------------------------------------------------------------------------


def test_all_parts_arrive(front: Front, tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_bytes(b"name;mark\r\nZo\xc3\xab;1\r\n")
    smtp = front.make(
        from_="Ann <ann@x.test>",
        send_to="Zoë <zoe@x.test>",
        cc="c@x.test",
        reply_to="r@x.test",
        subject="Grüße",
        importance="high",
        message_text="plain ☃",
        message_html="<p>rich ☃</p>",
    )
    smtp.attachments.append(Attachment(path=path))
    smtp.attachments.append(Attachment(data=bytes(range(256)), filename="octets.bin"))
    with SandboxServer() as server:
        parsed = arrived(front, smtp, server).parsed
    assert parsed["From"] == "Ann <ann@x.test>"
    assert parsed["To"] == "Zoë <zoe@x.test>"
    assert (parsed["Cc"], parsed["Reply-To"]) == ("c@x.test", "r@x.test")
    assert (parsed["Subject"], parsed["Importance"]) == ("Grüße", "high")
    assert parsed.get_body(["plain"]).get_content().strip() == "plain ☃"
    assert parsed.get_body(["html"]).get_content().strip() == "<p>rich ☃</p>"
    files = {
        part.get_filename(): part.get_payload(decode=True) for part in parsed.iter_attachments()
    }
    assert files == {"marks.csv": path.read_bytes(), "octets.bin": bytes(range(256))}


def test_markdown_makes_both_bodies(front: Front) -> None:
    smtp = front.make(from_="ann@x.test", send_to="b@x.test", message_markdown="Dear **Ben**,")
    with SandboxServer() as server:
        parsed = arrived(front, smtp, server).parsed
    assert "<strong>Ben</strong>" in parsed.get_body(["html"]).get_content()
    assert "Ben" in parsed.get_body(["plain"]).get_content()


def test_headers_are_told_before_they_are_sent(front: Front) -> None:
    smtp = front.make(from_="ann@x.test", send_to="b@x.test", message_id="<1@x.test>", bcc=HIDDEN)
    told = {header.field: header.value for header in smtp.message_headers}
    with SandboxServer() as server:
        parsed = arrived(front, smtp, server).parsed
    assert told["Message-ID"] == parsed["Message-ID"] == "<1@x.test>"
    assert set(told) == set(parsed.keys())
    assert HIDDEN not in smtp.message_headers_string


def test_an_attachment_that_is_gone_is_noticed_before_a_connection(
    front: Front, tmp_path: Path
) -> None:
    path = tmp_path / "gone.txt"
    path.write_text("x")
    smtp = front.make(from_="ann@x.test", send_to="b@x.test")
    smtp.attachments.append(Attachment(path=path))
    path.unlink()
    with SandboxServer() as server:
        with pytest.raises(InputError, match=r"gone\.txt"):
            arrived(front, smtp, server)
        assert len(server.sessions) == 0


def test_a_file_that_shrinks_while_it_is_sent_never_ends_the_message(
    front: Front, tmp_path: Path
) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"x" * 300_000)
    with SandboxServer(without=["CHUNKING"]) as server:
        smtp = front.make(**letter(server.port))
        smtp.attachments.append(Attachment(path=path))
        smtp.on_start_transfer += lambda event: path.unlink()
        with pytest.raises(Exception, match=r"log\.txt") as caught:
            front.run(smtp.send())
        assert caught.value.receipt.outcome is Outcome.NOT_SENT
        assert not smtp.connected
    assert server.messages == []


# -- raw messages -------------------------------------------------------------------------------


@pytest.mark.parametrize("without", [[], ["CHUNKING"], ["CHUNKING", "PIPELINING"]], ids=str)
def test_a_raw_message_arrives_octet_for_octet(front: Front, without: list[str]) -> None:
    smtp = front.make(from_="ann@x.test", send_to="b@x.test", subject="ignored", message=RAW)
    with SandboxServer(without=without) as server:
        assert arrived(front, smtp, server).content == RAW
        smtp.message = RAW.decode()
        assert arrived(front, smtp, server).content == RAW


@pytest.mark.parametrize("eight_bit", [b"caf\xc3\xa9", b"caf\xe9", b"\xff\xfe\x80"])
def test_eight_bits_of_a_raw_message_stay_as_they_are(front: Front, eight_bit: bytes) -> None:
    raw = RAW + eight_bit + b"\r\n"
    smtp = front.make(from_="ann@x.test", send_to="b@x.test", message=raw)
    with SandboxServer() as server, SandboxServer(without=["8BITMIME"]) as simple:
        message = arrived(front, smtp, server)
        assert message.content == raw
        assert message.parameters["BODY"] == "8BITMIME"
        with pytest.raises(ExtensionError, match="8BITMIME"):
            arrived(front, smtp, simple)


@pytest.mark.parametrize(
    ("wrong", "offset"), [(b"\n", 50), (b"\r", 50), (b"\0", 50), (b"\n.\r\n", 50), (b"\r\r\n", 50)]
)
def test_a_bare_line_end_in_a_raw_message_is_refused_with_its_offset(
    front: Front, wrong: bytes, offset: int
) -> None:
    head = b"Subject: x\r\n\r\n" + b"y" * (offset - 14)
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port, message=head + wrong + b"more\r\n"))
        with pytest.raises(InputError, match=f"offset {offset}") as caught:
            front.run(smtp.send())
        assert caught.value.remedy
        assert not any(line.startswith("MAIL") for line in said(server))


@pytest.mark.covers("SMTP.Message")
def test_a_line_that_servers_need_not_take_is_remarked_upon_in_the_trail(front: Front) -> None:
    smtp = front.make(from_="ann@x.test", send_to="b@x.test", message=RAW + b"y" * 3000)
    heard: list[str] = []
    smtp.on_pi_trail = lambda event: heard.append(event.message)
    with SandboxServer() as server:
        found = arrived(front, smtp, server)
    assert found.content == RAW + b"y" * 3000 + b"\r\n"
    assert sum("998 bytes" in text for text in heard) == 1


# -- EmailMessage -------------------------------------------------------------------------------


def test_a_subject_that_is_encoded_already_is_remarked_upon_in_the_trail(front: Front) -> None:
    smtp = front.make(from_="ann@x.test", send_to="b@x.test", message_text="x")
    smtp.subject = Header("Grüße", "utf-8").encode()
    heard: list[str] = []
    smtp.on_pi_trail = lambda event: heard.append(event.message)
    with SandboxServer() as server:
        arrived(front, smtp, server)
    assert sum("encoded already" in text and "Grüße" in text for text in heard) == 1


def test_an_email_message_brings_its_envelope(front: Front) -> None:
    message = email(Cc="Cy <cy@x.test>", Bcc=HIDDEN, Sender="office@x.test")
    with SandboxServer() as server:
        found = arrived(front, front.make(), server, message)
    assert found.mail_from == "office@x.test"
    assert found.rcpt_tos == ("ben@x.test", "cy@x.test", HIDDEN)
    assert found.parsed["Subject"] == "Héllo"
    assert found.parsed.get_content().strip() == "It wörks."
    assert message["Bcc"] == HIDDEN, "the caller's own message is left as it was"


def test_the_components_recipients_and_return_path_go_before_a_messages_own(front: Front) -> None:
    smtp = front.make(send_to="other@x.test", return_path="bounces@x.test")
    with SandboxServer() as server:
        found = arrived(front, smtp, server, email())
    assert (found.mail_from, found.rcpt_tos) == ("bounces@x.test", ("other@x.test",))
    assert found.parsed["To"] == "Ben <ben@x.test>"


def test_a_message_of_the_older_kind_works(front: Front) -> None:
    message = MIMEText("It works.")
    message["From"], message["To"], message["Bcc"] = "ann@x.test", "ben@x.test", HIDDEN
    with SandboxServer() as server:
        found = arrived(front, front.make(), server, message)
    assert found.rcpt_tos == ("ben@x.test", HIDDEN)
    assert HIDDEN.encode() not in found.content


def test_a_message_without_sender_or_recipient_is_refused(front: Front) -> None:
    for name, code in (("From", 164), ("To", 165)):
        message = email()
        del message[name]
        smtp = front.make(mail_server="127.0.0.1")
        with pytest.raises(MissingError) as caught:
            front.run(smtp.send(message))
        assert caught.value.code == code


@pytest.mark.parametrize("kind", ["object", "bytes", "path", "text of a path"])
def test_a_message_in_any_form_is_sent_with_its_envelope(
    front: Front, tmp_path: Path, kind: str
) -> None:
    message = email(Cc="Cy <cy@x.test>", Bcc=HIDDEN, Sender="office@x.test")
    path = tmp_path / "mail.eml"
    path.write_bytes(message.as_bytes())
    given: Any = {
        "object": message,
        "bytes": message.as_bytes(),
        "path": path,
        "text of a path": str(path),
    }[kind]
    with SandboxServer() as server:
        smtp = front.make(mail_server=server.host, mail_port=server.port)
        receipt = front.run(smtp.send(given))
        (found,) = server.messages
    assert found.mail_from == "office@x.test"
    assert found.rcpt_tos == ("ben@x.test", "cy@x.test", HIDDEN)
    assert HIDDEN.encode() not in found.content
    assert str(found.parsed["Subject"]) == "Héllo"
    assert receipt.message_id == found.parsed["Message-ID"]
    assert found.parsed["Date"].datetime is not None


@pytest.mark.parametrize("to", [None, "undisclosed-recipients:;"])
def test_a_given_message_needs_no_to(front: Front, to: str | None) -> None:
    message = email(Bcc=HIDDEN)
    del message["To"]
    if to is not None:
        message["To"] = to
    with SandboxServer() as server:
        found = arrived(front, front.make(), server, message)
    assert found.rcpt_tos == (HIDDEN,)
    assert (found.parsed["To"] or None) == to


@pytest.mark.parametrize("header", ["To", "Cc", "Bcc", "From"])
def test_a_display_name_adds_no_recipient_and_changes_no_sender(front: Front, header: str) -> None:
    evil = "evil@attacker.test, a display name that is long enough for the header to be folded"
    message = email()
    del message[header]
    message[header] = Address(evil, addr_spec="to@x.test")
    with SandboxServer() as server:
        found = arrived(front, front.make(), server, message)
    assert {found.mail_from, *found.rcpt_tos} <= {"ann@x.test", "ben@x.test", "to@x.test"}
    assert "to@x.test" in (found.mail_from, *found.rcpt_tos)


def test_a_resent_message_goes_to_those_of_its_resent_fields(front: Front) -> None:
    message = email(**{"Resent-From": "rf@x.test", "Resent-To": "r@x.test"})
    with SandboxServer() as server:
        found = arrived(front, front.make(), server, message)
    assert (found.mail_from, found.rcpt_tos) == ("rf@x.test", ("r@x.test",))


def test_a_policy_with_utf8_asks_for_no_smtputf8(front: Front) -> None:
    message = email()
    message.policy = policy.SMTPUTF8
    with SandboxServer(without=["SMTPUTF8", "8BITMIME"]) as server:
        found = arrived(front, front.make(), server, message)
    assert set(found.parameters) == {"SIZE"}
    assert str(found.parsed["Subject"]) == "Héllo"


def test_what_is_no_message_is_refused_with_what_is_one(front: Front) -> None:
    smtp = front.make(mail_server="127.0.0.1")
    for wrong in (5, ["a"], object()):
        with pytest.raises(InputError, match=r"is not a message\. .*\.eml"):
            front.run(smtp.send(wrong))


@pytest.mark.covers("SMTP.OtherHeaders", "SMTP.From")
def test_of_several_authors_the_sender_among_the_other_headers_sends(front: Front) -> None:
    smtp = front.make(from_="ann@x.test, bob@x.test", send_to="c@x.test", message_text="x")
    smtp.other_headers = "Sender: Bob <bob@x.test>"
    with SandboxServer() as server:
        found = arrived(front, smtp, server)
    assert found.mail_from == "bob@x.test"
    assert str(found.parsed["From"]) == "ann@x.test, bob@x.test"
    assert str(found.parsed["Sender"]) == "Bob <bob@x.test>"


# -- Bcc ----------------------------------------------------------------------------------------

BLIND_RAW = RAW.replace(
    b"Subject:", f"bCC : {HIDDEN}\r\nResent-Bcc: a,\r\n {HIDDEN}\r\nSubject:".encode()
)
BLIND: dict[str, tuple[dict[str, Any], EmailMessage | None]] = {
    "properties": ({"bcc": HIDDEN}, None),
    "raw octets": ({"message": BLIND_RAW}, None),
    "raw text": ({"message": BLIND_RAW.decode()}, None),
    "raw octets and bcc": ({"message": BLIND_RAW, "bcc": HIDDEN}, None),
    "a message": ({}, email(Bcc=HIDDEN)),
    "a message resent": ({}, email(Bcc=HIDDEN, **{"Resent-Bcc": HIDDEN})),
    "a message and bcc": ({"bcc": HIDDEN}, email(Bcc=HIDDEN)),
    "a message folded": ({}, email(Bcc=", ".join([HIDDEN, *(f"{n}@y.test" for n in range(20))]))),
}


@pytest.mark.covers("SMTP.BCc", "SMTP.Message", "SMTP.MessageB")
@pytest.mark.parametrize(("properties", "message"), BLIND.values(), ids=BLIND)
def test_blind_copies_are_in_no_header(
    front: Front, properties: dict[str, Any], message: EmailMessage | None
) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port, **properties))
        front.run(smtp.send(message))
        (found,) = server.messages
    content = found.content.lower()
    assert HIDDEN.encode() not in content
    assert b"bcc:" not in content
    assert b"y.test" not in content


@pytest.mark.parametrize("name", ["Bcc", "bcc", "Resent-Bcc"])
def test_blind_copies_are_no_other_headers(front: Front, name: str) -> None:
    with pytest.raises(InputError, match="Set bcc"):
        front.make(other_headers=f"X-A: b\r\n{name}: {HIDDEN}")


def test_a_text_that_is_no_unicode_is_no_message(front: Front) -> None:
    for wrong in ("\ud800", "\udce9"):
        with pytest.raises(InputError) as caught:
            front.make(message=f"Subject: x\r\n\r\n{wrong}\r\n")
        assert caught.value.code == 434


@pytest.mark.parametrize("kind", [policy.default, policy.SMTP, policy.SMTPUTF8, policy.compat32])
def test_blind_copies_of_a_message_are_hidden_whatever_its_policy(front: Front, kind: Any) -> None:
    message = email(Bcc=HIDDEN)
    message.policy = kind
    with SandboxServer() as server:
        found = arrived(front, front.make(), server, message)
    assert HIDDEN in found.rcpt_tos
    assert HIDDEN.encode() not in found.content
