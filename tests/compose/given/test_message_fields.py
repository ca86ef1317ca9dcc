"""The header of a message composed by others: names, addresses, structured fields."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.header import Header
from email.headerregistry import Address, Group
from email.message import EmailMessage, Message
from email.mime.text import MIMEText

import pytest

from compose.given.reading import EVIL, message, read
from smtp_nb.errors import AddressError, InputError

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
