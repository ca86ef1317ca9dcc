"""Attacks and what defends against them: every preset against every defence."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from smtp_nb.classroom import Attack
from smtp_nb.classroom.attacks.attack import PLOTS
from smtp_nb.errors import InputError

# For each preset: what happens without a defence, and with each of them in turn. An S is safe; an A
# is a successful attack; an H is honest mail that is lost.
OUTCOMES = {
    ("smuggling", r"\n.\n"): "ASSH",
    ("smuggling", r"\n.\r\n"): "ASSH",
    ("smuggling", r"\r\n.\n"): "SSSH",
    ("smuggling", r"\r.\r"): "SSSH",
    ("smuggling", r"\r\n.\r\n"): "SSSH",
    ("smuggling", "no attack"): "SSSH",
    ("injection", "Bcc"): "ASSH",
    ("injection", "Bcc with LF alone"): "ASSH",
    ("injection", "another body"): "ASAH",
    ("injection", "another Reply-To"): "ASAH",
    ("injection", "no attack"): "SSSH",
    ("stripping", "strip STARTTLS"): "ASHS",
    ("stripping", "only listen"): "SSHS",
    ("stripping", "inject a reply"): "SSHS",
    ("stripping", "a certificate of her own"): "AAHS",
    ("spoofing", "both"): "AAAH",
    ("spoofing", "From alone"): "AAAH",
    ("spoofing", "a domain that looks alike"): "AAAA",
    ("spoofing", "no attack"): "SSSH",
}


def seen(attack: Attack) -> str:
    result = attack.result
    assert result.is_safe is result.verdict.startswith("Safe")
    return "S" if result.is_safe else "A" if result.succeeded else "H"


def test_every_preset_has_its_row() -> None:
    assert list(OUTCOMES) == [
        (kind, name)
        for kind in ("smuggling", "injection", "stripping", "spoofing")
        for name in PLOTS[kind].presets
    ]


@pytest.mark.parametrize(("kind", "preset"), OUTCOMES)
def test_it_is_safe_only_if_the_attack_fails_and_honest_mail_arrives(
    kind: str, preset: str
) -> None:
    attack = Attack(kind)
    attack.write(preset)
    found = seen(attack)
    for name in attack.defences:
        attack.defend(name)
        found += seen(attack)
        attack.defend(name, False)
    assert found == OUTCOMES[kind, preset]


def test_a_smuggled_letter_is_seen_on_the_wire_and_in_the_inbox() -> None:
    result = Attack("smuggling").result
    assert [(row.sender, row.is_hostile) for row in result.inbox] == [
        ("eve@shop.test", False),
        ("boss@bank.test", True),
    ]
    hostile = [row.text for row in result.wire if row.is_hostile]
    assert hostile[0] == r"MAIL FROM:<boss@bank.test>\r\n"
    assert any(row.text == r".\n" for row in result.wire)
    assert result.words.startswith("One letter left the relay and 2 arrived")


def test_the_injected_recipients_get_the_letter_of_the_shop() -> None:
    attack = Attack("injection")
    assert "ann@victim.test and ben@victim.test" in attack.result.words
    assert attack.result.inbox[0].recipients.count("@") == 3
    attack.defend("envelope")
    assert attack.result.inbox[0].recipients == "office@shop.test"
    attack.write("a%0d%0aX-Eve: 1%20evil")
    assert attack.result.succeeded


def test_without_starttls_eve_reads_the_letter() -> None:
    attack = Attack("stripping")
    assert "Eve has read" in attack.result.words
    assert any(row.is_hostile and "XXXXXXXA" in row.text for row in attack.result.wire)
    attack.write("only listen")
    assert not any("4711" in row.text for row in attack.result.wire)
    assert any("TLS record: encrypted data" in row.text for row in attack.result.wire)


def test_a_pinned_key_is_proof_where_tls_alone_is_not() -> None:
    attack = Attack("stripping")
    attack.write("a certificate of her own")
    assert "Eve has read" in attack.defend("required").words
    assert [row.recipients for row in attack.result.inbox] == ["ben@school.test"]  # nobody notices
    assert any("4711" in row.text for row in attack.result.wire)
    result = attack.defend("pin")
    assert result.is_safe
    assert not any("4711" in row.text for row in result.wire)
    assert "pin" in result.words or "key" in result.words
    assert attack.write("only listen").is_safe


@pytest.mark.parametrize(
    ("defences", "outcome"),
    [("spf dkim", "A"), ("spf dmarc", "H"), ("dkim dmarc", "S"), ("spf dkim dmarc", "S")],
)
@pytest.mark.parametrize("preset", ["both", "From alone"])
def test_dmarc_needs_a_proof_that_survives_forwarding(
    preset: str, defences: str, outcome: str
) -> None:
    attack = Attack("spoofing")
    attack.write(preset)
    for name in defences.split():
        attack.defend(name)
    assert seen(attack) == outcome


def test_the_verdicts_before_and_after_are_told() -> None:
    attack = Attack("spoofing")
    attack.write("From alone")
    before = {check.name: (check.before, check.now) for check in attack.result.checks}
    assert before == {"SPF": ("pass", "pass"), "DKIM": ("none", "none"), "DMARC": ("none", "none")}
    assert attack.result.inbox[0].results.startswith("spf=pass smtp.mailfrom=crook.test; dkim=none")
    for name in attack.defences:
        attack.defend(name)
    attack.write("both")
    now = {check.name: (check.before, check.now) for check in attack.result.checks}
    assert now == {"SPF": ("none", "fail"), "DKIM": ("none", "none"), "DMARC": ("none", "fail")}
    assert "550 DMARC: bank.test asks to reject this" in attack.result.words
    assert "DMARC (From: bank.test): none without the defences, fail now" in repr(attack)
    hostile = [row.text for row in attack.result.wire if row.is_hostile]
    assert hostile == [r"MAIL FROM:<boss@bank.test>\r\n", r"From: boss@bank.test\r\n"]


@pytest.mark.parametrize("text", ["boss@bank.test", "a@b / c", "a@b.test\r\nDATA / c@d.test", ""])
def test_two_senders_have_to_be_named(text: str) -> None:
    with pytest.raises(InputError, match="does not name two senders"):
        Attack("spoofing").write(text)


def test_what_cannot_be_read_changes_nothing() -> None:
    attack = Attack("smuggling")
    before = attack.written, attack.result
    with pytest.raises(InputError, match="not an escape"):
        attack.write(r"\q")
    with pytest.raises(InputError, match=r"unknown defence 'moat'.*strict"):
        attack.defend("moat")
    assert (attack.written, attack.result) == before
    with pytest.raises(InputError, match="is not among what Eve does"):
        Attack("stripping").write("dance")
    with pytest.raises(InputError, match=r"unknown attack 'siege'.*smuggling"):
        Attack("siege")


@pytest.mark.parametrize("kind", PLOTS)
def test_no_octet_leaves_the_process(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any, **_named: Any) -> None:
        raise AssertionError("a socket was made")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    attack = Attack(kind)
    for name in attack.plot.presets:
        attack.write(name)


@pytest.mark.parametrize("kind", PLOTS)
def test_the_saved_forms_say_all_and_hold_no_address(kind: str) -> None:
    attack = Attack(kind)
    text, html = attack.forms()
    assert attack.result.verdict in text
    for defence in attack.plot.defences.values():
        assert f"[ ] {defence.title}" in text
    assert "(Eve)" in text
    for form in (text, html, repr(attack)):
        for address in ("eve@", "victim@", "ann@", "office@", "boss@"):
            assert address not in form
    assert "<script" not in html
