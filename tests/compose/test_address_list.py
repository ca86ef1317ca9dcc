"""Address fields, read: the mailboxes that the header shows, or an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.compose.address_list import AddressGroup, parse_address_list
from smtp_nb.compose.fields import HeaderStyle, address_list
from smtp_nb.errors import InputError
from smtp_nb.model.address import Mailbox

A, B, C = (Mailbox(local, "x.test") for local in "abc")
BOB = Mailbox("b", "x.test", "Bob")


def alone(*boxes: Mailbox) -> AddressGroup:
    return AddressGroup(None, boxes)


@pytest.mark.parametrize(
    ("text", "groups", "is_strict"),
    [
        ("a@x.test", [alone(A)], True),
        ("a@x.test,\r\n b@x.test", [alone(A, B)], True),
        ("a@x.test; b@x.test", [alone(A, B)], False),
        ("a@x.test,, b@x.test", [alone(A, B)], False),
        ("a@x.test,", [alone(A)], False),
        ("undisclosed-recipients:;", [AddressGroup("undisclosed-recipients", ())], True),
        ("Team: a@x.test, b@x.test;", [AddressGroup("Team", (A, B))], True),
        ("Team: a@x.test;, c@x.test", [AddressGroup("Team", (A,)), alone(C)], True),
        ("Team: a@x.test; c@x.test", [AddressGroup("Team", (A,)), alone(C)], False),
        (
            "a@x.test, T: b@x.test;, c@x.test",
            [alone(A), AddressGroup("T", (B,)), alone(C)],
            True,
        ),
        ('"Team; X, Y": a@x.test;', [AddressGroup("Team; X, Y", (A,))], True),
        ("=?utf-8?q?M=C3=BCller=2C?=: a@x.test;", [AddressGroup("Müller,", (A,))], True),
        ("b@x.test (Bob)", [alone(BOB)], True),
        ('b@x.test (Bob, "B(o)b" <c@x.test>)', None, True),
        ("Bob (the builder) <b@x.test>", [alone(BOB)], True),
        ("(hidden@x.test, ) Bob <b@x.test> (x)", [alone(BOB)], True),
        ("b@x.test (=?utf-8?q?B=C3=B6b?=)", [alone(Mailbox("b", "x.test", "Böb"))], True),
        ('"c@x.test, long" <a@x.test>', [alone(Mailbox("a", "x.test", "c@x.test, long"))], True),
    ],
)
def test_what_is_written_is_what_is_read(text, groups, is_strict) -> None:
    found = parse_address_list(text)
    if groups is None:
        groups = [alone(Mailbox("b", "x.test", 'Bob, "B(o)b" <c@x.test>'))]
    assert list(found.groups) == groups
    assert found.is_strict is is_strict


@pytest.mark.parametrize(
    "text",
    [
        "a(c)@x.test",
        "a@x.test (never closed",
        "a@x.test )",
        "Team: a@x.test",
        "Team: Other: a@x.test;;",
        "<a@x.test>: b@x.test;",
        ": a@x.test;",
        "a b@x.test",
        "x@good.test <y@evil.test>",
        "<@r.test:a@b.test>",
        "a@b@c.test",
        "a@x.test>, <b@x.test",
        "=?utf-8?q?a=40evil.test?= <b@x.test> c",
        "=?utf-8?q?a?=@x.test",
        "Smith, Ann <a@x.test>",
        "a@x.test\r\nBcc: b@x.test",
        "=?utf-8?q?a=0D=0ABcc=3A_b?= <a@x.test>",
        "a\\@x.test",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(text) -> None:
    with pytest.raises(InputError):
        parse_address_list(text)


NAMES = st.text(st.sampled_from('aé李 "(),.:;<>@[]\\=?_-') | st.characters(categories=["L"]))
BOXES = st.builds(
    Mailbox,
    st.sampled_from(["a", "b.c", '"d e"', "ö"]),
    st.sampled_from(["x.test", "[192.0.2.1]"]),
    NAMES.map(lambda name: " ".join(name.split())),
)
GROUPS = st.builds(
    AddressGroup,
    st.none() | NAMES.map(lambda name: " ".join(name.split())).filter(bool),
    st.lists(BOXES, max_size=4).map(tuple),
).filter(lambda group: group.boxes or group.name)


@given(st.lists(GROUPS, min_size=1, max_size=4))
def test_a_field_that_we_write_is_read_as_it_was_meant(groups: list[AddressGroup]) -> None:
    field = address_list("To", groups, HeaderStyle())
    found = parse_address_list(field.partition(":")[2].strip())
    assert found.is_strict
    assert found.boxes == tuple(box for group in groups for box in group.boxes)
    named = [group for group in groups if group.name is not None]
    assert [group for group in found.groups if group.name is not None] == named


@given(st.text(st.sampled_from('ab@x.test,;:()<>"\\ ?='), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_address_list(text)
    except InputError:
        return
    for box in found.boxes:
        assert box.local in text.replace("\\", "")
