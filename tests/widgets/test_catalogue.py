"""Promises of smtp_nb.widgets.catalogue."""

from __future__ import annotations

import pytest

from smtp_nb.model.explain import explain, extensions, outcomes, replies
from smtp_nb.model.knowledge.faults import faults
from smtp_nb.widgets.catalogue import catalogue, search

GROUPS = {row.group for row in catalogue()}


def test_everything_that_explain_knows_is_there() -> None:
    shown = {row.what for row in catalogue()}
    assert {key for key in replies() if len(key) == 3} <= shown
    assert {*extensions(), *outcomes(), *(row.name for row in faults())} <= shown
    assert all(row.meaning and row.cause and row.source for row in catalogue())
    assert len({(row.group, row.what) for row in catalogue()}) == len(catalogue())


def test_a_row_means_what_explain_says() -> None:
    for row in catalogue():
        asked = row.group in ("Reply codes", "Words of servers", "Outcomes", "Error classes")
        if asked and not row.what.endswith("yz"):
            assert explain(row.what).meaning == row.meaning, row.what


@pytest.mark.parametrize(
    ("words", "groups"),
    [
        ("4", {"Reply codes", "Enhanced status codes", "Words of servers", "Error numbers"}),
        ("5.7", {"Enhanced status codes", "Words of servers"}),
        ("421", {"Reply codes", "Words of servers"}),
        ("10061", {"Error numbers"}),
        ("nothing-has-this", set()),
    ],
)
def test_a_code_finds_what_begins_with_it(words: str, groups: set[str]) -> None:
    found = search(words)
    assert {row.group for row in found} == groups
    assert all(any(code.startswith(words) for code in row.codes) for row in found)


@pytest.mark.parametrize("words", ["tls", "sasl", "proxy", "UNKNOWN", "certificate expired", "DSN"])
def test_words_find_the_rows_that_hold_them_all(words: str) -> None:
    found = search(words)
    assert found
    assert all(word in row.text for row in found for word in words.lower().split())


def test_no_words_find_everything() -> None:
    assert search(" ") == list(catalogue())
    assert len(GROUPS) >= 10
