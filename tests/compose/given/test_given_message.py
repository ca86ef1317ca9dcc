"""Messages composed by others, with their envelope: the mailboxes that their header shows."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.header import Header
from email.headerregistry import Address, Group
from email.message import EmailMessage, Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from smtp_nb.compose.given.given_message import GivenReader
from smtp_nb.errors import AddressError, InputError, MissingError
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


EVIL = "evil@attacker.test, a display name that is long enough for the header to be folded there"
ENCODED = "=?utf-8?q?evil=40attacker=2Etest=2C_a_display_name_that_is_long_enough_to_fold?="


class TestNames:
    """A display name is a name, whatever is in it."""

    @pytest.mark.parametrize("header", ["To", "Cc", "Bcc", "Reply-To", "Sender", "From"])
    @pytest.mark.parametrize(
        "value",
        [
            Address(EVIL, addr_spec="to@x.test"),
            f'"{EVIL}" <to@x.test>',
            f'"X <evil@attacker.test>, {"long " * 20}" <to@x.test>',
            f"{ENCODED} <to@x.test>",
            [Group(EVIL, (Address(EVIL, addr_spec="to@x.test"),))],
            "to@x.test (evil@attacker.test, with a comment that is long enough to be folded)",
        ],
        ids=str,
    )
    @pytest.mark.parametrize("kind", [policy.default, policy.SMTP, policy.compat32], ids=str)
    def test_it_adds_no_recipient_and_changes_no_sender(self, header, value, kind) -> None:
        if kind is policy.compat32:
            made = MIMEText("secret")
            value = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        else:
            made = EmailMessage(policy=kind)
            made.set_content("secret")
        for name in {"From", "To"} - {header}:
            made[name] = "me@here.test"
        made[header] = value
        content, sender, recipients = read(made)
        addresses = {sender.address, *(item.address for item in recipients)}
        assert addresses <= {"me@here.test", "to@x.test"}
        shown = message_from_bytes(bytes(content), policy=policy.default)
        if header != "Bcc":
            assert [box.addr_spec for box in shown[header].addresses] == ["to@x.test"]
        assert b"evil@attacker.test, a display" not in bytes(content).replace(b'"evil', b"")

    @pytest.mark.parametrize(
        ("to", "found"),
        [
            (Address('Smith-Long (Bart), "B": of the Department of Chemistry', "a", "x.test"), "a"),
            ("Team: a@x.test, b@x.test;, c@x.test", "abc"),
            ([Group("Team; X", (Address("A", "a", "x.test"),)), Address("", "c", "x.test")], "ac"),
            ('"Team; X": a@x.test;', "a"),
            ("a@x.test (Ann)", "a"),
            ("a@x.test; b@x.test", "ab"),
            ("=?utf-8?b?SsO2cmc=?= <a@x.test>", "a"),
            ("Joe Q. Public <a@x.test>", "a"),
        ],
        ids=str,
    )
    def test_legal_fields_are_sent(self, to, found) -> None:
        content, _, recipients = read(message(To=to))
        assert [item.address for item in recipients] == [f"{name}@x.test" for name in found]
        head = bytes(content).partition(b"\r\n\r\n")[0]
        shown = message_from_bytes(head, policy=policy.default)["To"]
        assert [box.username for box in shown.addresses] == list(found)
        assert not shown.defects or "Q." in str(to)

    def test_semicolons_between_mailboxes_become_commas(self) -> None:
        for given in (
            message(To="a@x.test; b@x.test"),
            b"From: a@x.test\r\nTo: a@x.test; b@x.test\r\n\r\n",
        ):
            content, _, recipients = read(given)
            assert b"\r\nTo: a@x.test, b@x.test\r\n" in bytes(content)
            assert len(recipients) == 2


class TestOlderClasses:
    """Values of compat32 are read before anything is written."""

    def made(self, **headers) -> Message:
        made = MIMEText("x")
        for name, value in {"From": "a@x.test", "To": "b@x.test", **headers}.items():
            made[name.replace("_", "-")] = value
        return made

    @pytest.mark.parametrize("to", ["Jörg <j@x.test>", Header("Jörg <j@x.test>", "utf-8")], ids=str)
    def test_a_name_beyond_ascii_is_encoded(self, to) -> None:
        content, _, recipients = read(self.made(To=to))
        assert [item.address for item in recipients] == ["j@x.test"]
        assert str(message_from_bytes(bytes(content), policy=policy.default)["To"]) == (
            "Jörg <j@x.test>"
        )

    @pytest.mark.parametrize("name", ["To", "Subject", "X-A"])
    @pytest.mark.parametrize(
        "value", [["a@x.test"], 5, None, object()], ids=["list", "int", "None", "object"]
    )
    def test_a_value_that_is_no_text_is_named(self, name, value) -> None:
        with pytest.raises(InputError, match=name):
            read(self.made(**{name: value}))

    def test_a_field_that_comes_twice_is_refused(self) -> None:
        made = self.made()
        made["To"] = "c@x.test"
        with pytest.raises(InputError, match="2 fields To"):
            read(made)

    def test_an_address_that_is_none_is_named_as_it_was_written(self) -> None:
        with pytest.raises(AddressError, match=r"header To.*'Smith'"):
            read(self.made(To="Smith, Ann <a@x.test>"))


class TestStructuredFields:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("References", f"<{'reference-' * 8}id@mail.test> <{'b' * 70}@mail.test>"),
            ("In-Reply-To", f"<{'reference-' * 8}id@mail.test>"),
            ("Message-ID", f"<{'identifier-' * 8}id@mail.test>"),
            ("List-Unsubscribe", f"<https://x.test/{'u' * 90}>, <mailto:u@x.test>"),
            ("List-Post", f"<mailto:{'l' * 60}@lists.mail.test>"),
            ("Archived-At", f"<https://x.test/{'a' * 90}>"),
            ("DKIM-Signature", f"v=1; a=rsa-sha256; d=x.test; bh={'a' * 43}=; b={'B/+9' * 80}"),
            ("Autocrypt", f"addr=a@x.test; keydata={'mQEN' * 400}"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ],
    )
    @pytest.mark.parametrize("kind", [policy.default, policy.SMTPUTF8, policy.compat32], ids=str)
    def test_no_encoded_word_gets_into_them(self, name, value, kind) -> None:
        made = EmailMessage(policy=kind) if kind is not policy.compat32 else Message()
        made["From"], made["To"], made[name] = "a@x.test", "b@x.test", value
        made.set_payload("x")
        content, _, _ = read(made)
        head = bytes(content).partition(b"\r\n\r\n")[0]
        assert b"=?" not in head
        found = message_from_bytes(head, policy=policy.default)[name]
        assert str(found).replace(" ", "") == value.replace(" ", "")
        assert max(map(len, head.split(b"\r\n"))) <= 998

    def test_what_was_parsed_stays_as_it_stands(self) -> None:
        head = (
            b"Received: by x.test;\r\n\tMon, 30 Nov 2026 07:15:48 +0000\r\n"
            b"DKIM-Signature: v=1; d=x.test;\r\n  b=abc\r\n"
            b"Date: Mon, 30 Nov 2026 07:15:48 +0000\r\nMessage-ID: <1@x.test>\r\n"
            b'From: "Ann" <a@x.test>\r\nTo: b@x.test (Ben),\r\n  c@x.test\r\n'
            b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= an  alle, die hier stehen und noch viel mehr,"
            b" so lang\r\n"
        )
        raw = head + b"\r\n.body\r\n"
        for kind in (policy.default, policy.compat32):
            assert bytes(read(message_from_bytes(raw, policy=kind))[0]) == raw
        assert bytes(read(raw)[0]) == raw


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


RESENT = (
    "Resent-From: rf@x.test\r\nResent-To: {to}\r\nResent-Date: {day} Nov 2026 07:15:48 +0000\r\n"
)
ORIGINAL = "From: a@x.test\r\nTo: orig@x.test\r\nBcc: blind@x.test\r\n\r\nx\r\n"
BLOCKS = [RESENT.format(to="new@x.test", day=30), RESENT.format(to="old@x.test", day=29)]
TRACE = "Received: by x.test; Mon, 30 Nov 2026 07:15:48 +0000\r\n"


class TestResent:
    @pytest.mark.parametrize("kind", ["object", "octets"])
    @pytest.mark.parametrize(
        "head", [BLOCKS[0], "".join(BLOCKS), BLOCKS[0] + TRACE + BLOCKS[1]], ids=[1, 2, 3]
    )
    def test_the_latest_block_says_who_and_to_whom(self, kind, head) -> None:
        raw = (head + ORIGINAL).encode()
        given = raw if kind == "octets" else message_from_bytes(raw, policy=policy.default)
        content, sender, recipients = read(given)
        assert sender.address == "rf@x.test"
        assert [item.address for item in recipients] == ["new@x.test"]
        assert b"To: orig@x.test" in bytes(content)
        assert b"blind" not in bytes(content)

    @pytest.mark.parametrize(
        "head",
        [
            BLOCKS[1] + BLOCKS[0],
            BLOCKS[1] + TRACE + BLOCKS[0],
            "Resent-From: a@x.test\r\nResent-From: b@x.test\r\nResent-To: c@x.test\r\n",
            "Resent-From: a@x.test\r\nResent-To: b@x.test\r\nResent-To: c@x.test\r\n",
            "".join(BLOCKS).replace("Resent-Date: 29", "X: 29"),
        ],
        ids=range(5),
    )
    def test_blocks_that_contradict_each_other_are_refused(self, head) -> None:
        with pytest.raises(InputError, match=r"5322 section 3\.6\.6"):
            read((head + ORIGINAL).encode())

    def test_fields_set_on_an_object_are_a_block_wherever_they_stand(self) -> None:
        made = message(To="orig@x.test", Resent_From="rf@x.test")
        made["X-Between"] = "x"
        made["Resent-Sender"] = "rs@x.test"
        made["Resent-To"] = "r@x.test"
        made["Resent-Cc"] = "c@x.test"
        made["Resent-Bcc"] = "b@x.test"
        content, sender, recipients = read(made)
        assert sender.address == "rs@x.test"
        assert [(item.address[0], item.kind.name) for item in recipients] == [
            ("r", "TO"),
            ("c", "CC"),
            ("b", "BCC"),
        ]
        assert b" b@x.test" not in bytes(content)  # a Message-ID may end in b
        assert b"Resent-Date: " in bytes(content)

    def test_a_block_without_recipients_never_falls_back_on_to(self) -> None:
        with pytest.raises(MissingError, match="Resent-To"):
            read(message(To="orig@x.test", Resent_From="rf@x.test"))


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
