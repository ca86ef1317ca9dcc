"""Messages composed by others: sent as they are, or not at all."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.compose.raw import from_email_message, raw_content
from smtp_nb.errors import InputError, MissingError
from smtp_nb.model.enums import RecipientType

RAW = b"From: a@x.test\r\nMessage-ID: <1@x.test>\r\n\r\n.leading\r\nbody\r\n"


class TestRawContent:
    def test_it_is_not_touched(self) -> None:
        content = raw_content(RAW)
        assert bytes(content) == b"".join(content.chunks()) == RAW
        assert content.size == len(RAW)
        assert content.message_id == "<1@x.test>"
        assert not content.is_8bit
        assert not content.needs_smtputf8

    def test_its_last_line_is_ended(self) -> None:
        assert bytes(raw_content("Subject: x\r\n\r\nbody")) == b"Subject: x\r\n\r\nbody\r\n"
        assert bytes(raw_content(b"")) == b"\r\n"

    @pytest.mark.parametrize(
        ("data", "name", "offset"),
        [
            (b"a\nb", "LF", 1),
            (b"\n", "LF", 0),
            (b"a\r\nb\rc\r\n", "CR", 4),
            (b"a\r\r\n", "CR", 1),
            (b"a\r\n\n", "LF", 3),
            (b"a\r", "CR", 1),
            (b"a\0\r\n", "NUL", 1),
            (b"x\r\n\n.\n\r\n", "LF", 3),
            (b"x\r\n.\r\r\n", "CR", 4),
        ],
    )
    def test_a_bare_line_end_is_refused_and_its_place_named(
        self, data: bytes, name: str, offset: int
    ) -> None:
        with pytest.raises(InputError, match=f"bare {name} at offset {offset}\\. ") as caught:
            raw_content(data)
        assert "CRLF" in caught.value.remedy

    @given(st.lists(st.sampled_from([b"a", b"\r\n", b"\r", b"\n", b"\0", b".", b"Bcc: x"])))
    def test_nothing_that_passes_can_smuggle(self, pieces: list[bytes]) -> None:
        data = b"".join(pieces)
        try:
            sent = bytes(raw_content(data))
        except InputError:
            rest = data.replace(b"\r\n", b"")
            assert b"\r" in rest or b"\n" in rest or b"\0" in rest
            return
        rest = sent.replace(b"\r\n", b"")
        assert not {13, 10, 0} & set(rest)

    @pytest.mark.parametrize(
        "blind",
        [
            b"Bcc: e@x.test\r\n",
            b"BCC: e@x.test,\r\n\tf@x.test,\r\n g@x.test\r\n",
            b"Resent-Bcc : e@x.test\r\n",
            b"bcc:\r\n e@x.test\r\n",
            b"Bcc: e@x.test\r\nBcc: f@x.test\r\n",
        ],
    )
    @pytest.mark.parametrize("before", [b"", b"A: b\r\n c\r\n"])
    def test_blind_copies_are_taken_out(self, blind: bytes, before: bytes) -> None:
        rest = b"To: a@x.test\r\n\r\nBcc: in the body\r\n"
        assert bytes(raw_content(before + blind + rest)) == before + rest

    def test_they_are_taken_out_of_a_message_without_a_body(self) -> None:
        assert bytes(raw_content(b"A: b\r\nBcc: e@x.test")) == b"A: b\r\n"

    def test_what_only_resembles_them_stays(self) -> None:
        data = b"X-Bcc: a\r\nBccx: b\r\nA: c\r\n Bcc: d\r\n\r\n"
        assert bytes(raw_content(data)) == data

    def test_octets_above_127_are_announced(self) -> None:
        body = raw_content("Subject: x\r\n\r\né\r\n")
        head = raw_content("Subject: é\r\n\r\nx\r\n")
        assert (body.is_8bit, body.needs_smtputf8) == (True, False)
        assert (head.is_8bit, head.needs_smtputf8) == (True, True)

    def test_a_lone_surrogate_is_refused(self) -> None:
        with pytest.raises(InputError, match="offset 0"):
            raw_content("\ud800")

    def test_no_piece_is_above_64_kib(self) -> None:
        content = raw_content(b"x" * 70 + b"\r\n" * 100_000)
        assert max(map(len, content.chunks())) <= 65536

    def test_the_repr_does_not_show_the_content(self) -> None:
        assert repr(raw_content(RAW)) == f"<RawContent <1@x.test>, {len(RAW)} octets>"


def message(**headers: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in {"From": "a@x.test", "To": "b@x.test", **headers}.items():
        made[name.replace("_", "-")] = value
    made.set_content("Grüße\n")
    return made


class TestEmailMessage:
    def test_the_envelope_is_read_from_the_headers(self) -> None:
        content, sender, recipients = from_email_message(
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
        from_email_message(made)
        assert made.as_string() == before
        assert made["Bcc"] == "e@x.test"

    def test_the_sender_goes_before_the_author(self) -> None:
        _, sender, _ = from_email_message(message(Sender="s@x.test"))
        assert sender.address == "s@x.test"

    def test_international_domains_are_written_in_ascii(self) -> None:
        content, _, recipients = from_email_message(message(To="Jörg <b@straße.de>, c@x.test"))
        assert recipients[0].address == "b@xn--strae-oqa.de"
        assert b"<b@xn--strae-oqa.de>, c@x.test" in bytes(content)
        assert not content.needs_smtputf8

    def test_a_local_part_beyond_ascii_makes_the_header_raw(self) -> None:
        content, _, recipients = from_email_message(message(To="é@x.test"))
        assert recipients[0].address == "é@x.test"
        assert content.needs_smtputf8
        assert content.is_8bit

    def test_groups_are_flattened(self) -> None:
        _, _, recipients = from_email_message(
            message(To="undisclosed-recipients:;", Bcc="e@x.test")
        )
        assert [item.address for item in recipients] == ["e@x.test"]
        _, _, recipients = from_email_message(message(To="class: a@x.test, b@x.test;"))
        assert [item.address for item in recipients] == ["a@x.test", "b@x.test"]

    def test_the_older_classes_are_taken_too(self) -> None:
        made = MIMEMultipart()
        made["From"], made["To"] = "a@x.test", "b@x.test, c@x.test"
        made.attach(MIMEText("Grüße", _charset="utf-8"))
        made.attach(MIMEApplication(bytes(range(256)), Name="a.bin"))
        content, _, recipients = from_email_message(made)
        assert len(recipients) == 2
        assert bytes(content).isascii()

    def test_8_bit_policies_go_out_in_7_bit(self) -> None:
        made = EmailMessage(policy=policy.SMTPUTF8)
        made["From"], made["To"], made["Subject"] = "a@x.test", "b@x.test", "hä"
        made.set_content("Grüße\n", cte="8bit")
        content, _, _ = from_email_message(made)
        assert b"Gr=C3=BC" in bytes(content) or b"R3LDvMOfZ" in bytes(content)

    @pytest.mark.parametrize("encoding", ["", "Content-Transfer-Encoding: 8bit\r\n"])
    def test_a_message_that_was_read_can_be_sent_on(self, encoding: str) -> None:
        given = (
            "From: a@x.test\r\nTo: b@x.test\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"{encoding}Subject: x\r\n\r\nGrüße\r\n"
        )
        for rules in (policy.default, policy.compat32):
            content, _, _ = from_email_message(message_from_bytes(given.encode(), policy=rules))
            assert bytes(content).isascii()
            read = message_from_bytes(bytes(content), policy=policy.SMTP)
            assert read.get_payload(decode=True) == "Grüße\r\n".encode()

    def test_without_an_author_there_is_no_sender(self) -> None:
        made = message()
        del made["From"]
        with pytest.raises(MissingError) as caught:
            from_email_message(made)
        assert caught.value.code == 164

    @pytest.mark.parametrize(
        "to",
        [
            "a@b@c.test",
            "<@r.test:a@b.test>",
            "a b@x.test",
            "a@x.test (comment)",
            "x@good.test <y@evil.test>",
            "a@x.test>, <b@x.test",
            "=?utf-8?q?a=40evil.test?= <b@x.test> c",
        ],
    )
    def test_an_address_that_others_might_read_differently_is_refused(self, to: str) -> None:
        with pytest.raises(InputError):
            from_email_message(message(To=to))

    @pytest.mark.parametrize("control", ["\r\n", "\n", "\r", "\r\n "])
    def test_a_header_that_would_become_two_is_refused(self, control: str) -> None:
        made = MIMEText("x")
        made["From"], made["To"] = "a@x.test", "b@x.test"
        made["Subject"] = f"x{control}Bcc: e@x.test"
        try:
            content, _, recipients = from_email_message(made)
        except InputError:
            return
        assert [item.address for item in recipients] == ["b@x.test"]
        assert b"\r\nBcc:" not in bytes(content)

    @pytest.mark.parametrize("value", ["=?utf-8?q?a=0D=0ABcc:_e@x.test?=", "=?utf-8?b?DQpCY2M6?="])
    def test_an_encoded_line_break_stays_encoded(self, value: str) -> None:
        try:
            content, _, recipients = from_email_message(message(Subject=value, X_Y=value))
        except InputError:
            return
        assert [item.address for item in recipients] == ["b@x.test"]
        assert b"\r\nBcc" not in bytes(content)
