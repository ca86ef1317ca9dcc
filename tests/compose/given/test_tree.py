"""The bodies of messages composed by others, and the messages within them."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.mime.text import MIMEText

import pytest

from compose.given.reading import EVIL, message, read
from smtp_nb.errors import InputError


class TestBodies:
    @pytest.mark.parametrize("read_again", [False, True])
    def test_a_line_that_begins_with_from_stays(self, read_again) -> None:
        made = MIMEText("Hi\nFrom me to you\n")
        made["From"], made["To"] = "a@x.test", "b@x.test"
        if read_again:
            made = message_from_bytes(made.as_bytes(policy=policy.SMTP))
        assert b"\r\nFrom me to you\r\n" in bytes(read(made)[0])

    def test_a_signed_part_is_not_touched(self) -> None:
        part = (
            b"Content-Type: text/plain; charset=utf-8;\r\n\tformat=flowed\r\n\r\n"
            b"Hi\r\nFrom me  \r\n"
        )
        raw = (
            b"From: a@x.test\r\nTo: b@x.test\r\nMIME-Version: 1.0\r\n"
            b'Content-Type: multipart/signed; boundary="b"; micalg=pgp-sha256;\r\n'
            b' protocol="application/pgp-signature"\r\n\r\n--b\r\n' + part + b"\r\n--b\r\n"
            b"Content-Type: application/pgp-signature\r\n\r\nsig\r\n--b--\r\n"
        )
        for given in (raw, message_from_bytes(raw), message_from_bytes(raw, policy=policy.SMTP)):
            assert b"--b\r\n" + part + b"\r\n--b\r\n" in bytes(read(given)[0])

    @pytest.mark.parametrize("kind", [policy.default, policy.compat32], ids=str)
    def test_a_delivery_report_that_was_read_is_the_same_again(self, kind) -> None:
        raw = (
            b"From: a@x.test\r\nTo: b@x.test\r\nDate: x\r\nMessage-ID: <1@x.test>\r\n"
            b"MIME-Version: 1.0\r\nContent-Type: multipart/report; boundary=b\r\n\r\nhead\r\n--b"
            b"\r\n\r\nhi\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
            b"Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@x\r\nAction: failed\r\n\r\n"
            b"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: z@x\r\nTo: q\r\n\r\nbody\r\n"
            b"--b--\r\ntail\r\n"
        )
        assert bytes(read(message_from_bytes(raw, policy=kind))[0]) == raw

    @pytest.mark.parametrize("subtype", ["html", "plain"])
    def test_a_long_line_is_encoded(self, subtype) -> None:
        text = "<p>" + "word " * 500 + "</p>"
        made = MIMEText(text, subtype)
        made["From"], made["To"] = "a@x.test", "b@x.test"
        octets = bytes(read(made)[0])
        assert max(map(len, octets.split(b"\r\n"))) <= 998
        found = message_from_bytes(octets, policy=policy.default)
        assert found.get_content().rstrip("\r\n") == text
        eml = b"From: a@x.test\nTo: b@x.test\n\n" + text.encode()
        assert max(map(len, bytes(read(eml)[0]).split(b"\r\n"))) <= 998

    def test_a_policy_with_utf8_needs_no_smtputf8(self) -> None:
        made = EmailMessage(policy=policy.SMTPUTF8)
        made["From"], made["To"], made["Subject"] = "a@x.test", "Jörg <b@x.test>", "Grüße"
        made.set_content("Grüße\n")
        content, _, _ = read(made)
        assert bytes(content).isascii()
        assert not content.needs_smtputf8
        assert not content.is_8bit

    def test_classes_that_forbid_copies_and_narrow_set_payload_are_sent(self) -> None:
        # Django's SafeMIMEText: no deep copy, and a set_payload of its own.
        class Narrow(MIMEText):
            def set_payload(self, payload, charset=None):
                if charset == "utf-8" or charset is None:
                    self._payload = payload.encode().decode("ascii", "surrogateescape")
                    del self["Content-Transfer-Encoding"]
                    self["Content-Transfer-Encoding"] = "8bit"
                else:
                    raise TypeError("only utf-8")

            def __deepcopy__(self, memo):
                raise TypeError("no copies")

        made = Narrow("Body ü", "plain", "utf-8")
        made["From"], made["To"] = "a@x.test", "b@x.test"
        before = made.items()
        octets = bytes(read(made)[0])
        assert octets.isascii()
        found = message_from_bytes(octets, policy=policy.default)
        assert found.get_content().strip() == "Body ü"
        assert made.items() == before

    def test_an_object_that_makes_messages_is_told_how(self) -> None:
        class Mail:
            def message(self): ...

        with pytest.raises(InputError, match="type Mail is not a message") as caught:
            read(Mail())
        assert "message()" in caught.value.remedy

    @pytest.mark.parametrize("charset", [None, "utf-8", "us-ascii", "x-unknown"])
    def test_raw_eight_bit_bodies_arrive(self, charset) -> None:
        kind = f"Content-Type: text/plain; charset={charset}\n" if charset else ""
        raw = f"From: a@x.test\nTo: b@x.test\n{kind}\nGrüße\n".encode()
        octets = bytes(read(message_from_bytes(raw))[0])
        assert octets.isascii()
        found = message_from_bytes(octets)
        assert found.get_payload(decode=True) == "Grüße\r\n".encode()
        assert (found.get_content_charset() == "utf-8") is (charset in (None, "utf-8"))

    def test_a_forwarded_message_is_written_by_the_same_rules(self) -> None:
        inner = message(To=Address(EVIL, addr_spec="to@x.test"), References=f"<{'r' * 90}@x.test>")
        outer = EmailMessage()
        outer["From"], outer["To"] = "a@x.test", "b@x.test"
        outer.set_content("see below")
        outer.add_attachment(inner)
        octets = bytes(read(outer)[0])
        (attached,) = message_from_bytes(octets, policy=policy.default).iter_attachments()
        found = attached.get_content()
        assert [box.addr_spec for box in found["To"].addresses] == ["to@x.test"]
        assert found["References"] == f"<{'r' * 90}@x.test>"

    def test_strangers_fields_in_a_forwarded_message_are_no_reason_to_refuse(self) -> None:
        raw = (
            b"From: a@x.test\r\nTo: b@x.test\r\nContent-Type: message/rfc822\r\n\r\n"
            b"From: Smith, A <<x>\r\nTo: \r\nReferences: \xfc\r\n\r\nx\r\n"
        )
        with pytest.raises(InputError, match="References"):
            read(message_from_bytes(raw))
        made = message_from_bytes(raw.replace(b"\xfc", b"<1>"))
        assert b"From: Smith, A <<x>\r\n" in bytes(read(made)[0])
