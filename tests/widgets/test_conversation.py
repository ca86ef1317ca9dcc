"""Promises of smtp_nb.widgets.conversation."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from smtp_nb.merge import MailMerge, Template
from smtp_nb.sandbox import SandboxServer
from smtp_nb.widgets.conversation import LAST, MOST, conversation


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


def said(server: SandboxServer, place: int) -> list[str]:
    """What the page gets of the conversation about a message: speaker and text."""
    message = server.messages[place]
    session = next(one for one in server.sessions if one.number == message.session)
    return [
        f"{line[0]}: {str(line[3]).split(chr(10))[0]}" for line in conversation(session, message)
    ]


def test_a_message_has_its_own_lines_and_the_session_around_it(server: SandboxServer) -> None:
    server.clear()
    with smtplib.SMTP(server.host, server.port) as client:
        for number in range(3):
            client.sendmail("a@x.test", [f"p{number}@x.test"], "Subject: x\r\n\r\nhi")
        client.quit()
    lines = said(server, 1)
    assert lines[0].startswith("server: 220 ")
    assert lines[1].startswith("client: EHLO")
    assert lines[3:] == [
        "note: … 4 exchanges about other messages",
        "client: MAIL FROM:<a@x.test> size=16",
        "server: 250 2.1.0 Sender ok",
        "client: RCPT TO:<p1@x.test>",
        "server: 250 2.1.5 Recipient ok",
        "client: DATA",
        "server: 354 End data with a dot on a line of its own",
        "client: .",
        f"server: 250 2.0.0 Ok: queued as {server.messages[1].queue_id}",
        "note: … 4 exchanges about other messages",
        "client: QUIT",
        "server: 221 2.0.0 Bye",
    ]


def test_messages_of_one_group_keep_their_own_lines(server: SandboxServer, tmp_path: Path) -> None:
    server.clear()
    frame = pd.DataFrame({"email": [f"p{n}@x.test" for n in range(8)]})
    MailMerge(
        frame, Template(subject="s", text="t"), to="email", from_="t@x.test", server=server.url,
        journal=f"{tmp_path}/j.sqlite",
    ).run(progress=None)  # fmt: skip
    for place in range(8):
        own = [line for line in said(server, place) if "RCPT" in line or "queued" in line]
        assert own == [
            f"client: RCPT TO:<p{place}@x.test>",
            f"server: 250 2.0.0 Ok: queued as {server.messages[place].queue_id}",
        ]


def test_a_letter_to_very_many_is_bounded_and_keeps_its_end(server: SandboxServer) -> None:
    server.clear()
    with smtplib.SMTP(server.host, server.port) as client:
        client.sendmail("a@x.test", [f"p{n}@x.test" for n in range(100)], "Subject: x\r\n\r\nhi")
        lines = said(server, 0)  # the session goes on
    assert "client: ." in lines
    assert f"note: … {103 - MOST - LAST} more exchanges" in lines
    assert len(lines) < 2 * (MOST + LAST) + 10


def test_what_is_no_longer_kept_is_said(server: SandboxServer) -> None:
    server.clear()
    with smtplib.SMTP(server.host, server.port) as client:
        client.sendmail("a@x.test", ["p@x.test"], "Subject: x\r\n\r\nhi")
    (session,) = [one for one in server.sessions if one.messages]
    session._lines = type(session._lines)(list(session._lines)[:4], maxlen=10)
    assert said(server, 0)[-1] == "note: … what brought it is no longer kept"
