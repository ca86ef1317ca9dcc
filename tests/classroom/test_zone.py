"""A zone answers as a resolver does, and refuses what no DNS holds."""

from __future__ import annotations

from typing import Any

import pytest

from smtp_nb.classroom import Zone
from smtp_nb.classroom.zone import ServerFailure
from smtp_nb.errors import InputError

RECORDS: dict[str, Any] = {
    "school.test": {"MX": ["20 b.school.test", (10, "a.school.test")], "TXT": "v=spf1 mx -all"},
    "a.school.test": {"A": "192.0.2.1", "AAAA": "2001:0db8::1"},
    "www.school.test": {"CNAME": "a.school.test"},
    "*.guest.test": {"A": "192.0.2.7"},
    "real.guest.test": {"TXT": "here"},
    "x.deep.guest.test": {"A": "192.0.2.8"},
    "1.2.0.192.in-addr.arpa": {"PTR": "a.school.test"},
    "null.test": {"MX": "0 ."},
    "alone.test": {"A": "192.0.2.9"},
    "down.test": "SERVFAIL",
    "gone.test": "NXDOMAIN",
    "round.test": {"CNAME": "about.test"},
    "about.test": {"CNAME": "round.test"},
}


@pytest.fixture
def zone() -> Zone:
    return Zone(RECORDS)


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        ("school.test", "MX", ["20 b.school.test", "10 a.school.test"]),
        ("SCHOOL.test.", "txt", ["v=spf1 mx -all"]),
        ("a.school.test", "AAAA", ["2001:db8::1"]),
        ("www.school.test", "A", ["192.0.2.1"]),
        ("www.school.test", "CNAME", ["a.school.test"]),
        ("1.2.0.192.in-addr.arpa", "PTR", ["a.school.test"]),
        ("any.guest.test", "A", ["192.0.2.7"]),
        ("two.labels.guest.test", "A", ["192.0.2.7"]),
        ("any.guest.test", "MX", []),
        ("real.guest.test", "A", []),  # it exists, so the wildcard does not stand in (RFC 4592)
        ("deep.guest.test", "A", []),  # it exists, because a name below it does (RFC 8020)
        ("y.deep.guest.test", "A", []),
        ("guest.test", "A", []),
        ("gone.test", "A", []),
        ("nobody.test", "A", []),
    ],
)
def test_a_question_gets_its_records(zone: Zone, name: str, kind: str, found: list[str]) -> None:
    assert zone.lookup(name, kind) == found
    assert zone.asked[-1].found == len(found)


@pytest.mark.parametrize("name", ["down.test", "below.down.test", "round.test"])
def test_a_dns_that_does_not_answer_is_an_error(zone: Zone, name: str) -> None:
    with pytest.raises(ServerFailure):
        zone.lookup(name, "A")


def test_names_exist_or_not(zone: Zone) -> None:
    there = [name for name in (*RECORDS, "guest.test", "z.guest.test") if zone.exists(name)]
    assert "gone.test" not in there
    assert {"guest.test", "z.guest.test", "down.test"} <= set(there)
    assert not zone.exists("nobody.test")


def test_the_preferred_mx_comes_first(zone: Zone) -> None:
    assert zone.mx("school.test") == [(10, "a.school.test"), (20, "b.school.test")]
    assert zone.mx("null.test") == []
    assert zone.mx("alone.test") == [(0, "alone.test")]  # RFC 5321 section 5.1
    assert zone.mx("nobody.test") == []


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ({"a b.test": {}}, "not a name of the DNS"),
        ({"": {}}, "not a name of the DNS"),
        ({"x.test": "nonsense"}, "records of x.test"),
        ({"x.test": ["v=spf1"]}, "are a list"),
        ({"x.test": {"SRV": "1"}}, "record 'SRV'"),
        ({"x.test": {"A": "192.0.2.300"}}, "malformed A"),
        ({"x.test": {"A": "::1"}}, "malformed A"),
        ({"x.test": {"AAAA": "192.0.2.1"}}, "malformed AAAA"),
        ({"x.test": {"MX": "ten mx.test"}}, "malformed MX"),
        ({"x.test": {"MX": "70000 mx.test"}}, "malformed MX"),
        ({"x.test": {"MX": "10 mx.test more"}}, "malformed MX"),
        ({"x.test": {"MX": 5}}, "malformed MX"),
        ({"x.test": {"TXT": "two\r\nlines"}}, "malformed TXT"),
        ({"x.test": {"TXT": 7}}, "malformed TXT"),
        ({"x.test": {"CNAME": ["a.test", "b.test"]}}, "2 CNAME"),
        ({"x.test": {"CNAME": "a.test", "TXT": "x"}}, "alias"),
    ],
)
def test_what_no_dns_holds_is_refused(records: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        Zone(records)
    assert caught.value.remedy


def test_publishing_and_withdrawing(zone: Zone) -> None:
    zone["new.test"] = {"txt": ["one", "two"]}
    assert zone["NEW.test."] == {"TXT": ("one", "two")}
    with pytest.raises(TypeError):
        zone["new.test"]["TXT"] = ()  # type: ignore[index] # what is there is read only
    copy = zone.copy()
    del zone["new.test"]
    assert "new.test" in copy
    assert "new.test" not in zone
    assert zone["down.test"] == {}
    assert len(copy) == len(zone) + 1


def test_it_is_a_resolver_for_dkimpy_and_pyspf(zone: Zone, monkeypatch: Any) -> None:
    spf = pytest.importorskip("spf")
    monkeypatch.setattr(spf, "DNSLookup", zone.spf)
    assert spf.check2("192.0.2.1", "ann@school.test", "x.test")[0] == "pass"
    assert spf.check2("192.0.2.2", "ann@school.test", "x.test")[0] == "fail"
    assert spf.check2("192.0.2.2", "ann@down.test", "x.test")[0] == "temperror"
    assert zone.spf("school.test", "SPF") == []
    assert zone.query(b"school.test.") == b"v=spf1 mx -all"
    assert zone.query("nobody.test") is None


def test_a_long_record_is_cut_for_pyspf_as_the_dns_cuts_it() -> None:
    zone = Zone({"x.test": {"TXT": "v=spf1 " + "ip4:192.0.2.1 " * 40 + "-all"}})
    ((_, strings),) = zone.spf("x.test", "TXT")
    assert [len(one) for one in strings[:-1]] == [255, 255]
    assert b"".join(strings).endswith(b"-all")


def test_it_shows_a_table_without_tags_of_strangers() -> None:
    zone = Zone({"x.test": {"TXT": ["<b>bold</b>", "k=" + "A" * 400]}, "down.test": "SERVFAIL"})
    shown = zone._repr_html_()
    assert "&lt;b&gt;bold" in shown
    assert "(402 characters)" in shown
    assert "A" * 100 not in repr(zone)
    assert "down.test  SERVFAIL" in repr(zone)
    assert repr(Zone()) == "<Zone without records>"
