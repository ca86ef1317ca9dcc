"""Promises of smtp_nb.widgets.results, without a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from merge.results.test_page import results
from smtp_nb.merge.results.summary import summary_of
from smtp_nb.widgets import ResultsView
from smtp_nb.widgets.results import send_results


@pytest.fixture
def view() -> Iterator[ResultsView]:
    view = ResultsView(summary_of("news", results(4_990, 10)))
    yield view
    view.close()


def test_a_page_that_asks_gets_every_row_the_failing_ones_first(view: ResultsView) -> None:
    sent: list[dict[str, Any]] = []
    view.send = lambda content, buffers=None: sent.append(content)
    for content in (None, [], {"ready": False}, {"press": "x"}):
        view._handle_custom_msg(content, [])
    assert sent == []
    view._handle_custom_msg({"ready": True}, [])
    sums, *chunks = sent
    assert sums["counts"] == [["ACCEPTED", 4_990], ["REFUSED", 10]]
    assert sums["total"] == 5_000
    rows = [row for chunk in chunks for row in chunk["rows"]]
    assert [row[0] for row in rows] == [*range(4_990, 5_000), *range(4_990)]
    assert rows[0][1:3] == ["person4990@school.test", "REFUSED"]  # live, in full
    assert [chunk["first"] for chunk in chunks] == [0, 2_000, 4_000]


def test_what_is_saved_is_masked_and_in_no_trait(view: ResultsView) -> None:
    for form in view.static_forms():
        assert "person4990@" not in form
        assert "p…@school.test" in form
    assert "person1" not in str(view.get_state())
    assert repr(view) == "<ResultsView: news>"


def test_a_view_that_is_gone_stops_nothing() -> None:
    def broken(message: object) -> None:
        raise RuntimeError("no page")

    send_results(summary_of("news", results(1, 0)), broken)
