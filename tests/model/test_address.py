"""The strict parser of mailboxes: what it takes, what it refuses, and that it never repairs."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtp_nb.errors import AddressError, InjectionError, InputError
from smtp_nb.model.address import (
    MAX_TEXT,
    Mailbox,
    ascii_domain,
    is_ip_address,
    parse_addresses,
    parse_mailbox,
    refuse_controls,
    split_addresses,
    split_plain,
)

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
QUOTED_LOCAL = re.compile(r'"(?:[^"\\]|\\.)*"')
ATTACKS = [
    "a@x>\r\nRCPT TO:<evil@x",
    '"a\r\nRCPT TO:<e>"@x',
    "u@x> AUTH=<e@x",
    "u@x>\nDATA",
    "u@x\r",
    "u@x\x00",
    "u\x00@x",
    "u\x7f@x.test",
    "u@x.test\u0085",
    "u@x.test\u2028RCPT",
    "u@x SIZE=1",
    "u @x.test",
    "u@ x.test",
    "<u@x.test",
    "u@x.test>",
    "<<u@x.test>>",
    "<u@x.test> <e@x.test>",
    "a@b@c.test",
    "a@b.test@c.test",
    "@a.test:u@b.test",
    "<@a.test,@b.test:u@c.test>",
    "u@x.test (comment)",
    "u(comment)@x.test",
    "(comment)u@x.test",
    "group: a@x.test, b@x.test;",
    "a,b@x.test",
    "a;b@x.test",
    "a:b@x.test",
    "a[b@x.test",
    '"a@x.test',
    '"a"b@x.test',
    'a"b"@x.test',
    'a.""@x.test',
    "a..b@x.test",
    ".a@x.test",
    "a.@x.test",
    "a",
    "@x.test",
    "a@",
    "a@.test",
    "a@x..test",
    "a@-x.test",
    "a@x-.test",
    "a@x_y.test",
    "a@x.test.",
    "a@" + "x" * 64 + ".test",
    "a" * 65 + "@x.test",
    "a@" + "x.test." * 40 + "test",
    "a@127.0.0.1",
    "a@[127.0.0.256]",
    "a@[127.0.0.1",
    "a@[IPv6:fe80::1%eth0]",
    "a@[IPv6:1]",
    "a@[x\\]]",
    "a@x＠y.test",
    "a＠x.test",
    "a@x．test",
    "a@x。test",
    "a@x｡test",
    "a．b@x.test",
    "a@goo\u00adgle.test",
    "a@\u200bgoogle.test",
    "a\u200bb@x.test",
    "\u202eab@x.test",
    "a\u00a0b@x.test",
    "a\u3000b@x.test",
    "a@ｇoogle.test",
    "a@⒈test",
    "a@x.test，b@x.test",
    "Smith, J <a@x.test>",
    "Smith: J <a@x.test>",
    "a@y.test <a@x.test>",
    "=?x?q?=41=42?=@psres.test",
    "=?utf-8?q?a=40evil.test=3E=0D=0A?=@x.test",
    '"=?utf-7?q?x?="@x.test',
    'Say "hi" <a@x.test>',
]


@pytest.mark.parametrize("text", ATTACKS)
def test_what_the_grammar_does_not_allow_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_mailbox(text)


@pytest.mark.parametrize(
    ("text", "address", "name"),
    [
        ("a@b.test", "a@b.test", ""),
        ("<a@b.test>", "a@b.test", ""),
        ("  a@b.test ", "a@b.test", ""),
        ("Bob <a@b.test>", "a@b.test", "Bob"),
        ("J. Smith <a@b.test>", "a@b.test", "J. Smith"),
        ("O'Neil-Müller <a@b.test>", "a@b.test", "O'Neil-Müller"),
        ('"Smith, J: \\"Jo\\" \\\\" <a@b.test>', "a@b.test", 'Smith, J: "Jo" \\'),
        ('"" <a@b.test>', "a@b.test", ""),
        ('"e@evil.test" <a@b.test>', "a@b.test", "e@evil.test"),
        ("a+tag@b.test", "a+tag@b.test", ""),
        ("!#$%&'*+/=?^_`{|}~-@b.test", "!#$%&'*+/=?^_`{|}~-@b.test", ""),
        ("a@b", "a@b", ""),
        ("A.b@B.Test", "A.b@B.Test", ""),
        ("a@[127.0.0.1]", "a@[127.0.0.1]", ""),
        ("a@[IPv6:2001:DB8::1]", "a@[IPv6:2001:db8::1]", ""),
        ("a@" + "x" * 63 + ".test", "a@" + "x" * 63 + ".test", ""),
        ("a" * 64 + "@x.test", "a" * 64 + "@x.test", ""),
        ("é@x.test", "é@x.test", ""),
        ("नमस्ते@x.test", "नमस्ते@x.test", ""),
    ],
)
def test_a_mailbox_is_taken_as_it_stands(text: str, address: str, name: str) -> None:
    box = parse_mailbox(text)
    assert (box.address, box.name) == (address, name)


@pytest.mark.parametrize(
    ("domain", "ascii_form"),
    [
        ("straße.de", "xn--strae-oqa.de"),
        ("STRASSE.de", "STRASSE.de"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("日本語.jp", "xn--wgv71a119e.jp"),
        ("Ελλάς.gr", "xn--hxarsa0b.gr"),
    ],
)
def test_domains_become_a_labels_without_losing_letters(domain: str, ascii_form: str) -> None:
    assert ascii_domain(domain) == ascii_form
    assert parse_mailbox(f"a@{domain}").domain == ascii_form


def test_a_look_alike_domain_is_another_domain() -> None:
    latin, cyrillic = parse_mailbox("a@apple.com"), parse_mailbox("a@аpple.com")
    assert cyrillic.domain == "xn--pple-43d.com"
    assert latin.key != cyrillic.key


class TestQuotedLocalPart:
    def test_it_stays_quoted_where_it_must(self) -> None:
        assert parse_mailbox('"a b"@x.test').address == '"a b"@x.test'
        assert parse_mailbox('"a@b"@x.test').address == '"a@b"@x.test'
        assert parse_mailbox('""@x.test').address == '""@x.test'

    def test_parameters_in_it_stay_inside_the_quotes(self) -> None:
        box = parse_mailbox('"foo@psres.net> ORCPT=a@b"@test.com')
        assert box.address == '"foo@psres.net> ORCPT=a@b"@test.com'
        assert box.domain == "test.com"

    def test_it_goes_out_with_the_fewest_quotes(self) -> None:
        assert parse_mailbox('"ab"@x.test') == parse_mailbox("ab@x.test")
        assert parse_mailbox(r'"a\b.c"@x.test').address == "ab.c@x.test"
        assert parse_mailbox(r'"a\ b\"\\"@x.test').address == r'"a b\"\\"@x.test'

    def test_it_may_hold_commas_within_a_list(self) -> None:
        text = 'N <"a>b,c"@x.test>, "d;e"@x.test; f@x.test'
        assert [box.address for box in parse_addresses(text)] == [
            '"a>b,c"@x.test',
            '"d;e"@x.test',
            "f@x.test",
        ]


@pytest.mark.parametrize("char", ["\u760d", "\u760a", "\u0a0d", "\u0d0a", "\u010a", "\u010d"])
def test_no_character_turns_into_a_line_break_on_the_wire(char: str) -> None:
    wire = parse_mailbox(f"a{char}b@x.test").address.encode()
    assert b"\r" not in wire
    assert b"\n" not in wire
    with pytest.raises(AddressError):
        ascii_domain(f"x{char}RCPT TO:<e@x>.test")


def test_only_a_local_part_beyond_ascii_needs_smtputf8() -> None:
    assert parse_mailbox("é@x.test").needs_smtputf8
    assert not parse_mailbox("Jörg <e@straße.de>").needs_smtputf8


def test_the_key_joins_spellings_of_one_mailbox() -> None:
    assert parse_mailbox("Ann <ANN@Straße.DE>").key == parse_mailbox("ann@xn--strae-oqa.de").key
    assert parse_mailbox("É@x.test").key == "É@x.test"


def test_a_list_drops_empty_entries_only() -> None:
    text = 'a@x.test, ,; "B, C" <b@x.test>;c@x.test,'
    assert split_addresses(text) == ["a@x.test", '"B, C" <b@x.test>', "c@x.test"]
    assert parse_addresses("") == []


@pytest.mark.parametrize(
    "text",
    ["a@x.test b@x.test", '"a@x.test, b@x.test', "<a@x.test, b@x.test", "a@x.test,\r\n b@x.test"],
)
def test_a_list_with_one_wrong_entry_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_addresses(text)


@pytest.mark.parametrize(
    "text",
    [
        '"\\' * 500_000,
        '"\\"' * 300_000,
        "<" * 1_000_000,
        '<"' * 500_000,
        "@" * 1_000_000,
        "," * 1_000_000,
        " " * 1_000_000,
        "a." * 500_000 + "@x.test",
        "a@" + "x." * 500_000,
        "a@" + "ü." * 500_000,
        '"' + "\\a" * 500_000 + '"@x.test',
        "a " * 500_000 + "<a@x.test>",
        "a@x.test," * 100_000,
        ",".join(f"u{number}@x.test" for number in range(60_000)),
    ],
    ids=range(14),
)
@pytest.mark.timeout(60)  # quadratic work on a megabyte would take hours
def test_a_hostile_list_of_a_megabyte_costs_linear_time(text: str) -> None:
    with suppress(InputError):
        parse_addresses(text)


def test_errors_do_not_repeat_a_megabyte() -> None:
    for text in ["x" * 10**6, "a@" + "x" * 2000, "a@" + "ü" * 2000, '"' + "é" * 1500 + '"@x.test']:
        with pytest.raises(AddressError) as caught:
            parse_mailbox(text)
        assert len(str(caught.value)) < 500


def test_what_is_remembered_is_small() -> None:
    with pytest.raises(AddressError):
        parse_mailbox("n" * MAX_TEXT + " <a@x.test>")


def test_the_offset_of_a_control_is_named() -> None:
    with pytest.raises(InjectionError, match=r"The subject holds.*offset 3"):
        refuse_controls("abc\n", "The subject")


pieces = st.one_of(
    st.sampled_from('ab.@<>"\\ ,;:()[]\r\n\0\x7f\t\x85\u2028é日．＠\u200b'),
    st.sampled_from(["x.test", "@x.test", "RCPT TO:", "IPv6:", "::1", '"a b"', "=?utf-8?q?"]),
)
hostile = st.one_of(st.text(max_size=40), st.lists(pieces, max_size=12).map("".join))


@given(hostile)
@example('"foo> ORCPT=a@b"@test.com')
def test_no_accepted_address_can_leave_its_command(text: str) -> None:
    try:
        box = parse_mailbox(text)
    except InputError:
        return
    assert not CONTROL.search(box.address + box.name)
    assert not re.search(r'[ <>,;:()\[\]"\\@]', QUOTED_LOCAL.sub("", box.local))
    assert re.fullmatch(r"[A-Za-z0-9.-]+|\[[A-Za-z0-9.:]+\]", box.domain)
    assert len(box.address.encode()) <= 254


@given(hostile)
def test_what_is_accepted_reads_back_as_itself(text: str) -> None:
    try:
        box = parse_mailbox(text)
    except InputError:
        return
    assert parse_mailbox(str(box)) == box
    assert parse_mailbox(box.address) == Mailbox(box.local, box.domain)


names = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=50
).map(lambda name: name.strip(" "))


@given(names)
@example('Müller, Jörg: "Jo" <x@y>')
def test_every_display_name_reads_back(name: str) -> None:
    box = Mailbox("a", "x.test", name)
    assert parse_mailbox(str(box)) == box


@given(st.lists(names, max_size=5))
def test_a_list_is_cut_where_it_was_joined(shown: list[str]) -> None:
    boxes = [Mailbox(f"u{number}", "x.test", name) for number, name in enumerate(shown)]
    assert parse_addresses(", ".join(map(str, boxes))) == boxes
    assert parse_addresses(";".join(map(str, boxes))) == boxes


@given(hostile)
def test_every_entry_of_a_list_is_judged(text: str) -> None:
    try:
        boxes = parse_addresses(text)
    except InputError:
        return
    assert len(boxes) == len(split_addresses(text))


@given(st.text(max_size=60))
def test_no_domain_leaves_ascii(text: str) -> None:
    try:
        domain = ascii_domain(text)
    except InputError:
        return
    assert re.fullmatch(r"[A-Za-z0-9.-]+|\[[A-Za-z0-9.:]+\]", domain)
    assert ascii_domain(domain) == domain


@given(
    st.one_of(
        st.from_regex(r"[A-Za-z0-9.=?!+-]{1,66}@[A-Za-z0-9.-]{1,70}", fullmatch=True),
        st.from_regex(r"[a-z]{1,65}(\.[a-z]{1,3}){0,2}@([a-z0-9-]{1,64}\.){1,4}[a-z0-9]{1,4}"),
        st.sampled_from(ATTACKS),
        st.text(max_size=12),
    )
)
@example("a@b")
@example("a@b.1")
@example("a@b-.test")
@example("a@b.test\n")
@example(f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 61}")
def test_an_address_that_is_split_at_once_is_the_same_mailbox(text: str) -> None:
    if (split := split_plain(text)) is not None:
        assert parse_mailbox(text) == Mailbox(*split)


@pytest.mark.parametrize("text", ["a@b.test", "Ann.O'Neil+news@mail.x-y.test", "1@2b.test"])
def test_most_addresses_are_split_at_once(text: str) -> None:
    assert split_plain(text) == tuple(text.split("@"))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "fe80::1%eth0"])
def test_ip_addresses_may_have_brackets_and_a_zone(host: str) -> None:
    assert is_ip_address(host)


@pytest.mark.parametrize("host", ["localhost", "1.2.3", "127.0.0.1.test", ""])
def test_a_name_is_not_an_ip_address(host: str) -> None:
    assert not is_ip_address(host)
