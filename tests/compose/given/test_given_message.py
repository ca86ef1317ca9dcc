"""Messages composed by others, with their envelope: the mailboxes that their header shows."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from compose.given.reading import message, read
from smtp_nb.compose.given.given_message import GivenReader
from smtp_nb.errors import InputError, MissingError
from smtp_nb.model.enums import RecipientType


class TestEmailMessage:
    def test_the_envelope_is_read_from_the_headers(self) -> None:
        content, sender, recipients = read(
            message(
                From="Ann <a@x.test>",
                To='"B, C" <b@x.test>, c@x.test',
                Cc="Dörte <d@x.test>",
                Bcc="unseen@x.test",
                Subject="hä",
            )
        )
        assert sender.address == "a@x.test"
        assert [(item.address, item.kind) for item in recipients] == [
            ("b@x.test", RecipientType.TO),
            ("c@x.test", RecipientType.TO),
            ("d@x.test", RecipientType.CC),
            ("unseen@x.test", RecipientType.BCC),
        ]
        assert b"unseen@x.test" not in bytes(content)
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


class TestAdded:
    @pytest.mark.parametrize(
        "made", [message(), MIMEText("x"), b"From: a@x.test\nTo: b@x.test\n\nx\n"], ids=type
    )
    def test_date_and_message_id_are_added_where_they_are_missing(self, made) -> None:
        if isinstance(made, MIMEText):
            made["From"], made["To"] = "a@x.test", "b@x.test"
        given = GivenReader(clock=lambda: 0.0, random=bytes).read(made)
        found = message_from_bytes(bytes(given.content), policy=policy.default)
        assert found["Date"].datetime.timestamp() == 0
        assert found["Message-ID"] == given.content.message_id == f"<{'00' * 20}@x.test>"

    def test_what_is_there_stays(self) -> None:
        made = message(Date="Fri, 01 Mar 2024 21:24:52 +0100", Message_ID="<1@x.test>")
        content, _, _ = read(made)
        assert content.message_id == "<1@x.test>"
        assert bytes(content).count(b"\r\nMessage-ID:") == 1
        assert bytes(content).count(b"Date:") == 1


class TestFiles:
    def test_a_file_with_lf_is_sent(self, tmp_path) -> None:
        path = tmp_path / "mail.eml"
        path.write_bytes(b"From: a@x.test\nTo: b@x.test\nDate: x\nMessage-ID: <1@x>\n\n.a\nb\n")
        for given in (path, str(path), path.read_bytes()):
            content, sender, recipients = read(given)
            assert (sender.address, recipients[0].address) == ("a@x.test", "b@x.test")
            assert bytes(content).endswith(b"Message-ID: <1@x>\r\n\r\n.a\r\nb\r\n")

    def test_mixed_line_ends_are_put_right(self) -> None:
        raw = b"From: a@x.test\r\nTo: b@x.test\r\n\r\none\ntwo\r\n.\nthree"
        assert bytes(read(raw)[0]).endswith(b"one\r\ntwo\r\n.\r\nthree\r\n")

    @pytest.mark.parametrize("path", ["/no/such/mail.eml", "/", "a\0b"])
    def test_a_file_that_cannot_be_read_is_named(self, path) -> None:
        with pytest.raises(InputError) as caught:
            read(path)
        assert caught.value.code == 302
        assert repr(path) in str(caught.value)

    def test_a_text_is_no_path(self) -> None:
        with pytest.raises(InputError, match="path") as caught:
            read("From: a@x.test\nTo: b@x.test\n\nx")
        assert "encode" in caught.value.remedy

    @pytest.mark.parametrize("head", [b"no colon", b" folded: x", b"From a@x.test Mon Nov 30"])
    def test_what_is_no_header_is_refused(self, head) -> None:
        with pytest.raises(InputError):
            read(head + b"\nFrom: a@x.test\nTo: b@x.test\n\nx")

    @pytest.mark.parametrize("name", ["Subject", "To", "X-A", "References"])
    def test_raw_bytes_in_a_header_are_named_or_encoded(self, name) -> None:
        rest = b"From: a@x.test\nBcc: b@x.test\n\nx"
        for convert in (bytes, message_from_bytes, bytearray, memoryview):
            with pytest.raises(InputError, match=name):
                read(convert(name.encode() + b": Gr\xfc\xdfe <x@x.test>\n" + rest))
        if name != "References":
            octets = bytes(read(f"{name}: Grüße <x@x.test>\n".encode() + rest)[0])
            assert octets.isascii()
            found = message_from_bytes(octets, policy=policy.default)[name]
            assert str(found) == "Grüße <x@x.test>"
