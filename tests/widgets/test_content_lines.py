"""Promises of smtp_nb.widgets.content_lines: the lines of a message, live in a trail only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb import SMTP
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent, TransferEvent
from smtp_nb.model.trail.sessions import TrailSession
from smtp_nb.sandbox import SandboxServer
from smtp_nb.widgets import TrailView
from smtp_nb.widgets.content_lines import MOST_LINES, ContentLine, ContentLines

SESSION = TrailSession(1, 1, 0.0)
DATA, DOT = (PITrailEvent(TrailDirection.CLIENT, word) for word in ("DATA", "."))


def shown_of(pieces: Iterable[bytes], command: PITrailEvent = DATA) -> list[tuple[str, bool]]:
    """What a page shows between a command and the dot, which is reported before the last piece."""
    lines = ContentLines()
    lines.take(command, SESSION)
    *first, last = pieces
    found = [line for piece in first for line in lines.take_piece(_piece(piece))]
    found += lines.take(DOT, SESSION)
    found += lines.take_piece(_piece(last))
    assert found[-1][0] is DOT
    return [(e.message, e.is_stuffed) for e, _ in found if isinstance(e, ContentLine)]


def _piece(octets: bytes) -> TransferEvent:
    return TransferEvent(TrailDirection.CLIENT, 0, -1, octets)


@given(st.lists(st.sampled_from([b".", b"..", b"a", b"\r\n", b"\r", b"\n"]), min_size=1))
def test_the_edges_of_pieces_do_not_matter(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    expected = whole.split(b"\r\n")
    expected = expected if expected[-1] else expected[:-1]
    assert [stuffed for _, stuffed in shown_of(pieces)] == [line[:1] == b"." for line in expected]
    assert shown_of(pieces) == shown_of([whole])


def test_a_long_message_is_cut() -> None:
    shown = shown_of([b"line\r\n" * 1_000, b"end"])
    assert len(shown) == MOST_LINES + 1
    assert shown[-1] == ("… the message goes on", False)


@pytest.mark.parametrize(("without", "stuffed"), [(["CHUNKING"], 1), ([], 0)])
def test_a_view_with_content_shows_a_message_and_saves_none_of_it(
    monkeypatch: pytest.MonkeyPatch, without: list[str], stuffed: int
) -> None:
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(TrailView, "send", lambda _, message: messages.append(message))
    view = TrailView(content=True)
    with SandboxServer(without=without) as server:
        smtp = SMTP.from_url(server.url, from_="a@x.test", send_to="b@x.test")
        smtp.on_pi_trail += view
        smtp.on_transfer += view
        smtp.message_text = "first\r\n.xyzzy\r\nlast"
        smtp.send()
    while view._feed.wait_s() is not None:
        if (message := view._feed.next_message()) is not None:
            messages.append(message)
    rows = {row[0]: row for message in messages for row in message["rows"]}
    content = [row for row in rows.values() if row[1] == 3]
    assert [row[5] for row in content][-3:] == ["first", ".xyzzy", "last"]
    assert sum(bool(row[3] & 8) for row in content) == stuffed
    saved = json.dumps([view.static_forms(), view.get_state(), str(view.trail), view.trail.packets])
    assert ".xyzzy" not in saved
    view.close()


def test_a_view_that_was_not_asked_shows_no_content() -> None:
    view = TrailView()
    view(DATA)
    view(_piece(b"secret\r\n"))
    assert "secret" not in json.dumps(view._feed.next_message())
    view.close()
