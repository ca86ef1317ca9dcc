"""A changed byte, and the conversation said again: what the server makes of it."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from smtp_nb import SMTP
from smtp_nb.classroom import HexDump, Terminal
from smtp_nb.errors import InputError
from smtp_nb.sandbox import SandboxServer, Session

TALK = """EHLO me.test
MAIL FROM:<ann@school.test>
RCPT TO:<ben@home.test>
DATA
Subject: x

..hi
.
QUIT"""


def talked(talk: str = TALK, **options: Any) -> HexDump:
    with SandboxServer(inline=True, **options) as server, Terminal(server) as terminal:
        terminal.dialogue(talk)
    return HexDump(server.sessions[0])


@pytest.mark.parametrize(
    ("found", "octets", "words", "remarks"),
    [
        ("..hi", b".hi", "message 1: .hi -> hi", ("unstuffed-dot",)),
        ("0d0a2e0d0a", b"\r\n..\r\n", "waits for the dot on a line of its own", ("no-dot",)),
        ("0d0a2e0d0a", b"\n.\r\n", "waits for the dot", ("bare-lf",)),
        ("\r\n\r\n", b"\r\n", "the empty line after the headers was missing", ("no-empty-line",)),
        ("ben@home.test", b"b en@home.test", "250 2.1.5 Recipient ok -> 501", ()),
        ("MAIL FROM:<ann@school.test>\r\n", b"", "503 5.5.1 Give MAIL first", ()),
        ("QUIT\r\n", b"QUIT", "waits for 4 octets without an end of line", ("no-crlf",)),
        ("Subject", b"SUBJECT", "message 1: Subject: x -> SUBJECT: x", ()),
        ("EHLO", b"ehlo", "the server notices no difference", ()),
        (
            "me.test",
            b"me\xff.test",
            "(and 13 more lines) -> 500 Control characters",
            ("out-of-turn",) * 3,
        ),
    ],
)
def test_what_would_the_server_see(
    found: str, octets: bytes, words: str, remarks: tuple[str, ...]
) -> None:
    dump = talked()
    seen = dump.replay(octets, *dump.find(found)[0])
    assert words in str(seen)
    assert seen.remarks == remarks


def test_the_new_server_is_like_the_old_one() -> None:
    careless = talked(manner="lenient", without=["PIPELINING", "DSN"])
    changed = careless.replay(b"\n.\n", *careless.find("0d0a2e0d0a")[0])
    assert "waits for nothing: the session is over" in str(changed)
    secure = talked("EHLO me.test\n<tls>\nEHLO me.test\nNOOP\nQUIT", tls="starttls")
    assert "NOOP / NOPE: 250 2.0.0 Ok -> 500" in str(
        secure.replay(b"NOPE", *secure.find("NOOP")[0])
    )
    lost = secure.replay(b"STARTTL", *secure.find("STARTTLS\r\n")[-1])
    assert "STARTTLS" in str(lost)


def test_a_clients_chunks_are_said_again_too() -> None:
    with SandboxServer(inline=True, auth={"ann": "secret"}) as server:
        SMTP.from_url(server.url, from_="a@x.test", send_to="b@x.test", message_text="Hi").send()
    dump = HexDump(server.sessions[0])
    assert b"secret" not in b"".join(octets for _, octets in dump.runs)
    (start, end), *_ = dump.find("b@x.test")
    assert "BDAT" in str(dump.replay(b"@", start, end))
    assert "message 1" in str(dump.replay(b"HI", *dump.find("Hi\r\n")[0]))


def test_a_loaded_conversation_is_said_again(tmp_path: Any) -> None:
    with SandboxServer(inline=True) as server, Terminal(server) as terminal:
        terminal.dialogue("NOOP\nQUIT")
    server.sessions[0].save(tmp_path / "one.jsonl")
    dump = HexDump(Session.load(tmp_path / "one.jsonl"))
    assert dump.replay(b"\n", *dump.find("0d0a")[1]).remarks == ("bare-lf",)


def test_no_byte_leaves_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    dump = talked()

    def refuse(*_arguments: Any, **_named: Any) -> None:
        raise AssertionError("a socket was made")

    monkeypatch.setattr(socket, "socket", refuse)
    assert dump.replay(b"NOOP", *dump.find("EHLO")[0])


def test_what_cannot_be_changed_is_said() -> None:
    dump = talked()
    with pytest.raises(InputError, match="the server said these bytes"):
        dump.replay(b"x", 0)
    with pytest.raises(InputError, match="of both sides"):
        dump.replay(b"x", 0, len(dump))
    with pytest.raises(InputError, match="no bytes from"):
        dump.replay(b"x", len(dump))
    dump.runs = dump.runs[1:]
    with pytest.raises(InputError, match="beginning of this conversation is missing"):
        dump.replay(b"x", 0)
