"""From a draft to a message: the standard library reads what we wrote, and finds nothing else."""

from __future__ import annotations

import os
import re
import threading
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import unquote
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtp_nb.compose.draft import Draft
from smtp_nb.compose.message import Composed, compose
from smtp_nb.compose.parts import Attachment, EncodedPart
from smtp_nb.errors import InjectionError, InputError
from smtp_nb.model.address import parse_mailbox

TEACHER = parse_mailbox("Teacher <teacher@school.test>")
ANN = parse_mailbox("Ann <ann@x.test>")
PLAIN = Draft(from_=TEACHER, to=(ANN,), subject="Hello", text="Dear Ann\n")
BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def read(composed: Composed) -> EmailMessage:
    """The message as the standard library reads it, once it has kept the laws of the wire."""
    raw = bytes(composed)
    assert len(raw) == composed.size
    assert raw.endswith(b"\r\n")
    assert not BARE.search(raw)
    assert b"\0" not in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii() is not composed.is_8bit
    message = message_from_bytes(raw, policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk()] == [[] for _ in message.walk()]
    return message


def test_a_plain_message_is_what_one_would_write_by_hand() -> None:
    draft = replace(PLAIN, date="Fri, 01 Mar 2024 21:24:52 +0100", message_id="<1@school.test>")
    assert bytes(compose(draft)) == (
        b"Date: Fri, 01 Mar 2024 21:24:52 +0100\r\n"
        b"From: Teacher <teacher@school.test>\r\n"
        b"To: Ann <ann@x.test>\r\n"
        b"Subject: Hello\r\n"
        b"Message-ID: <1@school.test>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"Dear Ann\r\n"
    )


def test_a_message_without_a_body_is_one() -> None:
    message = read(compose(Draft(from_=TEACHER)))
    assert message.get_content() == ""
    assert message["To"] is None


def test_all_parts_nest_as_readers_expect() -> None:
    logo = Attachment(data=b"png", filename="logo.png", cid="logo")
    sheet = Attachment(data=b"%PDF", filename="résultat.pdf")
    html = '<p>Dear Ann <img src="cid:logo"></p>'
    message = read(compose(replace(PLAIN, html=html, inline=(logo,), attachments=(sheet,))))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert plain.get_content() == "Dear Ann\r\n"
    assert rich.get_content() == html
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "résultat.pdf"
    assert attached.get_content() == b"%PDF"


@pytest.mark.parametrize(
    ("changes", "types"),
    [
        ({"text": None, "html": "<p>x</p>"}, ["text/html"]),
        ({"html": "<p>x</p>"}, ["multipart/alternative", "text/plain", "text/html"]),
        (
            {"text": None, "markdown": "# x"},
            ["multipart/alternative", "text/plain", "text/html"],
        ),
        (
            {"text": None, "attachments": (Attachment(data=b""),)},
            ["multipart/mixed", "text/plain", "application/octet-stream"],
        ),
    ],
)
def test_no_container_is_there_without_need(changes: dict[str, object], types: list[str]) -> None:
    message = read(compose(replace(PLAIN, **changes)))  # type: ignore[arg-type]
    assert [part.get_content_type() for part in message.walk()] == types


def test_markdown_fills_in_what_is_not_given() -> None:
    message = read(compose(replace(PLAIN, text="by hand", markdown="**bold**")))
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert plain.get_content() == "by hand"
    assert rich.get_content() == "<p><strong>bold</strong></p>\r\n"


one_line = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=100).map(
    lambda text: text.strip()
)
# The standard library takes a second pair of quotes or brackets off what it reads.
file_names = one_line.filter(lambda name: unquote(name) == name)
bodies = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(
    subject=one_line,
    text=bodies,
    html=st.none() | bodies,
    files=st.lists(st.tuples(file_names, st.binary(max_size=300)), max_size=3),
)
@example(subject="", text="--=_a\r\n", html="--\n", files=[("", b"")])
@example(subject="=?utf-8?q?=0A?=", text="\0", html="\r", files=[('"\\;', b"\0")])
def test_what_goes_in_comes_out(
    subject: str, text: str, html: str | None, files: list[tuple[str, bytes]]
) -> None:
    parts = tuple(Attachment(data=data, filename=name) for name, data in files)
    octets = tuple(replace(part, content_type="application/octet-stream") for part in parts)
    message = read(
        compose(Draft(from_=TEACHER, subject=subject, text=text, html=html, attachments=octets))
    )
    assert (message["Subject"] or "") == subject
    found = [part for part in message.walk() if not part.is_multipart()]
    shown = [text] if html is None else [text, html]
    for part, body in zip(found, shown, strict=False):
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        unified = body.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
        alone = len(found) == 1 and not unified.endswith("\r\n")
        assert payload.decode().removesuffix("\r\n" if alone else "") == unified
    attached = found[len(shown) :]
    assert [part.get_content() for part in attached] == [data for _, data in files]
    assert [part.get_filename() or "" for part in attached] == [name for name, _ in files]


