"""Promises of smtp_nb.widgets.trail, without a page: what is kept, saved and shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail.trail import Trail
from smtp_nb.widgets import TrailView

FETCHES = ("http:", "https:", "//unpkg", "import(", "import ", "@import", "url(")


def line(text: str) -> PITrailEvent:
    return PITrailEvent(TrailDirection.CLIENT, text)


@pytest.fixture
def view() -> Iterator[TrailView]:
    view = TrailView()
    yield view
    view.close()


def test_it_fills_a_trail(view: TrailView) -> None:
    view(line("NOOP"))
    assert [event.message for event in view.trail] == ["NOOP"]
    assert repr(view) == "<TrailView: 1 line, 0 round trips, in clear>"


def test_it_shows_a_trail_that_was_there_before() -> None:
    trail = Trail()
    trail(line("NOOP"))
    view = TrailView(trail)
    assert "NOOP" in view.static_forms()[0]
    view.clear()
    assert len(trail) == 0
    view.close()


def test_the_bundle_holds_the_live_view_and_both_static_forms(view: TrailView) -> None:
    view(line("RCPT TO:<recipient@example.org>"))
    data, _ = view._repr_mimebundle_()
    assert set(data) == {
        "application/vnd.jupyter.widget-view+json",
        "text/html",
        "text/plain",
    }
    assert "RCPT TO:<r…@example.org>" in data["text/plain"]
    assert "recipient@" not in data["text/html"] + data["text/plain"]


def test_no_line_is_in_the_widgets_state(view: TrailView) -> None:
    view(line("RCPT TO:<recipient@example.org>"))
    state = {name: value for name, value in view.get_state().items() if name != "layout"}
    assert "recipient" not in json.dumps(state)


@pytest.mark.parametrize("name", ["trail", "merge", "results", "inbox"])
@pytest.mark.parametrize("kind", ["js", "css"])
def test_nothing_is_fetched(name: str, kind: str) -> None:
    import smtp_nb.widgets

    source = (Path(smtp_nb.widgets.__file__).parent / f"{name}.{kind}").read_text()
    for word in FETCHES:
        assert word not in source
    for word in ("innerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert word not in source


def test_what_a_page_says_is_not_trusted(view: TrailView) -> None:
    for content in (None, [], "ready", {"ready": True, "have": "x"}, {"have": 3}, {"ready": 1}):
        view._handle_custom_msg(content, [])
    view(line("NOOP"))
    assert len(view.trail) == 1
