"""Hex dump: each byte in its place, searched, decoded, and bounded where it is saved."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.classroom import HexDump, Terminal
from smtp_nb.classroom.hexdump.dump import FIRST_ROWS, LAST_ROWS
from smtp_nb.errors import InputError
from smtp_nb.model.enums import TrailDirection
from smtp_nb.sandbox import SandboxServer
from smtp_nb.sandbox.session import Session

DIALOGUE = """EHLO me.test
MAIL FROM:<ann@school.test>
RCPT TO:<ben@school.test>
DATA
Subject: =?utf-8?q?Z=C3=B6?=

..twice
SGVsbG8gd29ybGQgaGVsbG8gd29ybGQh
.
QUIT"""


@pytest.fixture(scope="module")
def session() -> Session:
    with SandboxServer(inline=True) as server, Terminal(server) as terminal:
        terminal.dialogue(DIALOGUE)
        return server.sessions[0]


def line(dump: HexDump, text: str) -> tuple[int, int]:
    return dump.line_at(dump.find(text)[0][0])


def test_the_rows_are_the_wire(session: Session) -> None:
    dump = HexDump(session)
    said = "".join(row.octets.decode() for row in dump.rows() if row.letter == "C")
    assert said == "".join(o.decode() for d, o in session.wire if d is TrailDirection.CLIENT)
    assert all(len(row.octets) <= 16 for row in dump.rows())
    assert len(dump) == sum(len(octets) for _, octets in session.wire)


def test_the_end_of_content_is_found_by_its_bytes(session: Session) -> None:
    dump = HexDump(session)
    (start, end), = dump.find("0d0a2e0d0a")  # fmt: skip
    assert dump.find("0d 0a 2e 0D 0A") == dump.find(b"\r\n.\r\n") == [(start, end)]
    assert ("CRLF, a dot and CRLF end the content", "RFC 5321 section 4.1.1.4") in dump.at(
        start, end
    ).rules
    assert dump.find("") == dump.find("nobody said this") == []


@pytest.mark.parametrize(
    ("text", "view", "rule"),
    [
        ("=?utf-8", ("RFC 2047", "Subject: Zö\\r\\n"), "RFC 5322 section 2.2"),
        ("SGVsb", ("Base64", "Hello world hello world!"), "RFC 2045 section 6.8"),
        ("..twice", ("Text", "..twice\\r\\n"), "RFC 5321 section 4.5.2"),
        ("MAIL", ("Text", "MAIL FROM:<ann@school.test>\\r\\n"), "RFC 5321 section 4.1.1.2"),
        ("354", ("Text", "354 End data with a dot on a line of its own\\r\\n"), "RFC 5321"),
    ],
)
def test_a_line_says_what_it_holds_and_its_rule(
    session: Session, text: str, view: tuple[str, str], rule: str
) -> None:
    dump = HexDump(session)
    about = dump.at(*line(dump, text))
    assert view in about.views
    assert any(source.startswith(rule) for _, source in about.rules), about


def test_a_challenge_is_decoded_from_the_end_of_its_line() -> None:
    class Challenged:
        wire = ((TrailDirection.SERVER, b"334 VXNlcm5hbWU6\r\n"),)

    assert ("Base64", "Username:") in HexDump(Challenged()).at(0, 18).views


def test_passwords_are_hidden_and_addresses_masked_where_they_lie() -> None:
    with SandboxServer(inline=True, auth={"ann": "geheim-7"}) as server:
        with Terminal(server) as terminal:
            terminal.dialogue("EHLO me\nAUTH PLAIN AGFubgBnZWhlaW0tNw==\nVRFY someone")
            terminal.dialogue("MAIL FROM:<ann@school.test>")
        dump = HexDump(server.sessions[0])
    shown = str(dump) + "".join(dump.forms()) + "".join(dump.forms(show_addresses=True))
    assert "AGFubg" not in shown
    assert b"AGFubgBnZWhlaW0tNw==".hex(" ")[:20] not in shown
    assert "a**@s" in repr(dump)
    assert "s******" in repr(dump)
    assert "ann@s" not in repr(dump) + dump._repr_html_()
    assert "ann@s" in str(dump)
    assert [len(row.octets) for row in dump.rows(show_addresses=False)] == [
        len(row.octets) for row in dump.rows()
    ]


def test_what_is_saved_of_a_long_conversation_is_bounded() -> None:
    class Long:
        wire = (
            (TrailDirection.SERVER, b"354 go\r\n"),
            (TrailDirection.CLIENT, b".a\n" * 50_000),
        )

    text, html = HexDump(Long()).forms()
    assert len(text.splitlines()) < FIRST_ROWS + LAST_ROWS + 30
    assert html.count("<tr>") < FIRST_ROWS + LAST_ROWS + 5
    assert "rows left out" in text
    assert "more places" in text


def test_bytes_that_are_not_there_are_an_error(session: Session) -> None:
    dump = HexDump(session)
    for start, end in ((-1, 2), (5, 5), (0, len(dump) + 1)):
        with pytest.raises(InputError, match="no bytes from"):
            dump.at(start, end)


def test_a_saved_conversation_has_the_same_bytes(session: Session, tmp_path: Path) -> None:
    session.save(tmp_path / "a.jsonl")
    assert str(HexDump(Session.load(tmp_path / "a.jsonl"))) == str(HexDump(session))


@given(
    st.lists(
        st.tuples(
            st.sampled_from([TrailDirection.CLIENT, TrailDirection.SERVER]), st.binary(max_size=60)
        ),
        max_size=6,
    )
)
def test_no_bytes_make_it_raise(runs: list[tuple[TrailDirection, bytes]]) -> None:
    class Any:
        wire = tuple(runs)

    dump = HexDump(Any())
    assert str(dump).isprintable() or "\n" in str(dump)
    assert dump._repr_html_().isprintable()
    for place in range(0, len(dump), 7):
        start, end = dump.line_at(place)
        assert start <= place < end
        str(dump.at(start, end))
