"""What is wrong with what a domain publishes is found, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from smtp_nb.classroom import Zone, findings, signing_key
from smtp_nb.classroom.relaying.findings import MAX_LOOKUPS, count_lookups

GOOD: dict[str, Any] = {
    "school.test": {"MX": "10 mx.school.test", "TXT": ["v=spf1 mx -all", "something else"]},
    "mx.school.test": {"A": "192.0.2.1"},
    "_dmarc.school.test": {"TXT": "v=DMARC1; p=reject; sp=none; rua=mailto:a@school.test"},
    "none.test": {"MX": "0 ."},
}
CUT = signing_key(1024).record[:150]


def includes(count: int) -> dict[str, Any]:
    terms = " ".join(f"include:p{number}.test" for number in range(count))
    return {
        "x.test": {"TXT": f"v=spf1 {terms} -all"},
        **{f"p{number}.test": {"TXT": "v=spf1 -all"} for number in range(count)},
    }


def test_a_good_zone_has_no_findings() -> None:
    zone = Zone(GOOD | {"s1._domainkey.school.test": {"TXT": signing_key(1024).record}})
    assert findings(zone) == []
    assert zone.asked == []
    assert "nothing is wrong" in str(findings(zone))


@pytest.mark.parametrize(
    ("records", "about", "said"),
    [
        ({"x.test": {"TXT": ["v=spf1 -all", "V=SPF1"]}}, "SPF", "2 records"),
        ({"x.test": {"TXT": "v=spf1 all"}}, "SPF", "lets every host"),
        ({"x.test": {"TXT": "v=spf1 +all"}}, "SPF", "lets every host"),
        ({"x.test": {"TXT": "v=spf1 ip4:0.0.0.0/0 -all"}}, "SPF", "every address"),
        ({"x.test": {"TXT": "v=spf1 ipv4:192.0.2.1 -all"}}, "SPF", "not a mechanism"),
        (includes(MAX_LOOKUPS + 1), "SPF", "11 look-ups"),
        ({"x.test": {"TXT": "v=spf1 include:x.test -all"}}, "SPF", "look-ups"),
        ({"s._domainkey.x.test": {"TXT": "v=DKIM1; k=rsa"}}, "DKIM", "p= is missing"),
        ({"s._domainkey.x.test": {"TXT": "v=DKIM1; p="}}, "DKIM", "revoked"),
        ({"s._domainkey.x.test": {"TXT": CUT}}, "DKIM", "cut off"),
        ({"_dmarc.x.test": {"TXT": "v=DMARC1; p=non"}}, "DMARC", "p=non is not a policy"),
        ({"_dmarc.x.test": {"TXT": "v=DMARC1; sp=x; p=none"}}, "DMARC", "sp=x"),
        ({"_dmarc.x.test": {"TXT": "v=dmarc1; p=none"}}, "DMARC", "0 records"),
        ({"_dmarc.x.test": {"TXT": ["v=DMARC1; p=none"] * 2}}, "DMARC", "2 records"),
        ({"x.test": {"MX": "10 mx.x.test"}}, "MX", "no address"),
        ({"x.test": {"MX": "1 m.x.test"}, "m.x.test": {"CNAME": "a.test"}}, "MX", "alias"),
        ({"x.test": {"MX": "1 m.x.test"}, "m.x.test": "SERVFAIL"}, "MX", "does not answer"),
    ],
)
def test_a_planted_fault_is_found(records: dict[str, Any], about: str, said: str) -> None:
    found = findings(Zone(GOOD | records))
    assert any(one.about == about and said in one.text for one in found), found
    assert "<table" in found._repr_html_()
    if said != "look-ups":  # an include of itself has many names
        assert {one.about for one in found} == {about}


def test_a_short_key_is_found() -> None:
    short = (
        "v=DKIM1; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALqbHeRLCyOdykC5SDLqI49ArYGYG1mq"
        "aH9/GnWjGavZM02fos4lc2w6tCchcUBNtJvGqKwhC5JEnx3RYoSX2ucCAwEAAQ=="
    )
    (found,) = findings(Zone({"s._domainkey.x.test": {"TXT": short}}))
    assert "512 bits" in found.text


def test_ten_look_ups_are_fine() -> None:
    zone = Zone(includes(MAX_LOOKUPS))
    assert count_lookups(zone, zone["x.test"]["TXT"][0]) == MAX_LOOKUPS
    assert findings(zone) == []
