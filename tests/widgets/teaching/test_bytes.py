"""Byte inspector: what the page gets, and what the notebook keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from smtp_nb.classroom import Terminal
from smtp_nb.sandbox import SandboxServer
from smtp_nb.sandbox.session import Session
from smtp_nb.widgets import BytesView, bytes_view

Sent = list[tuple[dict[str, Any], list[bytes]]]


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(inline=True) as server:
        yield server


@pytest.fixture
def session(server: SandboxServer) -> Session:
    with Terminal(server) as terminal:
        terminal.dialogue("HELO me\nMAIL FROM:<ann@school.test>\nRCPT TO:<b@b.test>\nDATA\n..a\n.")
    return server.sessions[0]


def taken(view: BytesView) -> Sent:
    sent: Sent = []
    view.send = lambda content, buffers=None: sent.append((content, buffers or []))
    return sent


def test_the_page_gets_every_byte_and_the_marks_of_it(session: Session) -> None:
    view = bytes_view(session)
    sent = taken(view)
    view._handle_custom_msg({"ready": True}, [])
    facts, (octets,) = sent[0]
    assert octets == b"".join(data for _, data in session.wire)
    assert sum(length for _, length in facts["runs"]) == len(octets)
    assert {letter for letter, _ in facts["runs"]} == {"C", "S"}
    assert [kind for _, _, kind in facts["marks"]] == ["stuffed-dot", "last-dot"]
    view.close()


def test_the_page_changes_bytes_and_is_told_what_comes_of_it(session: Session) -> None:
    view = bytes_view(session)
    sent = taken(view)
    (start, end), = view.dump.find("..a\r\n")  # fmt: skip
    view._handle_custom_msg({"select": [start, end]}, [])
    assert sent[-1][0]["spelled"] == r"..a\r\n"
    view._handle_custom_msg({"replay": [start, end, r".a\r\n"]}, [])
    told = sent[-1][0]
    assert ("message 1", ".a", "a") in told["rows"]
    assert told["remarks"] == ("unstuffed-dot",)
    view._handle_custom_msg({"replay": [start, end, r"\q"]}, [])
    assert "not an escape" in sent[-1][0]["refused"]
    count = len(sent)
    for wrong in ([0, 10**9, ""], [3, 2, ""], [0, 1], "x", [0, 1, 2]):
        view._handle_custom_msg({"replay": wrong}, [])
    assert len(sent) == count
    view.close()


def test_the_page_asks_and_is_answered(session: Session) -> None:
    view = bytes_view(session)
    sent = taken(view)
    view._handle_custom_msg({"find": "0d0a2e0d0a"}, [])
    (start, end), = sent[-1][0]["places"]  # fmt: skip
    view._handle_custom_msg({"select": [start, end]}, [])
    assert sent[-1][0]["views"] == (("Text", "\\r\\n.\\r\\n"),)
    view._handle_custom_msg({"line": start - 2}, [])
    assert (sent[-1][0]["letter"], sent[-1][0]["end"]) == ("C", start + 2)
    view.close()


@pytest.mark.parametrize(
    "content",
    [None, [], {"select": [3, 2]}, {"select": [0, 10**9]}, {"select": ["a", 1]}, {"line": -1},
     {"line": 10**9}, {"find": 3}, {"select": [0, 1, 2]}],
    ids=str,
)  # fmt: skip
def test_a_page_that_asks_nonsense_gets_nothing(session: Session, content: object) -> None:
    view = bytes_view(session)
    sent = taken(view)
    view._handle_custom_msg(content, [])
    assert sent == []
    view.close()


def test_nothing_of_it_is_saved_in_full(session: Session) -> None:
    view = bytes_view(session)
    text, html = view.static_forms()
    assert "a**@" in text
    assert "ann@" not in text + html + str(view.get_state())
    view.close()


def test_what_is_said_later_is_shown_after_the_cell(server: SandboxServer) -> None:
    with Terminal(server) as terminal:
        terminal.read()
        view = bytes_view(server.sessions[0])
        sent = taken(view)
        view.settle()
        assert sent == []
        terminal.dialogue("NOOP")
        view.settle()
        assert sent[0][1][0].endswith(b"NOOP\r\n250 Ok\r\n")
    view.close()
