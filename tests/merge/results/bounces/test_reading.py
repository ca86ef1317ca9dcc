"""Promises of the reader: bounded whatever it is given, and never fooled into another row."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.results.bounces.campaign import NAMES, Sent, filled
from smtp_nb.merge.journal.schema import RecipientRecord
from smtp_nb.merge.results.bounces.joining import SentMessages
from smtp_nb.merge.results.bounces.reading import read_report
from smtp_nb.merge.results.bounces.report import MAX_RECIPIENTS, MAX_TEXT, code_in, words
from smtp_nb.merge.results.bounces.sources import MAX_MESSAGE, messages_in
from smtp_nb.merge.results.bounces.status import address_of
from smtp_nb.merge.templates.return_path import token_of

TEN_MB = 10 * 1024 * 1024
SENT = Sent("a@far.test", f"bounces+{'a' * 32}@school.test", "a" * 32, f"<{'a' * 32}@school.test>")
PART = b"--b\r\nContent-Type: message/delivery-status\r\n\r\nX: y\r\n\r\n"
BLOCK = b"Final-Recipient: rfc822; a@x.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
HEAD = b"From: MAILER-DAEMON@x.test\r\nSubject: failure notice\r\n"
REPORT = HEAD + b'Content-Type: multipart/report; boundary="b"\r\n\r\n'

HOSTILE: dict[str, Callable[[], bytes]] = {
    "3000 parts": lambda: REPORT + (PART + b"x" * 3400) * 3000,
    "3000 parts that are short": lambda: REPORT + PART * 3000 + b"y" * TEN_MB,
    "recipients without end": lambda: REPORT + PART + BLOCK * (TEN_MB // len(BLOCK)),
    "messages in messages": lambda: HEAD + b"Content-Type: message/rfc822\r\n\r\n" * (TEN_MB // 32),
    "multiparts in multiparts": lambda: b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n)
        for n in range(200_000)
    ),
    "one header": lambda: b"X-Failed-Recipients: " + b"a@x.test, " * (TEN_MB // 10),
    "headers without end": lambda: b"To: <%s@x.test>\r\n" % (b"f" * 64) * 120_000,
    "a line without end": lambda: HEAD + b"\r\n" + b"a" * TEN_MB,
    "addresses without end": lambda: HEAD + b"\r\n" + b"<a@x.test>:\r\n" * (TEN_MB // 13),
    "half an address": lambda: HEAD + b"\r\n" + b"a@" * (TEN_MB // 2),
    "blanks": lambda: HEAD + b"\r\n" + (b" " * 99 + b"\n") * (TEN_MB // 100),
    "open brackets": lambda: HEAD + b"\r\n" + b"<" * TEN_MB,
    "codes": lambda: HEAD + b"\r\n" + b"5." * (TEN_MB // 2),
    "base64": lambda: (
        REPORT
        + PART.replace(b"X: y", b"").rstrip()
        + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + b"QQ" * (TEN_MB // 2)
    ),
}


def steps(work: Callable[[], object]) -> int:
    """How many functions were called, ours and built-in ones."""
    count = 0

    def called(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_report_costs_a_bounded_number_of_steps(name: str, tmp_path: Path) -> None:
    content = HOSTILE[name]()
    assert len(content) > 3_000_000
    path = tmp_path / "hostile.eml"
    path.write_bytes(content)
    kept: list[Any] = []

    def work() -> None:
        for found in messages_in(path):
            assert len(found.content) <= MAX_MESSAGE
            kept.append(read_report(found.content))

    assert steps(work) < 200_000
    (report,) = kept
    assert len(report.statements) <= MAX_RECIPIENTS
    assert all(len(one.text) <= 10 * MAX_TEXT for one in report.statements)


def test_a_mailbox_file_is_read_message_by_message(tmp_path: Path) -> None:
    path = tmp_path / "box"
    one = b"From daemon Mon Mar  2 09:15:00 2026\n" + b"x" * (2 * MAX_MESSAGE) + b"\n\n"
    path.write_bytes(one * 4 + one[:38] + b"Subject: last\n\nFrom here on it is text\n")
    sizes = [len(found.content) for found in messages_in(path)]
    assert sizes[:4] == [MAX_MESSAGE] * 4
    assert len(sizes) == 5


TOKENS = [token_of(str(n), "salt") for n in range(16)]


@cache
def sent_messages() -> SentMessages:
    """Row 0 is the report's own."""
    return SentMessages([
        RecipientRecord(n, f"r{n}@far.test", f"r{n}@far.test", 0, 1, f"<{token}@school.test>", 1.0,
                        "ACCEPTED", 250, "", "", "", 1.0, 1)
        for n, token in enumerate([SENT.token, *TOKENS])
    ])  # fmt: skip


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A report in which octets were changed, cut out, doubled, or taken from another report."""
    content = bytearray(filled(draw(st.sampled_from(NAMES)), SENT))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 60)))
        pieces = [b"", b"\r\n", b"\n\n", b"--", b"=?x?q?", b"@", b"<", b"\\x{D800}"]
        pieces += [token[:24].encode() for token in TOKENS]
        twice = bytes(content[start:end]) * 2
        piece = draw(st.binary(max_size=8) | st.sampled_from([*pieces, twice]))
        content[start:end] = piece
    return bytes(content)


@given(mutations())
def test_no_mutation_raises_or_is_joined_to_another_row(content: bytes) -> None:
    report = read_report(content)
    assert bool(report.statements) is not bool(report.remark)
    found = sent_messages().find(report.clues)
    assert found is None or found[0] == 0
    if found is not None:
        for one in report.statements:
            record = sent_messages().recipient(0, one)
            assert record is not None
            assert record.address == "r0@far.test"


@given(st.binary(max_size=3000))
def test_no_octets_at_all_make_it_raise(content: bytes) -> None:
    for start in (b"", REPORT, HEAD + b"\r\n", REPORT + PART):
        assert sent_messages().find(read_report(start + content).clues) is None


TEXTS = [
    ("550 5.1.1 nobody", "5.1.1"),
    ("(#5.1.1)", "5.1.1"),
    ("ended with 4.2.2.", "4.2.2"),
    ("from 5.9.1.2 said 550 5.7.1", "5.7.1"),
    ("from 10.5.1.1", ""),
    ("2.0.0 and 5.1.1", "5.1.1"),
    ("5.1.1234", ""),
]


@pytest.mark.parametrize(("text", "code"), TEXTS)
def test_a_code_is_no_piece_of_an_address(text: str, code: str) -> None:
    assert code_in(text) == code


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("rfc822; ann@x.test", "ann@x.test"),
        ("RFC822;<ann@x.test>", "ann@x.test"),
        ("ann@x.test", "ann@x.test"),
        (r"utf-8; zo\x{EB}@x.test", "zoë@x.test"),
        ("utf-8; zoë@x.test", "zoë@x.test"),
        (r"utf-8; \x{D800}\x{110000}\x{0}@x.test", "\ufffd\ufffd\\x00@x.test"),
        ("", ""),
    ],
)
def test_addresses_of_reports_are_read(field: str, address: str) -> None:
    assert address_of(field) == address


def test_words_are_one_bounded_line() -> None:
    assert words(" a\r\n\tb\x00 ") == "a b\\x00"
    assert len(words("x" * 10_000)) == MAX_TEXT
