"""SPF, DKIM and DMARC: what each looks at, and what none is fooled by."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

from smtp_nb import DKIM
from smtp_nb.classroom import Zone, authenticate, signing_key
from smtp_nb.errors import InputError, Unsupported

KEY = signing_key(1024)
MAIL = b"From: Ann <ann@school.test>\r\nSubject: Hello\r\n\r\nHello Ben\r\n"
OURS, OTHER = "192.0.2.1", "198.51.100.9"


def zone(**dmarc: str) -> Zone:
    return Zone(
        {
            "school.test": {"TXT": f"v=spf1 ip4:{OURS} -all"},
            "news.school.test": {"TXT": f"v=spf1 ip4:{OURS} -all"},
            "crook.test": {"TXT": f"v=spf1 ip4:{OTHER} -all"},
            "down.test": "SERVFAIL",
            "s1._domainkey.school.test": {"TXT": KEY.record},
            "s1._domainkey.crook.test": {"TXT": KEY.record},
            **{
                f"_dmarc.{name.replace('_', '.')}": {"TXT": text}
                for name, text in ({"school_test": "v=DMARC1; p=reject"} | dmarc).items()
            },
        }
    )


def signed(mail: bytes = MAIL, domain: str = "school.test") -> bytes:
    return DKIM(domain, "s1", KEY.private).field(mail) + mail


BY_US, BY_OTHERS = ("ann@school.test", OURS), ("ann@school.test", OTHER)
BY_CROOK = ("x@crook.test", OTHER)
MAILS = {
    "honest": (MAIL, BY_US, ("pass", "none", "pass")),
    "another address": (MAIL, BY_OTHERS, ("fail", "none", "fail")),
    "a subdomain": (MAIL, ("ann@news.school.test", OURS), ("pass", "none", "pass")),
    "forwarded": (signed(), BY_OTHERS, ("fail", "pass", "pass")),
    "a letter changed": (signed().replace(b"Ben", b"Bob"), BY_OTHERS, ("fail", "fail", "fail")),
    "two spaces": (signed().replace(b" Ben", b"  Ben"), BY_CROOK, ("pass", "pass", "pass")),
    "a list": (signed().replace(b": Hello", b": [x] Hello"), BY_CROOK, ("pass", "fail", "fail")),
    "spoofed": (MAIL, BY_CROOK, ("pass", "none", "fail")),
    "signed by the crook": (signed(domain="crook.test"), BY_CROOK, ("pass", "pass", "fail")),
    "no records": (MAIL.replace(b"school", b"no"), ("x@no.test", OURS), ("none", "none", "none")),
    "SERVFAIL for SPF": (MAIL, ("x@down.test", OURS), ("temperror", "none", "fail")),
    "SERVFAIL for DMARC": (
        MAIL.replace(b"school.test", b"down.test"), BY_CROOK, ("pass", "none", "temperror")
    ),
    "no author": (b"Subject: nobody\r\n\r\n", BY_US, ("pass", "none", "permerror")),
    "two authors": (
        b"From: eve@crook.test\r\n" + MAIL, BY_CROOK, ("pass", "none", "permerror")
    ),
    "an author without a domain": (b"From: ann\r\n\r\n", BY_US, ("pass", "none", "permerror")),
    "nothing": (b"", BY_US, ("pass", "none", "permerror")),
}  # fmt: skip


@pytest.mark.parametrize("name", MAILS)
def test_three_verdicts(name: str) -> None:
    mail, (sender, peer), results = MAILS[name]
    found = authenticate(zone(), mail, mail_from=sender, peer=peer)
    assert (found.spf.result, found.dkim[0].result, found.dmarc.result) == results, str(found)


@pytest.mark.parametrize(
    ("record", "sender", "result", "policy"),
    [
        ("v=DMARC1; p=quarantine; aspf=s", "a@news.school.test", "fail", "quarantine"),
        ("v=DMARC1; p=quarantine; aspf=r", "a@news.school.test", "pass", "quarantine"),
        ("v=DMARC1; p=nonsense", "a@school.test", "none", ""),
        ("v=DMARC2; p=reject", "a@school.test", "none", ""),
    ],
)
def test_the_domain_in_from_decides(record: str, sender: str, result: str, policy: str) -> None:
    found = authenticate(zone(school_test=record), MAIL, mail_from=sender, peer=OURS)
    assert (found.dmarc.result, found.policy) == (result, policy)


def test_a_subdomain_goes_by_the_policy_above_it() -> None:
    mail = MAIL.replace(b"@school", b"@lab.school")
    published = zone(school_test="v=DMARC1; p=reject; sp=quarantine")
    found = authenticate(published, mail, mail_from="x@crook.test", peer=OTHER)
    assert (found.dmarc.result, found.policy) == ("fail", "quarantine")


def test_a_notification_is_judged_by_the_name_in_ehlo() -> None:
    found = authenticate(zone(), MAIL, mail_from="", peer=OURS, hello="school.test")
    assert (found.spf.result, found.spf.domain) == ("pass", "school.test")


def test_a_signature_of_the_beginning_alone_does_not_count() -> None:
    import dkim

    field = dkim.sign(MAIL, b"s1", b"school.test", KEY.private.encode(), length=True)
    found = authenticate(zone(), field + MAIL + b"PS: pay\r\n", mail_from="", peer=OTHER)
    assert found.dkim[0].result == "policy"
    assert found.dmarc.result == "fail"


@pytest.mark.parametrize(
    "field",
    [b"DKIM-Signature: v=1\r\n", b"DKIM-Signature: \xff\r\n", b"DKIM-Signature:\r\n",
     b"DKIM-Signature: " + b"a=b;" * 2000 + b"\r\n"],
)  # fmt: skip
def test_a_broken_signature_is_an_error_of_its_own(field: bytes, capsys: Any) -> None:
    found = authenticate(zone(), field + MAIL, mail_from="", peer=OURS)
    assert found.dkim[0].result == "permerror"
    assert capsys.readouterr().err == ""


def test_only_so_many_signatures_are_looked_at() -> None:
    field = signed()[: -len(MAIL)]
    found = authenticate(zone(), field * 50 + MAIL, mail_from="", peer=OURS)
    assert len(found.dkim) == 5


def test_it_is_shown_as_a_field_and_as_a_table() -> None:
    found = authenticate(zone(), signed(), mail_from="ann@school.test", peer=OTHER)
    assert found.field("mx.test") == (
        "Authentication-Results: mx.test; spf=fail smtp.mailfrom=school.test; "
        "dkim=pass header.d=school.test; dmarc=pass (p=reject) header.from=school.test"
    )
    assert "✗ fail" in found._repr_html_()
    assert "✓ pass" in found._repr_html_()
    assert str(found).count("\n") == 2


def test_a_picture_shows_what_counts() -> None:
    shown = authenticate(zone(), signed(), mail_from="x@crook.test", peer=OTHER).picture()
    html = shown._repr_html_()
    assert html.count("does not count for DMARC") == 1  # SPF, which passes for the crook
    assert html.count("<title>counts for DMARC") == 1
    assert "DKIM: is it unchanged? pass" in str(shown)
    assert " id=" not in html


def test_a_peer_is_an_address() -> None:
    with pytest.raises(InputError, match="not an address"):
        authenticate(zone(), MAIL, mail_from="a@school.test", peer="mx.school.test")


@pytest.mark.parametrize("name", ["spf", "dkim"])
def test_a_missing_extra_is_named(name: str, monkeypatch: Any) -> None:
    whole = builtins.__import__

    def without(wanted: str, *rest: Any, **more: Any) -> Any:
        if wanted == name:
            raise ImportError(wanted)
        return whole(wanted, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(Unsupported) as caught:
        authenticate(zone(), MAIL, mail_from="a@school.test", peer=OURS)
    assert "smtp_nb[lessons]" in caught.value.remedy


def test_a_key_is_not_shown() -> None:
    assert "PRIVATE" not in repr(KEY)
    assert KEY.private.splitlines()[1] not in f"{KEY!r} {KEY}"
