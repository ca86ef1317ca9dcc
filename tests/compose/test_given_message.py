"""Messages composed by others, with their envelope: the mailboxes that their header shows."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from smtp_nb.compose.given_message import GivenReader
from smtp_nb.errors import InputError, MissingError
from smtp_nb.model.enums import RecipientType


def read(message):
    given = GivenReader().read(message)
    return given.content, given.sender, given.recipients


def message(**headers: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in {"From": "a@x.test", "To": "b@x.test", **headers}.items():
        made[name.replace("_", "-")] = value
    made.set_content("Grüße\n")
    return made


class TestEmailMessage:
    def test_the_envelope_is_read_from_the_headers(self) -> None:
        content, sender, recipients = read(
            message(
                From="Ann <a@x.test>",
                To='"B, C" <b@x.test>, c@x.test',
                Cc="Dörte <d@x.test>",
                Bcc="e@x.test",
                Subject="hä",
            )
        )
        assert sender.address == "a@x.test"
        assert [(item.address, item.kind) for item in recipients] == [
            ("b@x.test", RecipientType.TO),
            ("c@x.test", RecipientType.TO),
            ("d@x.test", RecipientType.CC),
            ("e@x.test", RecipientType.BCC),
        ]
        assert b"e@x.test" not in bytes(content)
        assert b"bcc" not in bytes(content).lower()
        assert bytes(content).isascii()

    def test_the_message_is_left_as_it_was(self) -> None:
        made = message(Bcc="e@x.test", Cc="d@straße.de")
        before = made.as_string()
        read(made)
        assert made.as_string() == before
        assert made["Bcc"] == "e@x.test"

    def test_the_sender_goes_before_the_author(self) -> None:
        _, sender, _ = read(message(Sender="s@x.test"))
        assert sender.address == "s@x.test"

    def test_international_domains_are_written_in_ascii(self) -> None:
        content, _, recipients = read(message(To="Jörg <b@straße.de>, c@x.test"))
        assert recipients[0].address == "b@xn--strae-oqa.de"
        assert b"<b@xn--strae-oqa.de>, c@x.test" in bytes(content)
        assert not content.needs_smtputf8

    def test_a_local_part_beyond_ascii_makes_the_header_raw(self) -> None:
        content, _, recipients = read(message(To="é@x.test"))
        assert recipients[0].address == "é@x.test"
        assert content.needs_smtputf8
        assert content.is_8bit

    def test_groups_are_flattened(self) -> None:
        _, _, recipients = read(message(To="undisclosed-recipients:;", Bcc="e@x.test"))
        assert [item.address for item in recipients] == ["e@x.test"]
        _, _, recipients = read(message(To="class: a@x.test, b@x.test;"))
        assert [item.address for item in recipients] == ["a@x.test", "b@x.test"]

    def test_the_older_classes_are_taken_too(self) -> None:
        made = MIMEMultipart()
        made["From"], made["To"] = "a@x.test", "b@x.test, c@x.test"
        made.attach(MIMEText("Grüße", _charset="utf-8"))
        made.attach(MIMEApplication(bytes(range(256)), Name="a.bin"))
        content, _, recipients = read(made)
        assert len(recipients) == 2
        assert bytes(content).isascii()

    def test_8_bit_policies_go_out_in_7_bit(self) -> None:
        made = EmailMessage(policy=policy.SMTPUTF8)
        made["From"], made["To"], made["Subject"] = "a@x.test", "b@x.test", "hä"
        made.set_content("Grüße\n", cte="8bit")
        content, _, _ = read(made)
        assert b"Gr=C3=BC" in bytes(content) or b"R3LDvMOfZ" in bytes(content)

    @pytest.mark.parametrize("encoding", ["", "Content-Transfer-Encoding: 8bit\r\n"])
    def test_a_message_that_was_read_can_be_sent_on(self, encoding: str) -> None:
        given = (
            "From: a@x.test\r\nTo: b@x.test\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"{encoding}Subject: x\r\n\r\nGrüße\r\n"
        )
        for rules in (policy.default, policy.compat32):
            content, _, _ = read(message_from_bytes(given.encode(), policy=rules))
            assert bytes(content).isascii()
            found = message_from_bytes(bytes(content), policy=policy.SMTP)
            assert found.get_payload(decode=True) == "Grüße\r\n".encode()

    def test_without_an_author_there_is_no_sender(self) -> None:
        made = message()
        del made["From"]
        with pytest.raises(MissingError) as caught:
            read(made)
        assert caught.value.code == 164

    @pytest.mark.parametrize(
        "to",
        [
            "a@b@c.test",
            "<@r.test:a@b.test>",
            "a b@x.test",
            "x@good.test <y@evil.test>",
            "a@x.test>, <b@x.test",
            "=?utf-8?q?a=40evil.test?= <b@x.test> c",
        ],
    )
    def test_an_address_that_others_might_read_differently_is_refused(self, to: str) -> None:
        with pytest.raises(InputError):
            read(message(To=to))

    @pytest.mark.parametrize("control", ["\r\n", "\n", "\r", "\r\n "])
    def test_a_header_that_would_become_two_is_refused(self, control: str) -> None:
        made = MIMEText("x")
        made["From"], made["To"] = "a@x.test", "b@x.test"
        made["Subject"] = f"x{control}Bcc: e@x.test"
        try:
            content, _, recipients = read(made)
        except InputError:
            return
        assert [item.address for item in recipients] == ["b@x.test"]
        assert b"\r\nBcc:" not in bytes(content)

    @pytest.mark.parametrize("value", ["=?utf-8?q?a=0D=0ABcc:_e@x.test?=", "=?utf-8?b?DQpCY2M6?="])
    def test_an_encoded_line_break_stays_encoded(self, value: str) -> None:
        try:
            content, _, recipients = read(message(Subject=value, X_Y=value))
        except InputError:
            return
        assert [item.address for item in recipients] == ["b@x.test"]
        assert b"\r\nBcc" not in bytes(content)
