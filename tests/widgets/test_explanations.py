"""Promises of smtp_nb.widgets.explanations, without a page."""

from __future__ import annotations

from typing import Any

import pytest

from smtp_nb.model.explain import explain
from smtp_nb.widgets import ExplanationTable
from smtp_nb.widgets.catalogue import catalogue, search


def test_a_page_gets_every_row_and_the_words() -> None:
    view = ExplanationTable("tls", explain("UNKNOWN"))
    sent: list[dict[str, Any]] = []
    view.send = lambda content, buffers=None: sent.append(content)
    for content in (None, [], {"ready": True}):
        view._handle_custom_msg(content, [])
    (message,) = sent
    assert len(message["rows"]) == len(catalogue())
    assert message["words"] == "tls"
    assert "may have been delivered" in message["first"]
    view.close()


@pytest.mark.parametrize("words", ["", "tls", "421", "<script>"])
def test_a_saved_notebook_holds_every_row_that_fits(words: str) -> None:
    view = ExplanationTable(words)
    text, html = view.static_forms()
    assert html.count("<li>") == len(search(words))
    assert "<script" not in html
    assert f"{len(search(words)):,} of" in text
    view.close()


def test_few_rows_are_all_in_the_text() -> None:
    view = ExplanationTable("421")
    text, html = view.static_forms()
    for row in view.rows:
        assert row.meaning in text
    assert "<details open>" in html
    assert repr(view) == f"<ExplanationTable: {len(view.rows)} of {len(catalogue())} rows>"
    view.close()