hostile = st.text("\r\n\0\t\x85\u2028:=?@<>;,\"' Bcc", max_size=30)


@given(value=hostile, field=st.sampled_from(["subject", "date", "message_id", "extra", "charset"]))
def test_no_value_adds_a_header(value: str, field: str) -> None:
    change = {"headers": (("X-Extra", value),)} if field == "extra" else {field: value}
    try:
        composed = compose(replace(PLAIN, **change))
    except InputError:
        return
    expected = {"Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "X-Extra"}
    assert set(read(composed).keys()) <= expected | {"Content-Type", "Content-Transfer-Encoding"}


@pytest.mark.parametrize(
    ("field", "name"),
    [("subject", "Subject"), ("date", "date"), ("message_id", "Message-ID")],
)
def test_the_field_with_the_line_break_is_named(field: str, name: str) -> None:
    with pytest.raises(InjectionError, match=name):
        compose(replace(PLAIN, **{field: "x\r\nBcc: e@x.test"}))  # type: ignore[arg-type]


def test_blind_copies_have_no_way_in() -> None:
    assert not any("bcc" in name for name in Draft.__dataclass_fields__)
    for name in ("Bcc", "BCC", "Resent-Bcc"):
        draft = replace(PLAIN, headers=((name, "e@x.test"),), replacing=frozenset({name.lower()}))
        with pytest.raises(InputError, match="blind copies"):
            compose(draft)


class TestBoundary:
    def test_a_text_that_holds_it_gets_another(self) -> None:
        tokens = iter([bytes(20), b"a" * 12, b"b" * 12])
        text = "--=_a" + (b"a" * 12).hex()
        composed = compose(
            replace(PLAIN, text=text, html="<p>x</p>"), random=lambda count: next(tokens)
        )
        assert read(composed).get_boundary() == "=_a" + (b"b" * 12).hex()

    def test_two_messages_have_different_ones(self) -> None:
        draft = replace(PLAIN, html="<p>x</p>")
        assert read(compose(draft)).get_boundary() != read(compose(draft)).get_boundary()


class TestInlineImages:
    LOGO = Attachment(data=b"png", filename="logo.png", cid="logo")

    def test_they_need_html(self) -> None:
        with pytest.raises(InputError, match="no HTML"):
            compose(replace(PLAIN, inline=(self.LOGO,)))

    def test_they_need_a_cid(self) -> None:
        with pytest.raises(InputError, match="cid"):
            compose(replace(PLAIN, html="<p>x</p>", inline=(replace(self.LOGO, cid=""),)))


class TestRawHeaders:
    def test_only_a_local_part_beyond_ascii_makes_them(self) -> None:
        composed = compose(replace(PLAIN, to=(parse_mailbox("Jörg <é@straße.de>"),)))
        assert composed.needs_smtputf8
        assert composed.is_8bit
        assert "To: Jörg <é@xn--strae-oqa.de>".encode() not in composed.head  # é is no atom there
        assert 'To: "Jörg" <é@xn--strae-oqa.de>'.encode() in composed.head

    def test_all_else_is_ascii(self) -> None:
        draft = replace(PLAIN, to=(parse_mailbox("Jörg <e@straße.de>"),), subject="é", text="é")
        composed = compose(draft)
        assert not composed.needs_smtputf8
        assert bytes(composed).isascii()


class TestSending:
    def test_a_short_message_is_one_piece(self) -> None:
        assert len(list(compose(replace(PLAIN, html="<p>x</p>")).chunks())) == 1

    def test_no_piece_is_above_64_kib(self) -> None:
        shared = EncodedPart(Attachment(data=bytes(3_000_000)))
        draft = replace(PLAIN, text="long\n" * 100_000, attachments=(shared,))
        assert max(map(len, compose(draft).chunks())) <= 65536

    def test_a_retry_sends_the_same_octets(self, tmp_path: Path) -> None:
        path = tmp_path / "a.bin"
        path.write_bytes(os.urandom(100_000))
        composed = compose(replace(PLAIN, html="x", attachments=(Attachment(path=path),)))
        assert bytes(composed) == bytes(composed)

    def test_many_messages_share_a_part(self) -> None:
        data = os.urandom(200_000)
        shared = EncodedPart(Attachment(data=data, filename="a.bin"))
        for number in range(3):
            message = read(compose(replace(PLAIN, subject=str(number), attachments=(shared,))))
            (attached,) = message.iter_attachments()
            assert attached.get_content() == data

    @pytest.mark.parametrize("size", [0, 10, 99_999, 100_003, 300_000])
    def test_a_file_that_changed_its_size_ends_the_sending_before_the_end(
        self, tmp_path: Path, size: int
    ) -> None:
        path = tmp_path / "a.bin"
        path.write_bytes(bytes(100_000))
        composed = compose(replace(PLAIN, attachments=(Attachment(path=path),)))
        path.write_bytes(bytes(size))
        sent: list[bytes] = []
        with pytest.raises(InputError, match="size") as caught:
            sent.extend(composed.chunks())
        assert caught.value.code == 302
        assert sum(map(len, sent)) < composed.size

    def test_a_file_that_grows_while_it_is_sent_is_noticed(self, tmp_path: Path) -> None:
        path = tmp_path / "a.bin"
        path.write_bytes(bytes(200_000))
        composed = compose(replace(PLAIN, attachments=(Attachment(path=path),)))
        chunks = composed.chunks()
        next(chunks)
        with path.open("ab") as file:
            file.write(bytes(100_000))
        with pytest.raises(InputError, match="size"):
            list(chunks)

    def test_a_file_that_is_gone_is_an_error_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"gone\.pdf"):
            compose(replace(PLAIN, attachments=(Attachment(path=tmp_path / "gone.pdf"),)))

    def test_a_sending_given_up_lets_go_of_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "a.bin"
        path.write_bytes(bytes(200_000))
        chunks = compose(replace(PLAIN, attachments=(Attachment(path=path),))).chunks()
        next(chunks), next(chunks)
        del chunks  # an open file left behind would warn, and warnings are errors
        path.unlink()

    @pytest.mark.parametrize("shared", [False, True])
    def test_25_megabytes_cost_less_than_10_of_memory(self, tmp_path: Path, shared: bool) -> None:
        path = tmp_path / "big.bin"
        with path.open("wb") as file:
            for _ in range(25):
                file.write(os.urandom(1024 * 1024))
        attachment = Attachment(path=path)
        tracemalloc.start()
        try:
            part = EncodedPart(attachment) if shared else attachment
            composed = compose(replace(PLAIN, attachments=(part,)))
            assert sum(map(len, composed.chunks())) == composed.size > 33_000_000
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 10 * 1024 * 1024

    def test_threads_may_send_it_at_the_same_time(self, tmp_path: Path) -> None:
        path = tmp_path / "a.bin"
        path.write_bytes(os.urandom(1_000_000))
        composed = compose(replace(PLAIN, attachments=(Attachment(path=path),)))
        found: list[bytes] = []
        threads = [threading.Thread(target=lambda: found.append(bytes(composed))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [bytes(composed)] * 3


def test_the_headers_are_there_to_be_looked_at() -> None:
    draft = replace(PLAIN, date="", message_id="", subject="é " * 60)
    headers = dict(compose(draft).headers)
    assert headers["To"] == "Ann <ann@x.test>"
    assert headers["Subject"].startswith("=?utf-8?")
    assert "\n" not in headers["Subject"]
    assert "Date" not in headers
    assert "Message-ID" not in headers


def test_the_repr_does_not_show_the_content() -> None:
    draft = replace(PLAIN, message_id="<1@x.test>", date="", text="the password is x")
    assert repr(compose(draft)).startswith("<Composed <1@x.test>, ")


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "EST5EDT,M3.2.0,M11.1.0")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("new_york")
def test_the_date_is_in_the_local_zone() -> None:
    winter = dict(compose(PLAIN, clock=lambda: 1_700_000_000.9).headers)
    summer = dict(compose(PLAIN, clock=lambda: 1_720_000_000).headers)
    assert winter["Date"] == "Tue, 14 Nov 2023 17:13:20 -0500"
    assert summer["Date"] == "Wed, 03 Jul 2024 05:46:40 -0400"
